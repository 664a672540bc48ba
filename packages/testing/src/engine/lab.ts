import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import {
  type LevadaError,
  type Column,
  type Engine,
  type EngineSession,
  type FileFormat,
  type FormatOptions,
  type Location,
  type Query,
  type Relation,
  type WriteTarget,
  type Written,
} from '@levada/core/spi'
import { batchOf, type Row } from '../rows.ts'
import type { Runner } from '../runner.ts'

export type FilesTarget = Extract<WriteTarget, { readonly kind: 'files' }>

/** A session of the engine and a folder, for one case. */
export interface EngineLab {
  readonly expect: Runner['expect']
  readonly engine: Engine
  readonly session: EngineSession
  /** A new target, if the engine can write it. */
  target(
    format: FileFormat,
    partitionBy?: readonly string[],
    options?: FormatOptions,
  ): Promise<FilesTarget | undefined>
  /** New places of every kind that the engine can write. */
  places(columns: readonly Column[], partitionBy?: readonly string[]): Promise<readonly Place[]>
  /** A new place of one kind, if the engine can write it. */
  place(
    kind: PlaceKind,
    columns: readonly Column[],
    partitionBy?: readonly string[],
  ): Promise<Place | undefined>
  /** Rows of a relation in order of `id`, when there is one. */
  rows(relation: Relation, columns: readonly Column[]): Promise<readonly Row[]>
  /** A file with this content. */
  file(name: string, text: string): Promise<string>
}

export type PlaceKind = FileFormat | 'table'

/** Where a write goes, and where its rows are afterwards. */
export interface Place {
  readonly kind: PlaceKind
  readonly target: WriteTarget
  readonly location: (written: Pick<Written, 'files'>) => Location
}

/** A new, empty table of an engine that has some. */
export type MakeTable = (
  columns: readonly Column[],
  partitionBy: readonly string[],
) => Promise<{ readonly target: WriteTarget; readonly location: Location }>

export const formats: readonly FileFormat[] = ['parquet', 'csv', 'json', 'ndjson']

export function openEngineLab(
  engine: Engine,
  session: EngineSession,
  root: string,
  expect: Runner['expect'],
  table: MakeTable | undefined,
): EngineLab {
  let count = 0
  const lab: EngineLab = {
    expect,
    engine,
    session,
    async target(format, partitionBy = [], options = {}) {
      const target = {
        kind: 'files',
        format,
        directory: join(root, `target-${++count}`),
        partitionBy,
        options,
      } as const
      if (!engine.canWrite(target)) return undefined
      await mkdir(target.directory)
      return target
    },
    async place(kind, columns, partitionBy = []) {
      if (kind === 'table') {
        const made = await table?.(columns, partitionBy)
        return made && { kind, target: made.target, location: () => made.location }
      }
      const target = await lab.target(kind, partitionBy)
      return target && { kind, target, location: (result) => written(target, result) }
    },
    async places(columns, partitionBy) {
      const kinds: readonly PlaceKind[] = [...formats, 'table']
      const found = await Promise.all(kinds.map((kind) => lab.place(kind, columns, partitionBy)))
      return found.filter((place) => place !== undefined)
    },
    async rows(relation, columns) {
      const rows: Row[] = []
      for await (const part of (await session.read(relation, columns)).rows()) rows.push(...part)
      return rows.toSorted((a, b) => Number(a['id']) - Number(b['id']))
    },
    async file(name, text) {
      await writeFile(join(root, name), text)
      return join(root, name)
    },
  }
  return lab
}

/** Rows that come from JavaScript. */
export const given = (columns: readonly Column[], rows: readonly Row[]): Relation => ({
  kind: 'batches',
  columns,
  async *batches() {
    // In two batches, as they come in real life.
    const middle = Math.ceil(rows.length / 2)
    yield batchOf(rows.slice(0, middle), columns)
    yield batchOf(rows.slice(middle), columns)
  },
})

/** A query whose text begins in line 10, column 5 of its file. */
export const query = (text: string, inputs: Query['inputs'] = {}, params: Query['params'] = {}): Query => ({
  kind: 'query',
  name: 'node',
  sql: { text, file: 'node.sql', line: 10, column: 5 },
  inputs,
  params,
})

/** Where the files of a write are; of one partition, when it is named. */
export const written = (
  { format, options, directory }: FilesTarget,
  { files }: Pick<Written, 'files'>,
): Location => ({
  kind: 'files',
  format,
  options,
  uris: files.map(({ path }) => join(directory, path)),
})

/** The LevadaError that a promise ends with. */
export async function failure(
  promise: Promise<unknown>,
): Promise<Pick<LevadaError, 'code' | 'hint' | 'place'>> {
  try {
    await promise
  } catch (error) {
    if (error instanceof Error && 'code' in error) return error as LevadaError
    throw error
  }
  return { code: 'INTERNAL', hint: '', place: { file: 'it did not fail' } }
}
