import type { Binder, Query, Relation } from '@levada/core/spi'
import type { DuckDBInstance } from '@duckdb/node-api'
import { createConnections } from './connections.ts'
import { createEmptyTables } from './relation/empty-tables.ts'
import { createRealiser } from './relation/realise.ts'
import { openSession } from './session.ts'
import { createStatements } from './sql/statements.ts'

let count = 0

/** Binds in one transaction, which is rolled back: nothing is left to be removed. */
export async function openBinder(instance: DuckDBInstance): Promise<Binder> {
  const connections = createConnections(instance)
  const connection = await connections.open()
  const schema = `levada_empty_${++count}`
  await connection.run('begin')
  await connection.run(`create schema ${schema}`)
  const tables = createEmptyTables(connection, schema)
  return {
    async bind(query) {
      if (!needsSession(query))
        return await createRealiser(connection, connections, createStatements(), tables).bind(query)
      await using session = await openSession(instance)
      return await session.bind(query)
    },
    async [Symbol.asyncDispose]() {
      await connection.run('use memory.main')
      await connection.run('rollback')
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
