import { partitionId } from '../asset/index.ts'
import { LevadaError } from '../errors/index.ts'
import type { PublishRequest, StageRequest } from './dataset.ts'
import type { FilePartition, Manifest } from './manifest.ts'
import type { Manifests } from './manifests.ts'

/** A sealed write that asks to become the next version. */
export interface Proposal {
  readonly asset: string
  readonly stage: StageRequest
  readonly base: Manifest | undefined
  readonly staged: readonly FilePartition[]
}

/**
 * Publishes by compare-and-swap: takes the next number, or looks again at what another process published meanwhile.
 * @throws CONFLICT, FOREIGN_ASSET
 */
export async function publishFiles(
  manifests: Manifests,
  proposal: Proposal,
  request: PublishRequest,
): Promise<Manifest> {
  const { asset, stage, base } = proposal
  for (;;) {
    const head = await manifests.head()
    // A network file system may refuse a name that it has given us.
    if (head?.id === stage.version) return head
    if (head && head.app !== request.app) {
      throw new LevadaError(
        'FOREIGN_ASSET',
        `'${asset}' is written by the app '${head.app}' (run ${head.runId}), not by '${request.app}'.`,
      )
    }
    if (head?.id !== base?.id) await checkRebase(manifests, proposal, head, request)
    const next = nextManifest(proposal, head, request)
    if (await manifests.claim(next)) return next
  }
}

/** The partitions of `published`, minus those that are replaced, plus those that are staged; in order. */
export function merged(
  { stage, staged }: Proposal,
  published: Manifest | undefined,
): readonly FilePartition[] {
  const idOf = ({ key }: FilePartition): string => partitionId(stage.partitionBy, key)
  const byId = new Map(
    stage.replace ? published?.partitions.map((partition) => [idOf(partition), partition]) : [],
  )
  for (const key of stage.replace ?? []) byId.delete(partitionId(stage.partitionBy, key))
  for (const partition of staged) byId.set(idOf(partition), partition)
  return [...byId].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([, partition]) => partition)
}

function nextManifest(
  proposal: Proposal,
  head: Manifest | undefined,
  { app, runId, inputs }: PublishRequest,
): Manifest {
  const { version, columns, partitionBy } = proposal.stage
  const partitions = merged(proposal, head)
  const sum = (of: 'rows' | 'sizeBytes'): number =>
    partitions.reduce((total, partition) => total + partition[of], 0)
  return {
    id: version,
    number: (head?.number ?? 0) + 1,
    createdAt: new Date().toISOString(),
    app,
    runId,
    inputs: Object.fromEntries(Object.entries(inputs).toSorted(([a], [b]) => (a < b ? -1 : 1))),
    rows: sum('rows'),
    sizeBytes: sum('sizeBytes'),
    columns,
    partitionBy,
    partitions,
  }
}

/** May the result stand on `head` as it is, although it was computed on `base`? @throws CONFLICT */
async function checkRebase(
  manifests: Manifests,
  { asset, stage: { replace, partitionBy }, base, staged }: Proposal,
  head: Manifest | undefined,
  { mayRebase }: PublishRequest,
): Promise<void> {
  const writerOf = (manifest: Manifest | undefined, id: string): string | undefined =>
    manifest?.partitions.find(({ key }) => partitionId(partitionBy, key) === id)?.version
  const mine = new Set(
    [...(replace ?? []), ...staged.map(({ key }) => key)].map((key) => partitionId(partitionBy, key)),
  )
  const lost = replace ? [...mine].filter((id) => writerOf(base, id) !== writerOf(head, id)) : []
  if (!head || head.partitionBy.join() !== partitionBy.join() || !replace)
    throw conflict(asset, head, 'replaced all of it')
  const [first] = lost
  if (first !== undefined) {
    const other = await firstAfter(
      manifests,
      base,
      head,
      (manifest) => writerOf(manifest, first) !== writerOf(base, first),
    )
    throw conflict(
      asset,
      other,
      `replaced ${lost.slice(0, 3).join(', ')}${lost.length > 3 ? ` and ${lost.length - 3} more` : ''}`,
      lost,
    )
  }
  if (!mayRebase)
    throw conflict(
      asset,
      head,
      'published other partitions, and a check that can stop this run looks at all of them',
    )
}

/** The version between two that did it. */
async function firstAfter(
  manifests: Manifests,
  base: Manifest | undefined,
  head: Manifest,
  did: (manifest: Manifest) => boolean,
): Promise<Manifest> {
  for (let number = (base?.number ?? 0) + 1; number < head.number; number++) {
    const manifest = await manifests.read(number)
    if (manifest && did(manifest)) return manifest
  }
  return head
}

function conflict(
  asset: string,
  other: Manifest | undefined,
  did: string,
  partitions: readonly string[] = [],
): LevadaError {
  const who = other ? `run ${other.runId} ${did}, in version ${other.number}` : 'its versions were removed'
  return new LevadaError(
    'CONFLICT',
    `'${asset}' was published by somebody else after this step had started: ${who}.`,
    {
      retryable: true,
      details: { asset, ...(other && { run: other.runId, version: other.id }), partitions },
    },
  )
}
