import { readFileSync, statSync } from 'node:fs'
import { basename } from 'node:path'
import { LevadaError } from '../errors/index.ts'
import { denied } from './capability.ts'
import type { Dataset } from './dataset.ts'
import type { FileFormat, FormatOptions } from './location.ts'
import { onDisk } from './os.ts'
import { sha256 } from './sha256.ts'

export interface PlainFileOptions {
  /** The type in the catalog. */
  readonly type: string
  /** Names the asset in messages. */
  readonly asset: string
  /** Absolute path of the file. */
  readonly path: string
  readonly format: FileFormat
  readonly options: FormatOptions
}

/** A file that is no larger is known by its content, so that one that was touched only is the same; to read it takes less time than a run does to begin. */
const hashedBytes = 65_536

const onlyRead = denied("a single file is somebody else's, and only read")

/** One file that somebody else delivers: read only, without versions. */
export function plainFile({ type, asset, path, format, options }: PlainFileOptions): Dataset {
  const exists = (): Promise<boolean> =>
    // To look takes less time than to have another thread look.
    onDisk(`Reading '${asset}'`, async () => statSync(path, { throwIfNoEntry: false })?.isFile() ?? false)
  return {
    type,
    address: path,
    capabilities: {
      write: onlyRead,
      rows: true,
      partitioned: onlyRead,
      versioned: onlyRead,
      staging: onlyRead,
      restorable: onlyRead,
      append: onlyRead,
      atomicGroup: onlyRead,
    },
    emptyLocation: () => ({ kind: 'files', format, options, uris: [] }),
    head: async () => undefined,
    headNow: () => undefined,
    exists,
    changedAt: () =>
      onDisk(`Reading '${asset}'`, async () =>
        statSync(path, { throwIfNoEntry: false })?.mtime.toISOString(),
      ),
    // How it is read belongs to what is read.
    identity: () =>
      onDisk(`Reading '${asset}'`, async () => {
        const found = statSync(path, { bigint: true, throwIfNoEntry: false })
        if (!found) return undefined
        const isSmall = found.isFile() && found.size <= hashedBytes
        const content = isSmall ? sha256(readFileSync(path)) : String(found.mtimeNs)
        return JSON.stringify([basename(path), String(found.size), content, format, options])
      }),
    async locate(version, partitions) {
      if (version || partitions) {
        const what = version ? 'versions' : 'partitions'
        throw new LevadaError('NOT_SUPPORTED', `'${asset}' has no ${what}: ${path} is one file.`, {
          hint: 'Declare the source without partitions, and filter in the SQL that reads it.',
        })
      }
      if (await exists()) return { kind: 'files', format, options, uris: [path] }
      throw new LevadaError('DATA_MISSING', `The file of '${asset}' does not exist: ${path}`, {
        hint: 'Put it there, or correct path in catalog.yml.',
      })
    },
    async restore() {
      throw new LevadaError('NOT_SUPPORTED', `'${asset}' has no versions: ${path} is one file.`)
    },
    async stage() {
      throw new LevadaError(
        'NOT_SUPPORTED',
        `'${asset}' cannot be written: ${path} is a single file, which is only read.`,
        {
          hint: 'To build the asset, give it a folder as path, without a file extension.',
        },
      )
    },
  }
}
