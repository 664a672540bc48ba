import type { Relation } from '@levada/core/spi'
import type { DuckDBConnection } from '@duckdb/node-api'
import { quoteName } from '../sql/quote.ts'
import { relationType } from '../sql/types.ts'

type Empty = Extract<Relation, { readonly kind: 'empty' }>

/** Tables that stand for relations without rows, each made once. */
export interface EmptyTables {
  /** The name of the table of a relation. */
  of(relation: Empty): Promise<string>
}

export function createEmptyTables(connection: DuckDBConnection, schema: string): EmptyTables {
  const made = new Map<Empty, Promise<string>>()
  const make = async ({ columns }: Empty, table: string): Promise<string> => {
    const list = columns.map(({ name, type }) => `${quoteName(name)} ${relationType(type)}`)
    await connection.run(`create table ${table} (${list.join(', ')})`)
    return table
  }
  return {
    of(relation) {
      const known = made.get(relation) ?? make(relation, `memory.${schema}.t${made.size}`)
      made.set(relation, known)
      return known
    },
  }
}
