import { z } from 'zod'
import { didYouMean, LevadaError } from '../errors/index.ts'
import type { Config } from './config.ts'
import { environments } from './layers.ts'
import { matchEntry } from './patterns.ts'

const age = z.string().regex(/^\d+(m|h|d)$/, 'a number of minutes, hours or days, such as 90m, 36h or 7d')

/** What environment.yml may say. */
export const environmentSchema: z.ZodType<{
  readonly protected?: boolean | undefined
  readonly reads?: string | undefined
  readonly externals?: Readonly<Record<string, { readonly max_age: string }>> | undefined
}> = z.strictObject({
  protected: z.boolean().optional(),
  reads: z.string().min(1).optional(),
  externals: z.record(z.string(), z.strictObject({ max_age: age })).optional(),
})

/** What environment.yml says of an environment. */
export interface Environment {
  /** The environment that assets which are not built here are read from; nothing is ever written there. */
  readonly reads: string | undefined
  /** How old the version of an external may be, in milliseconds; undefined when any will do. */
  maxAgeOf(asset: string): number | undefined
}

const unitMs = { m: 60_000, h: 3_600_000, d: 86_400_000 } as const

/**
 * @param known externals of the app
 * @throws CONFIG_INVALID, ENV_UNKNOWN, ASSET_UNKNOWN: with their places
 */
export function environmentOf(config: Config, known: readonly string[]): Environment {
  const section = config.section('environment')
  // Most environments say nothing: then nothing has to be read by a schema before the engine starts.
  const { reads, externals = {} } = section.entries.size === 0 ? {} : config.read(section, environmentSchema)
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
  const node = section.entries.get('externals')?.value
  for (const [key, { key: origin }] of node?.kind === 'map' ? node.entries : [])
    if (!key.includes('{') && !known.includes(key))
      throw new LevadaError(
        'ASSET_UNKNOWN',
        `environment.externals: '${key}' is no external of the app.${didYouMean(key, known)}`,
        { place: origin },
      )
  return {
    reads,
    maxAgeOf(asset) {
      const found = node?.kind === 'map' ? matchEntry(node, asset) : undefined
      const text = found && externals[found.key]?.max_age
      return text === undefined
        ? undefined
        : Number(text.slice(0, -1)) * unitMs[text.slice(-1) as keyof typeof unitMs]
    },
  }
}
