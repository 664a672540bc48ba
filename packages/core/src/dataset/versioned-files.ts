import { existsSync } from 'node:fs'
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { LevadaError } from '../errors/index.ts'
import type { Capability } from './capability.ts'
import { clean, type CleanUpOptions } from './clean-up.ts'
import type {
  Dataset,
  DatasetCapabilities,
  DatasetContext,
  PublishRequest,
  Staging,
  Version,
} from './dataset.ts'
import { heldProposal, type HeldWrite } from './held.ts'
import { takeLease } from './lease-file.ts'
import type { FileFormat, FormatOptions, Location } from './location.ts'
import type { Encoding, FilePartition, Manifest } from './manifest.ts'
import { openManifests } from './manifests.ts'
import { makeFolder, onDisk } from './os.ts'
import { checkDimensions, partsOf, restoreVersion, selectedPartitions, type Proposal } from './publish.ts'
import { defaultRetention } from './retention.ts'
import { stagedFiles } from './staged-files.ts'

export interface VersionedFilesOptions {
  /** The type in the catalog. */
  readonly type: string
  /** Names the asset in messages. */
  readonly asset: string
  /** Absolute folder of the asset. */
  readonly root: string
  readonly format: FileFormat
  readonly options: FormatOptions
  /** Whether the format is written in one folder per partition. */
  readonly partitioned: Capability
  /** As {@link DatasetContext} has them. */
  readonly retention?: DatasetContext['retention'] | undefined
  readonly notice?: DatasetContext['notice'] | undefined
  /** The network file system below a folder. @default as the system says */
  readonly network?: (folder: string) => string | undefined
}

const capabilities: DatasetCapabilities = {
  write: true,
  rows: true,
  partitioned: true,
  versioned: true,
  staging: true,
  restorable: true,
  append: true,
}

/**
 * Files below one folder, written by an engine. `manifests/00000042.json` says which of them are a version; the highest
 * number is current. `data/<version>/` holds what one attempt wrote; neither is changed afterwards. A process that dies at
 * any instant leaves the current version as it was.
 */
export function versionedFiles({
  type,
  asset,
  root,
  format,
  options,
  partitioned,
  retention = defaultRetention,
  notice,
  network,
}: VersionedFilesOptions): Dataset {
  const manifests = openManifests(root, asset, notice)
  // Files of any codec read alike.
  const { compression: _, ...reading } = options
  const encoding: Encoding = { format, options: reading }
  const locateFiles = (partitions: readonly FilePartition[]): Location =>
    locationOf(root, encoding, partitions)

  const read = async (version: Version): Promise<Manifest> => {
    const manifest = await manifests.read(version.number)
    if (manifest?.id === version.id) return manifest
    throw new LevadaError(
      'DATA_MISSING',
      `Version ${version.number} (${version.id}) of '${asset}' is not kept in ${root} any more.`,
      {
        hint: 'Run again, with the current version.',
      },
    )
  }
  const cleaning = (pinned: PublishRequest['pinned'] = async () => new Set()): CleanUpOptions => ({
    root,
    manifests,
    retention,
    now: Date.now(),
    pinned,
  })
  /** @throws DATA_MISSING */
  const checkFiles = async ({ number, partitions }: Manifest): Promise<void> => {
    const files = partsOf(partitions).flatMap((part) =>
      part.files.map((file) => join(root, 'data', part.version, file)),
    )
    const gone = files.filter((file) => !existsSync(file))
    if (gone.length === 0) return
    const more = gone.length > 1 ? ` and ${gone.length - 1} more files` : ''
    throw new LevadaError(
      'DATA_MISSING',
      `Version ${number} of '${asset}' is not whole any more: ${gone[0]}${more} ${gone.length > 1 ? 'are' : 'is'} missing.`,
      { hint: `Restore another version, or build it again: levada run ${asset} --force` },
    )
  }
  return {
    type,
    address: root,
    capabilities: partitioned === true ? capabilities : { ...capabilities, partitioned },
    emptyLocation: async () => ({ kind: 'files', ...encoding, uris: [] }),
    head: () => onDisk(`Reading '${asset}'`, manifests.head),
    version: (number) => onDisk(`Reading '${asset}'`, () => manifests.read(number)),
    versions: () =>
      onDisk(`Reading '${asset}'`, async () => {
        const { manifests: versions, damaged } = await manifests.all()
        return { versions, damaged }
      }),
    lease: (holder, over) => onDisk(`Writing '${asset}'`, async () => takeLease(root, holder, over, network)),
    clean: (request) => onDisk(`Cleaning up '${asset}'`, () => clean(cleaning(), request)),
    exists: () => onDisk(`Reading '${asset}'`, async () => (await manifests.head()) !== undefined),
    locate: (version, partitions) =>
      onDisk(`Reading '${asset}'`, async () => {
        const manifest = version ? await read(version) : await manifests.head()
        if (!manifest)
          throw new LevadaError('DATA_MISSING', `No version of '${asset}' was published in ${root}.`)
        return locateFiles(partitions ? selectedPartitions(asset, manifest, partitions) : manifest.partitions)
      }),
    restore: (version, id, request) =>
      onDisk(`Restoring '${asset}'`, async () => {
        const earlier = await read(version)
        await checkFiles(earlier)
        const made = await restoreVersion(manifests, asset, earlier, id, request)
        await manifests.settle()
        await manifests.setAside()
        return made
      }),
    stage: (request) =>
      onDisk(`Writing '${asset}'`, async (): Promise<Staging> => {
        if (!/^\w[\w.-]*$/.test(request.version))
          throw new TypeError(`'${request.version}' cannot name a folder`)
        if (partitioned !== true && request.partitionBy.length > 0)
          throw new LevadaError('NOT_SUPPORTED', `'${asset}' has partitions: ${partitioned.denied}.`, {
            hint: 'Store it as parquet, or declare it without partitions.',
          })
        const base = request.base && (await read(request.base))
        if (base && (request.replace || request.adds)) checkDimensions(asset, base, request)
        const data = join(root, 'data')
        const unsynced = [...(await makeFolder(data)), data]
        await mkdir(join(data, request.version))
        return staging({ asset, stage: request, base }, unsynced)
      }),
    reopen: (held) =>
      onDisk(`Writing '${asset}'`, async () => {
        const proposal = await heldProposal(asset, held as HeldWrite<FilePartition>, manifests.read)
        const files = proposal?.staged.flatMap(({ version, files: names }) =>
          names.map((name) => join(root, 'data', version, name)),
        )
        const isThere = proposal && [join(root, 'data', proposal.stage.version), ...files!].every(existsSync)
        return isThere ? staging(proposal, [], proposal.staged) : undefined
      }),
  }

  function staging(
    proposal: Omit<Proposal<FilePartition>, 'staged'>,
    unsynced: readonly string[],
    staged?: readonly FilePartition[],
  ): Staging {
    const { asset: name, stage, base } = proposal
    const { version, partitionBy, grains } = stage
    return stagedFiles({
      target: {
        kind: 'files',
        format,
        options,
        directory: join(root, 'data', version),
        partitionBy,
        ...(grains && { grains }),
      },
      manifests,
      asset: name,
      stage,
      base,
      ...(staged && { staged }),
      encoding,
      unsynced,
      locate: locateFiles,
      cleaning,
    })
  }
}

/** Where partitions are. Files that are read in other ways, or hold other columns, are parts of a union. */
function locationOf(root: string, current: Encoding, partitions: readonly FilePartition[]): Location {
  const texts = new Map<object, string>()
  const textOf = (value: object): string => {
    const text = texts.get(value) ?? JSON.stringify(value)
    texts.set(value, text)
    return text
  }
  const groups = Map.groupBy(
    partsOf(partitions),
    ({ encoding, columns }) => textOf(encoding) + textOf(columns),
  )
  const parts = [...groups.values()].map((group): Location => {
    const uris = group.flatMap(({ version, files }) => files.map((file) => join(root, 'data', version, file)))
    return { kind: 'files', ...group[0]!.encoding, uris }
  })
  if (parts.length > 1) return { kind: 'union', parts }
  return parts[0] ?? { kind: 'files', ...current, uris: [] }
}
