import { existsSync } from 'node:fs'
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { PartitionKey } from '../asset/index.ts'
import { LevadaError } from '../errors/index.ts'
import { denied, type Capability } from './capability.ts'
import { clean, type CleanUpOptions } from './clean-up.ts'
import type {
  Cleaning,
  CleaningRequest,
  Dataset,
  DatasetCapabilities,
  DatasetContext,
  Held,
  PublishRequest,
  StageRequest,
  Staging,
  Version,
  VersionList,
} from './dataset.ts'
import type { Surroundings } from './surroundings.ts'
import { heldProposal, type HeldWrite } from './held.ts'
import type { LeaseAnswer, LeaseHolder } from './lease.ts'
import { takeLease } from './lease-file.ts'
import type { FileFormat, FormatOptions, Location } from './location.ts'
import type { Encoding, FilePartition, Manifest } from './manifest.ts'
import { newestManifest, openManifests, type Manifests } from './manifests.ts'
import { makeFolder, onDisk, refused } from './os.ts'
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
  readonly network?: ((folder: string) => string | undefined) | undefined
}

const capabilities: DatasetCapabilities = {
  write: true,
  rows: true,
  partitioned: true,
  versioned: true,
  staging: true,
  restorable: true,
  append: true,
  atomicGroup: denied('each asset has manifests of its own'),
}

/** What the functions of the dataset work on. */
interface Files extends Omit<VersionedFilesOptions, 'type'> {
  /** Opened when it is first asked for. */
  manifests: Manifests | undefined
}

/** Its functions are the same for all, since a plan may ask very many that hold nothing. They work on what it has here. */
interface FilesDataset extends Dataset {
  readonly '~files': Files
}

/**
 * Files below one folder, written by an engine. `manifests/00000042.json` says which of them are a version; the highest
 * number is current. `data/<version>/` holds what one attempt wrote; neither is changed afterwards. A process that dies at
 * any instant leaves the current version as it was.
 */
export function versionedFiles(options: VersionedFilesOptions): Dataset {
  const {
    type,
    asset,
    root,
    format,
    options: formatOptions,
    partitioned,
    retention,
    notice,
    network,
  } = options
  const dataset: FilesDataset = {
    type,
    address: root,
    capabilities: partitioned === true ? capabilities : { ...capabilities, partitioned },
    '~files': {
      asset,
      root,
      format,
      options: formatOptions,
      partitioned,
      retention,
      notice,
      network,
      manifests: undefined,
    },
    emptyLocation,
    head,
    headNow,
    version,
    versions,
    lease,
    clean: cleanAll,
    exists,
    locate,
    restore,
    stage,
    reopen,
  }
  return dataset
}

const manifestsOf = (files: Files): Manifests =>
  (files.manifests ??= openManifests(files.root, files.asset, files.notice))

/** Files of any codec read alike. */
function encodingOf({ format, options }: Files): Encoding {
  if (options.compression === undefined) return { format, options }
  const { compression: _, ...reading } = options
  return { format, options: reading }
}

const reading = ({ asset }: Files): string => `Reading '${asset}'`
const writing = ({ asset }: Files): string => `Writing '${asset}'`

function emptyLocation(this: FilesDataset): Location {
  return { kind: 'files', ...encodingOf(this['~files']), uris: [] }
}

async function head(this: FilesDataset): Promise<Version | undefined> {
  return onDisk(reading(this['~files']), manifestsOf(this['~files']).head)
}

function headNow(this: FilesDataset, { has, heads }: Surroundings): Version | undefined {
  const files = this['~files']
  const isThere = has(files.root)
  if (isThere === false) return undefined
  try {
    return newestManifest(files.root, isThere, heads) ?? manifestsOf(files).headNow()
  } catch (error) {
    throw refused(reading(files), error)
  }
}

async function version(this: FilesDataset, number: number): Promise<Version | undefined> {
  return onDisk(reading(this['~files']), () => manifestsOf(this['~files']).read(number))
}

async function versions(this: FilesDataset): Promise<VersionList> {
  return onDisk(reading(this['~files']), async () => {
    const { manifests, damaged } = await manifestsOf(this['~files']).all()
    return { versions: manifests, damaged }
  })
}

async function lease(this: FilesDataset, holder: LeaseHolder, over?: string): Promise<LeaseAnswer> {
  const { root, network } = this['~files']
  return onDisk(writing(this['~files']), async () => takeLease(root, holder, over, network))
}

async function cleanAll(this: FilesDataset, request: CleaningRequest): Promise<Cleaning> {
  const files = this['~files']
  return onDisk(`Cleaning up '${files.asset}'`, () => clean(cleaning(files), request))
}

async function exists(this: FilesDataset): Promise<boolean> {
  return onDisk(reading(this['~files']), async () => (await manifestsOf(this['~files']).head()) !== undefined)
}

async function locate(
  this: FilesDataset,
  wanted: Version | undefined,
  partitions?: readonly PartitionKey[],
): Promise<Location> {
  const files = this['~files']
  const { asset, root } = files
  return onDisk(reading(files), async () => {
    const manifest = wanted ? await read(files, wanted) : await manifestsOf(files).head()
    if (!manifest) throw new LevadaError('DATA_MISSING', `No version of '${asset}' was published in ${root}.`)
    const found = partitions ? selectedPartitions(asset, manifest, partitions) : manifest.partitions
    return locationOf(root, encodingOf(files), found)
  })
}

async function restore(
  this: FilesDataset,
  wanted: Version,
  id: string,
  request: PublishRequest,
): Promise<Version> {
  const files = this['~files']
  return onDisk(`Restoring '${files.asset}'`, async () => {
    const manifests = manifestsOf(files)
    const earlier = await read(files, wanted)
    checkFiles(files, earlier)
    const made = await restoreVersion(manifests, files.asset, earlier, id, request)
    await manifests.settle()
    await manifests.setAside()
    return made
  })
}

async function stage(this: FilesDataset, request: StageRequest): Promise<Staging> {
  const files = this['~files']
  const { asset, root, partitioned } = files
  return onDisk(writing(files), async () => {
    if (!/^\w[\w.-]*$/.test(request.version)) throw new TypeError(`'${request.version}' cannot name a folder`)
    if (partitioned !== true && request.partitionBy.length > 0)
      throw new LevadaError('NOT_SUPPORTED', `'${asset}' has partitions: ${partitioned.denied}.`, {
        hint: 'Store it as parquet, or declare it without partitions.',
      })
    const base = request.base && (await read(files, request.base))
    if (base && (request.replace || request.adds)) checkDimensions(asset, base, request)
    const data = join(root, 'data')
    const unsynced = [...(await makeFolder(data)), data]
    await mkdir(join(data, request.version))
    return staging(files, { asset, stage: request, base }, unsynced)
  })
}

async function reopen(this: FilesDataset, held: Held): Promise<Staging | undefined> {
  const files = this['~files']
  const { asset, root } = files
  return onDisk(writing(files), async () => {
    const proposal = await heldProposal(asset, held as HeldWrite<FilePartition>, manifestsOf(files).read)
    const paths = proposal?.staged.flatMap((part) =>
      part.files.map((name) => join(root, 'data', part.version, name)),
    )
    const isThere = proposal && [join(root, 'data', proposal.stage.version), ...paths!].every(existsSync)
    return isThere ? staging(files, proposal, [], proposal.staged) : undefined
  })
}

/** @throws DATA_MISSING */
async function read(files: Files, { id, number }: Version): Promise<Manifest> {
  const manifest = await manifestsOf(files).read(number)
  if (manifest?.id === id) return manifest
  throw new LevadaError(
    'DATA_MISSING',
    `Version ${number} (${id}) of '${files.asset}' is not kept in ${files.root} any more.`,
    { hint: 'Run again, with the current version.' },
  )
}

/** @throws DATA_MISSING */
function checkFiles({ asset, root }: Files, { number, partitions }: Manifest): void {
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

const cleaning = (
  files: Files,
  pinned: PublishRequest['pinned'] = async () => new Set(),
): CleanUpOptions => ({
  root: files.root,
  manifests: manifestsOf(files),
  retention: files.retention ?? defaultRetention,
  pinned,
})

function staging(
  files: Files,
  proposal: Omit<Proposal<FilePartition>, 'staged'>,
  unsynced: readonly string[],
  staged?: readonly FilePartition[],
): Staging {
  const { root, format, options } = files
  const { asset, stage: request, base } = proposal
  const { partitionBy, grains } = request
  const encoding = encodingOf(files)
  return stagedFiles({
    target: {
      kind: 'files',
      format,
      options,
      directory: join(root, 'data', request.version),
      partitionBy,
      ...(grains && { grains }),
    },
    manifests: manifestsOf(files),
    asset,
    stage: request,
    base,
    ...(staged && { staged }),
    encoding,
    unsynced,
    locate: (partitions) => locationOf(root, encoding, partitions),
    cleaning: (pinned) => cleaning(files, pinned),
  })
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
