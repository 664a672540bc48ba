import type { Grains } from '../asset/index.ts'

/** File formats that datasets and engines both know. */
export type FileFormat = 'parquet' | 'csv' | 'json' | 'ndjson'

/** Options of a format, the same for reading and writing. */
export interface FormatOptions {
  /** csv: field separator. @default ',' */
  readonly delimiter?: string
  /** csv: whether the first line holds the column names. @default true */
  readonly header?: boolean
  /** csv: the text that stands for NULL. @default '' */
  readonly nullText?: string
  /** parquet: codec. @default 'zstd' */
  readonly compression?: 'zstd' | 'snappy' | 'gzip' | 'none'
}

/** Where rows can be read: all that datasets and engines need to know of each other. */
export type Location =
  | {
      readonly kind: 'files'
      readonly format: FileFormat
      readonly uris: readonly string[]
      readonly options: FormatOptions
    }
  | { readonly kind: 'table'; readonly system: string; readonly name: string; readonly predicate?: string }
  /** A SELECT in the dialect of the system. */
  | { readonly kind: 'query'; readonly system: string; readonly text: string }
  | { readonly kind: 'union'; readonly parts: readonly Location[] }
  | { readonly kind: 'memory'; readonly id: string }

/** Where a step writes its rows; not visible to anybody before it is published. */
export type WriteTarget =
  | {
      readonly kind: 'files'
      readonly format: FileFormat
      /** An existing, empty folder. The engine writes below it, in one folder per partition: `flight_date=2001-03-04/`. */
      readonly directory: string
      readonly partitionBy: readonly string[]
      /** How values follow from their columns; the others are the columns' own. */
      readonly grains?: Grains
      readonly options: FormatOptions
    }
  | {
      readonly kind: 'table'
      readonly system: string
      readonly name: string
      readonly partitionBy: readonly string[]
      readonly grains?: Grains
    }
  /** Takes the query itself: the engine says its text and counts its rows, and keeps none of them. */
  | { readonly kind: 'query'; readonly system: string }
  | {
      readonly kind: 'memory'
      readonly id: string
      readonly partitionBy: readonly string[]
      readonly grains?: Grains
    }

/** A location without any rows: no file was written. */
export const isEmptyLocation = (location: Location): boolean =>
  (location.kind === 'files' && location.uris.length === 0) ||
  (location.kind === 'union' && location.parts.every(isEmptyLocation))
