import { dirname, join } from 'node:path'
import { partitionId } from '../asset/index.ts'
import { LevadaError } from '../errors/index.ts'
import { cleanUp, type CleanUpOptions } from './clean-up.ts'
import type { PublishRequest, Staging, Written } from './dataset.ts'
import { holdProposal } from './held.ts'
import type { Location, WriteTarget } from './location.ts'
import type { Encoding, FilePartition } from './manifest.ts'
import type { Manifests } from './manifests.ts'
import { inParallel, onDisk, remove, sync } from './os.ts'
import { mergedPartitions, publishVersion, type Proposal } from './publish.ts'
import { fileSystemNow } from './store-clock.ts'

export interface StagedFilesOptions extends Omit<Proposal<FilePartition>, 'staged'> {
  /** What another process has sealed. */
  readonly staged?: readonly FilePartition[]
  readonly target: Extract<WriteTarget, { readonly kind: 'files' }>
  readonly manifests: Manifests
  readonly encoding: Encoding
  /** Folders whose new names are not durable yet. */
  readonly unsynced: readonly string[]
  readonly locate: (partitions: readonly FilePartition[]) => Location
  readonly cleaning: (pinned: PublishRequest['pinned']) => CleanUpOptions
}

/** What an engine writes into `data/<version>/`, until a manifest names it. */
export function stagedFiles({
  target,
  manifests,
  encoding,
  unsynced,
  locate,
  cleaning,
  staged: before,
  ...request
}: StagedFilesOptions): Staging {
  const { asset } = request
  const { directory } = target
  const what = `Writing '${asset}'`
  let proposal: Proposal<FilePartition> | undefined = before && { ...request, staged: before }
  let published = false
  const sealed = (): Proposal<FilePartition> => {
    if (!proposal) throw new TypeError('seal() comes first')
    return proposal
  }
  return {
    target,
    seal: (written) =>
      onDisk(what, async () => {
        const staged = stagedPartitions(request, encoding, written)
        const files = written.files.map(({ path }) => join(directory, path))
        await inParallel([...files, ...foldersOf(directory, files), ...unsynced], 8, sync)
        proposal = { ...request, staged }
      }),
    hold: () => holdProposal(sealed()),
    increment: () => locate(sealed().staged),
    candidate: (keeps) => locate(mergedPartitions(sealed(), request.base, keeps)),
    publish: (publishRequest) =>
      onDisk(what, async () => {
        // Clean-up leaves young folders alone; fails when it was faster, after a day.
        await fileSystemNow(directory)
        const version = await publishVersion(manifests, sealed(), publishRequest)
        published = true
        await manifests.settle()
        void manifests
          .setAside()
          .then(() => cleanUp(cleaning(publishRequest.pinned)))
          .catch(() => undefined)
        return version
      }),
    discard: () =>
      onDisk(`Removing what was written of '${asset}'`, async () => published || remove(directory)).then(
        () => undefined,
      ),
  }
}

function stagedPartitions(
  { asset, stage }: Pick<Proposal, 'asset' | 'stage'>,
  encoding: Encoding,
  written: Written,
): readonly FilePartition[] {
  const idOf = (key: FilePartition['key']): string => partitionId(stage.partitionBy, key)
  const asked = stage.replace && new Set(stage.replace.map(idOf))
  const files = Map.groupBy(written.files, ({ partition }) => idOf(partition))
  return written.partitions.map(({ key, rows, sizeBytes }) => {
    const id = idOf(key)
    if (asked && !asked.has(id))
      throw new LevadaError(
        'ROW_OUT_OF_RANGE',
        `${rows} rows of '${asset}' lie in ${id}, which was not to be written.`,
      )
    const paths = (files.get(id) ?? []).map(({ path }) => path).toSorted()
    return { key, rows, sizeBytes, version: stage.version, columns: stage.columns, encoding, files: paths }
  })
}

/** The folders of the files, up to `top`. */
function foldersOf(top: string, files: readonly string[]): ReadonlySet<string> {
  const folders = new Set([top])
  for (const file of files) {
    for (
      let folder = dirname(file);
      folder.length > top.length && !folders.has(folder);
      folder = dirname(folder)
    )
      folders.add(folder)
  }
  return folders
}
