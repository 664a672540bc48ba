import type { Graph } from '../app/index.ts'
import type { Environment } from '../config/index.ts'
import type { Dataset, Version } from '../dataset/index.ts'
import { LevadaError } from '../errors/index.ts'

export interface FreshnessContext {
  readonly graph: Graph
  readonly environment: Environment
  readonly env: string
  readonly now: Date
}

/**
 * Whether what others deliver is young enough. What is not there is told by whoever reads it.
 * @returns what to tell of one whose age is only warned of
 * @throws STALE_DATA, NOT_SUPPORTED when its age is limited and cannot be known
 */
export async function checkFresh(
  { graph, environment, env, now }: FreshnessContext,
  name: string,
  { dataset, version }: { readonly dataset: Dataset; readonly version: Version | undefined },
): Promise<string | undefined> {
  const limit = environment.freshnessOf(name)
  if (!limit || (!version && !(await dataset.exists()))) return undefined
  const isSource = graph.assets.get(name)!.role === 'source'
  const time = version?.createdAt ?? (isSource ? await dataset.changedAt?.() : undefined)
  if (time === undefined) {
    const { versioned } = dataset.capabilities
    const why = versioned === true ? 'it was not written by Levada' : versioned.denied
    throw new LevadaError(
      'NOT_SUPPORTED',
      `The age of '${name}' in ${dataset.type} ${dataset.address} is not known: ${why}.`,
      { hint: `Remove ${limit.path} from conf/${env}/environment.yml.` },
    )
  }
  const age = now.getTime() - Date.parse(time)
  if (age <= limit.maxAgeMs) return undefined
  const which = version ? `version ${version.number}, run ${version.runId}` : dataset.address
  const message = `'${name}' (${which}) is ${showAge(age)} old; environment.yml allows ${showAge(limit.maxAgeMs)}.`
  if (limit.severity === 'warn') return message
  const wait = isSource ? 'Wait until it is delivered' : 'Wait until its deployment has run again'
  throw new LevadaError('STALE_DATA', message, {
    hint: `${wait}, or raise ${limit.path} in conf/${env}/environment.yml.`,
  })
}

const showAge = (ms: number): string => {
  const minutes = Math.round(ms / 60_000)
  return minutes < 120
    ? `${minutes} min`
    : minutes < 2880
      ? `${Math.round(minutes / 60)} h`
      : `${Math.round(minutes / 1440)} days`
}
