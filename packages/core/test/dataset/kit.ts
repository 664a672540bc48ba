import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { Dataset, Location, StageRequest, Staging, Written } from '../../src/dataset/index.ts'
import { partitionId, type PartitionKey } from '../../src/asset/index.ts'
import { versionedFiles, type VersionedFilesOptions } from '../../src/dataset/versioned-files.ts'
import type { Column } from '../../src/schema/index.ts'

export const columns: readonly Column[] = [
  { name: 'day', type: { kind: 'string' }, nullable: false },
  { name: 'n', type: { kind: 'int' }, nullable: false },
]
export const day = (value: string): PartitionKey => ({ day: value })

export const open = (
  root: string,
  more: Pick<VersionedFilesOptions, 'retention' | 'notice' | 'network'> = {},
): Dataset =>
  versionedFiles({
    type: 'json',
    asset: 'shop.orders',
    root,
    format: 'json',
    options: {},
    partitioned: true,
    ...more,
  })

/** Stands for an engine: one file per partition, which holds the version that wrote it. */
export async function write(
  { target }: Staging,
  version: string,
  keys: readonly PartitionKey[],
): Promise<Written> {
  if (target.kind !== 'files') throw new TypeError(target.kind)
  const text = JSON.stringify({ version })
  const partitions = keys.map((key) => ({ key, rows: 1, sizeBytes: text.length }))
  const files = partitions.map(({ key, ...rest }) => ({
    path: join(partitionId(target.partitionBy, key), 'data_0.json'),
    partition: key,
    ...rest,
  }))
  for (const { path } of files) {
    const file = join(target.directory, path)
    await mkdir(dirname(file), { recursive: true })
    await writeFile(file, text)
  }
  return { rows: keys.length, sizeBytes: keys.length * text.length, files, partitions }
}

let attempts = 0

/** Everything up to the publish, on the current version unless `base` is given. */
export async function stage(
  dataset: Dataset,
  keys: readonly PartitionKey[],
  request: Partial<StageRequest> = {},
): Promise<Staging & { readonly version: string }> {
  const version = request.version ?? `${process.pid}-${++attempts}`
  const base = 'base' in request ? request.base : await dataset.head()
  const staging = await dataset.stage({
    columns,
    partitionBy: ['day'],
    replace: undefined,
    ...request,
    version,
    base,
  })
  await staging.seal(await write(staging, version, keys))
  return { ...staging, version }
}

export const publishing = { app: 'shop', runId: 'run-1', inputs: {}, mayRebase: true } as const

/** Reads every file, as an engine would: version by partition folder. */
export async function contents(location: Location): Promise<Record<string, string>> {
  if (location.kind !== 'files') throw new TypeError(location.kind)
  const found: Record<string, string> = {}
  for (const uri of location.uris) {
    const { version } = JSON.parse(await readFile(uri, 'utf8')) as { version: string }
    if (!uri.includes(`/data/${version}/`)) throw new Error(`${uri} was written by ${version}`)
    found[decodeURIComponent(dirname(uri).split('/').at(-1)!)] = version
  }
  return found
}
