import type { App } from '../app/index.ts'
import type { ParamValues } from '../plan/index.ts'

/** A file that was asked for, as it stands now. */
export interface NewFile {
  /** Absolute. */
  readonly file: string
  readonly text: string
  /** `unchanged`: it was there already, with this very text. */
  readonly state: 'written' | 'unchanged'
}

export interface NewAssetOptions {
  /** `shop.raw_orders`. @default of a file: the folder of the package and the name of the file */
  readonly name?: string
  /** A csv, tsv, json, ndjson or parquet file, or a SELECT over the names of the catalog. */
  readonly from: string
  /** The folder of the app that has the engine, and the assets of a SELECT. */
  readonly appDir: string
  /** Stands for the app of that folder, which has none: its engine reads the file. */
  readonly app?: App
  /** Where to begin to look for the package that gets the file. */
  readonly start: string
  readonly env?: string
  readonly params?: ParamValues
}

export interface NewAsset extends NewFile {
  readonly asset: string
  readonly rows: number
  /** For a file: the line that says where it is. */
  readonly catalog?: { readonly file: string; readonly line: string; readonly written: boolean }
  /** Columns that no schema can hold, and why. */
  readonly leftOut: readonly string[]
}

export interface NewExpectsOptions {
  /** `aviation.flights`. */
  readonly asset: string
  /** @default all */
  readonly columns?: readonly string[]
  /** An app whose packages are looked at, too. */
  readonly appDir?: string
  /** Where to begin to look for the package that gets the file. */
  readonly start: string
}

export interface NewExpects extends NewFile {
  /** The package whose contract has it. */
  readonly from: string
}

/**
 * Writes the declaration of an asset, with types, key and ranges as they are found in data.
 * @throws FILE_EXISTS when the file was edited, DATA_MISSING, DATA_UNREADABLE, NOT_SUPPORTED and what a query throws
 */
export const newAsset = async (options: NewAssetOptions): Promise<NewAsset> =>
  (await import('./new-asset.ts')).writeAsset(options)

/**
 * Writes what a package expects of an asset of another one, from its contract.
 * @throws FILE_EXISTS when the file was edited, ASSET_UNKNOWN, COLUMN_UNKNOWN
 */
export const newExpects = async (options: NewExpectsOptions): Promise<NewExpects> =>
  (await import('./new-expects.ts')).writeExpects(options)
