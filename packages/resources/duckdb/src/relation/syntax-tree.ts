import type { DuckDBPreparedStatement } from '@duckdb/node-api'
import type { Instance } from '../instance.ts'

/** What DuckDB's parser makes of a text. */
export type SyntaxTree =
  | {
      readonly error: true
      readonly error_type: string
      readonly error_message: string
      readonly position?: string
    }
  | { readonly error: false; readonly statements: readonly unknown[] }

type Parse = (text: string) => Promise<SyntaxTree>

const parsers = new WeakMap<Instance, Parse>()

/** The syntax tree of a text. */
export const syntaxTree = (instance: Instance, text: string): Promise<SyntaxTree> => parserOf(instance)(text)

/** The statement that tells a tree is prepared once for an instance; whoever starts one need not wait for it. */
export function parserOf(instance: Instance): Parse {
  const known = parsers.get(instance) ?? createParser(instance)
  parsers.set(instance, known)
  return known
}

function createParser(instance: Instance): Parse {
  const preparing = instance
    .connect()
    .then((connection) => connection.prepare('select json_serialize_sql($1::varchar)'))
  preparing.catch(() => parsers.delete(instance))
  let last: Promise<unknown> = preparing
  return (text) => {
    const next = last.then(async () => parse(await preparing, text))
    last = next.catch(() => {})
    return next
  }
}

async function parse(statement: DuckDBPreparedStatement, text: string): Promise<SyntaxTree> {
  statement.bindVarchar(1, text)
  const result = await statement.run()
  return JSON.parse(String(result.getChunk(0).getColumnVector(0).getItem(0))) as SyntaxTree
}
