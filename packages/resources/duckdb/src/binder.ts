import type { Binder, Query, Relation } from '@levada/core/spi'
import { createConnections } from './connections.ts'
import type { Instance } from './instance.ts'
import { createEmptyTables } from './relation/empty-tables.ts'
import { createRealiser } from './relation/realise.ts'
import { openSession } from './session.ts'
import { createStatements } from './sql/statements.ts'

let count = 0

/** Binds in one transaction, which is rolled back: nothing is left to be removed. */
export async function openBinder(instance: Instance): Promise<Binder> {
  const connections = createConnections(instance)
  const connection = await connections.open()
  const schema = `levada_empty_${++count}`
  const begin = async (): Promise<ReturnType<typeof createEmptyTables>> => {
    await connection.run('begin')
    await connection.run(`create schema ${schema}`)
    return createEmptyTables(connection, schema)
  }
  const end = async (): Promise<void> => {
    await connection.run('rollback')
    await connection.run('use memory.main')
  }
  let tables = await begin()
  return {
    async bind(query) {
      if (needsSession(query)) {
        await using session = await openSession(instance)
        return await session.bind(query)
      }
      try {
        return await createRealiser(connection, connections, createStatements(), tables).bind(query)
      } catch (error) {
        // A fault that is found by computing, such as a pattern that is none, ends the transaction; one of names does not.
        const goesOn = await connection.run('select 1').then(
          () => true,
          () => false,
        )
        if (!goesOn) {
          await end()
          tables = await begin()
        }
        throw error
      }
    },
    async [Symbol.asyncDispose]() {
      await end()
      await connections.closeAll()
    },
  }
}

/**
 * Whether an input of the query, or of one below it, is more than one transaction can hold: `domain.table` takes a database
 * of its own, and rows come through another connection.
 */
const needsSession = ({ inputs }: Query): boolean =>
  Object.entries(inputs).some(
    ([alias, input]: [string, Relation]) =>
      alias.includes('.') || input.kind === 'batches' || (input.kind === 'query' && needsSession(input)),
  )
