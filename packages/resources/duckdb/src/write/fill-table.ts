import type { Batch, Column, Signal } from '@levada/core/spi'
import { LevadaError } from '@levada/core/spi'
import type { Connections } from '../connections.ts'
import { quoteName } from '../sql/quote.ts'
import { relationType } from '../sql/types.ts'
import { appenderColumns, createTableAppender } from './table-appender.ts'

/** Reads batches of a dataset into a table and lays a view with the declared types over it. */
export async function fillTable(
  connections: Connections,
  { schema, view }: { readonly schema: string; readonly view: string },
  columns: readonly Column[],
  batches: () => AsyncIterable<Batch>,
  signal: Signal | undefined,
): Promise<void> {
  const connection = await connections.open()
  const table = 'levada:rows'
  try {
    await connection.run(`create table ${schema}.${quoteName(table)} (${appenderColumns(columns)})`)
    const appender = await createTableAppender(connection, { schema, table }, columns)
    try {
      for await (const { columns: values, length } of batches()) {
        if (signal?.aborted) throw new LevadaError('CANCELLED', 'The reading of a dataset was interrupted.')
        appender.addColumns(values, length)
      }
      appender.finish()
    } catch (error) {
      appender.abort()
      throw error
    }
    const list = columns.map(
      ({ name, type }) => `cast(${quoteName(name)} as ${relationType(type)}) as ${quoteName(name)}`,
    )
    await connection.run(
      `create view ${view} as select ${list.join(', ')} from ${schema}.${quoteName(table)}`,
    )
  } finally {
    await connections.close(connection)
  }
}
