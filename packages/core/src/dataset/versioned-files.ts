import { LevadaError } from '../errors/index.ts'
import type { Dataset } from './dataset.ts'
import type { FileFormat, FormatOptions } from './location.ts'

export interface VersionedFilesOptions {
  /** The type in the catalog. */
  readonly type: string
  /** Names the asset in messages. */
  readonly asset: string
  /** Absolute folder of the asset. */
  readonly root: string
  readonly format: FileFormat
  readonly options: FormatOptions
  /** Names of the partition columns, in order. */
  readonly partitionBy: readonly string[]
}

/** Files below one folder, written by an engine, with numbered manifests that say which of them are current. */
export function versionedFiles({ type, root }: VersionedFilesOptions): Dataset {
  const soon = (): never => {
    throw new LevadaError('INTERNAL', 'versionedFiles is being written')
  }
  return {
    type,
    address: root,
    capabilities: { write: true, partitioned: true, versioned: true, staging: true },
    head: async () => undefined,
    exists: async () => false,
    locate: soon,
    stage: soon,
  }
}
