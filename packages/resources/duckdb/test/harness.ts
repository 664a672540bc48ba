import type {
  Batch,
  Column,
  ColumnType,
  Cursor,
  Engine,
  EngineSession,
  Location,
  Query,
  Relation,
  WriteTarget,
  Written,
} from '@levada/core/spi'
import { isLevadaError, type LevadaError } from '@levada/core/spi'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createEngine } from '../src/create-engine.ts'
import type { DuckdbConfig } from '../src/plugin.ts'

export type Row = Readonly<Record<string, unknown>>

/** A session of an own engine in an own folder; all removed at the end. */
export interface Bench extends AsyncDisposable {
  readonly dir: string
  readonly engine: Engine
  readonly session: EngineSession
  target(
    format?: 'parquet' | 'csv' | 'json' | 'ndjson',
    partitionBy?: readonly string[],
    name?: string,
  ): Extract<WriteTarget, { kind: 'files' }>
}

export async function openBench(config: DuckdbConfig = {}): Promise<Bench> {
  const { mkdirSync } = await import('node:fs')
  const dir = mkdtempSync(join(tmpdir(), 'levada-duckdb-'))
  const engine = await createEngine(config, { name: 'duckdb', root: dir, env: 'test' })
  const session = await engine.open()
  let count = 0
  return {
    dir,
    engine,
    session,
    target(format = 'parquet', partitionBy = [], name = `out${count++}`) {
      const directory = join(dir, name)
      mkdirSync(directory, { recursive: true })
      return { kind: 'files', format, directory, partitionBy, options: {} }
    },
    async [Symbol.asyncDispose]() {
      await session[Symbol.asyncDispose]()
      await engine.close()
      rmSync(dir, { recursive: true, force: true })
    },
  }
}

export const column = (
  name: string,
  type: ColumnType | Exclude<ColumnType['kind'], 'decimal' | 'enum' | 'list' | 'struct'>,
  nullable = true,
): Column => ({
  name,
  type: typeof type === 'string' ? { kind: type } : type,
  nullable,
})

export const query = (text: string, inputs: Query['inputs'] = {}, params: Query['params'] = {}): Query => ({
  kind: 'query',
  name: 'node',
  sql: { text, file: 'node.sql', line: 1, column: 1 },
  inputs,
  params,
})

export const batches = (columns: readonly Column[], ...all: readonly Batch[]): Relation => ({
  kind: 'batches',
  columns,
  async *batches() {
    yield* all
  },
})

export async function rowsOf(cursor: Cursor): Promise<Row[]> {
  const rows: Row[] = []
  for await (const batch of cursor.rows()) rows.push(...batch)
  return rows
}

export const locationOf = (target: Extract<WriteTarget, { kind: 'files' }>, written: Written): Location => ({
  kind: 'files',
  format: target.format,
  uris: written.files.map(({ path }) => join(target.directory, path)),
  options: target.options,
})

/** The LevadaError that a promise ends with. */
export async function failure(promise: Promise<unknown>): Promise<LevadaError> {
  try {
    await promise
  } catch (error) {
    if (isLevadaError(error)) return error
    throw error
  }
  throw new Error('it did not fail')
}
