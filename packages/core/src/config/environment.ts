import { z } from 'zod'
import { didYouMean, LevadaError, throwAll } from '../errors/index.ts'
import type { Config } from './config.ts'
import { environments } from './layers.ts'
import type { ConfigNode, MapNode } from './node.ts'
import { memoryBytes, memorySchema } from './memory-size.ts'
import { matchEntry } from './patterns.ts'
import { durationMs, durationSchema, retentionSchema, type RetentionWords } from './retention.ts'

interface EnvironmentWords {
  readonly protected?: boolean | undefined
  readonly reads?: string | undefined
  readonly externals?: Readonly<Record<string, { readonly max_age: string }>> | undefined
  readonly sources?:
    | Readonly<Record<string, { readonly max_age: string; readonly severity?: 'error' | 'warn' | undefined }>>
    | undefined
  readonly retention?: RetentionWords | undefined
  readonly limits?: Readonly<Record<string, number>> | undefined
  readonly memory_limit?: string | undefined
}

const leastBytes = 64e6

/** What environment.yml may say. */
export const environmentSchema = (): z.ZodType<EnvironmentWords> =>
  z.strictObject({
    protected: z.boolean().optional(),
    reads: z.string().min(1).optional(),
    externals: z.record(z.string(), z.strictObject({ max_age: durationSchema() })).optional(),
    sources: z
      .record(
        z.string(),
        z.strictObject({ max_age: durationSchema(), severity: z.enum(['error', 'warn']).optional() }),
      )
      .optional(),
    retention: retentionSchema().optional(),
    /** How many steps of a run go on at once that have a tag, or use a resource or an engine. */
    limits: z.record(z.string(), z.int().min(1).max(10_000)).optional(),
    /** How much TypeScript may hold in each process and thread of a run, beside what engines compute with. */
    memory_limit: memorySchema()
      .check(
        z.refine((text: string) => memoryBytes(text) >= leastBytes, 'at least 64MB, which it takes to start'),
      )
      .optional(),
  })

/** What environment.yml says of an environment. */
export interface Environment {
  /** The environment that assets which are not built here are read from; nothing is ever written there. */
  readonly reads: string | undefined
  /** Which versions stay, of assets whose catalog entry does not say it. */
  readonly retention: RetentionWords | undefined
  /** How many steps of a run go on at once, by what they have in common: `tag:heavy`, `resource:notify`. */
  readonly limits: Readonly<Record<string, number>> | undefined
  readonly memoryLimit: MemoryLimit | undefined
  /** How old an external or a source may be; undefined when any age will do. */
  freshnessOf(asset: string): Freshness | undefined
}

/** How much TypeScript may hold in a process or thread of a run. */
export interface MemoryLimit {
  readonly bytes: number
  /** As environment.yml says it. */
  readonly text: string
}

export interface Freshness {
  readonly maxAgeMs: number
  /** Whether a plan fails, or tells it. */
  readonly severity: 'error' | 'warn'
  /** Where environment.yml says so: `externals.met.rain.max_age`. */
  readonly path: string
}

/**
 * @param known externals and sources of the app, and what steps can be limited by
 * @throws CONFIG_INVALID, ENV_UNKNOWN, ASSET_UNKNOWN: with their places
 */
export function environmentOf(
  config: Config,
  known: {
    readonly externals: readonly string[]
    readonly sources: readonly string[]
    readonly limitable: () => readonly string[]
  },
): Environment {
  const section = config.section('environment')
  // Most environments say nothing: then nothing has to be read by a schema before the engine starts.
  const {
    reads,
    retention,
    limits,
    memory_limit: memory,
    ...ages
  } = section.entries.size === 0 ? {} : config.read(section, environmentSchema())
  const place = section.entries.get('reads')?.value.origin
  if (reads === config.env)
    throw new LevadaError('CONFIG_INVALID', `environment.reads: '${reads}' is the environment itself.`, {
      ...(place && { place }),
    })
  if (reads !== undefined && !environments(config.appDir).includes(reads))
    throw new LevadaError('ENV_UNKNOWN', `environment.reads: there is no environment '${reads}'.`, {
      ...(place && { place }),
      hint: `There are ${environments(config.appDir).join(', ')}.`,
    })
  for (const role of roles) {
    for (const [key, { key: origin }] of entriesOf(section.entries.get(role)?.value))
      if (!key.includes('{') && !known[role].includes(key))
        throw new LevadaError(
          'ASSET_UNKNOWN',
          `environment.${role}: '${key}' is no ${role.slice(0, -1)} of the app.${didYouMean(key, known[role])}`,
          { place: origin },
        )
  }
  if (limits) checkLimits(section.entries.get('limits')?.value, known.limitable())
  return {
    reads,
    retention,
    limits,
    memoryLimit: memory === undefined ? undefined : { bytes: memoryBytes(memory), text: memory },
    freshnessOf(asset) {
      const role = roles.find((each) => known[each].includes(asset))
      const node = role && section.entries.get(role)?.value
      const found = node?.kind === 'map' ? matchEntry(node, asset) : undefined
      const said = found && ages[role!]?.[found.key]
      if (!said) return undefined
      const { max_age: text, severity } = said as { max_age: string; severity?: Freshness['severity'] }
      return {
        maxAgeMs: durationMs(text),
        severity: severity ?? 'error',
        path: `${role}.${found.key}.max_age`,
      }
    },
  }
}

/** @throws CONFIG_INVALID */
function checkLimits(limits: ConfigNode | undefined, known: readonly string[]): void {
  const wrong = [...entriesOf(limits)].filter(([name]) => !known.includes(name))
  throwAll(
    wrong.map(
      ([name, { key: place }]) =>
        new LevadaError(
          'CONFIG_INVALID',
          `environment.limits: '${name}' is no tag, resource or engine of the app.${didYouMean(name, known)}`,
          { place, hint: 'Write tag:<name>, or resource:<name> for a resource or an engine.' },
        ),
    ),
  )
}

const roles = ['externals', 'sources'] as const

const entriesOf = (node: ConfigNode | undefined): MapNode['entries'] =>
  node?.kind === 'map' ? node.entries : new Map()
