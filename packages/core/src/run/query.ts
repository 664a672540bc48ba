import type { Engine, EngineSession, Query, Relation } from '../engine/index.ts'
import { didYouMean, isLevadaError, LevadaError } from '../errors/index.ts'
import { columnTypeFor, type Column } from '../schema/index.ts'
import { relationOf, type ReadContext } from './load.ts'
import { collectRows, type Row } from './rows.ts'

export interface QueryResult {
  readonly columns: readonly Column[]
  readonly rows: readonly Row[]
}

/** Runs ad-hoc SQL over the assets that it names as tables: `select * from delays.airport`. */
export async function runQuery(context: ReadContext, text: string, limit: number): Promise<QueryResult> {
  const engine = await context.engines.get(context.engines.nameFor(undefined))
  await using session = await engine.open()
  const query = await assetQuery(context, engine, session, text)
  const result = await session.bind(query).catch(notAnInput)
  const columns = result.map(({ name, type }) => ({ name, type: columnTypeFor(type), nullable: true }))
  return { columns, rows: await collectRows(await session.read(query, columns), limit) }
}

/** A query has no inputs that something could be added to. */
function notAnInput(error: unknown): never {
  if (!isLevadaError(error) || error.code !== 'SQL_TABLE_UNDECLARED') throw error
  const { code, message, place } = error
  throw new LevadaError(code, message, {
    hint: 'A query reads the assets of the app. To read a file, declare a source(…) and say in catalog.yml where it is.',
    cause: error,
    ...(place && { place }),
  })
}

/** A query whose tables are the assets that it names. @throws SQL_SYNTAX, ASSET_UNKNOWN, NOT_MATERIALIZED */
export async function assetQuery(
  context: ReadContext,
  engine: Engine,
  session: EngineSession,
  text: string,
): Promise<Query> {
  const sql = { text, file: 'query', line: 1, column: 1 }
  const inputs: Record<string, Relation> = {}
  for (const name of await session.tableNames(sql)) {
    const found = context.graph.assets.get(name)
    if (!found) {
      throw new LevadaError(
        'ASSET_UNKNOWN',
        `No asset of the app is named '${name}'.${didYouMean(name, context.graph.assets.keys())}`,
        { place: placeOf(text, name) },
      )
    }
    inputs[name] = await relationOf(context, engine, found.asset)
  }
  return { kind: 'query', name: 'query', sql, inputs, params: {} }
}

function placeOf(text: string, name: string): { file: string; line: number; column: number; text: string } {
  const at = Math.max(0, text.toLowerCase().indexOf(name.toLowerCase()))
  const before = text.slice(0, at).split('\n')
  return { file: 'query', line: before.length, column: before.at(-1)!.length + 1, text }
}
