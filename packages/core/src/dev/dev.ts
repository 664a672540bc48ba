import type { Signal } from '../engine/index.ts'
import type { LevadaError } from '../errors/index.ts'
import type { ParamValues } from '../plan/index.ts'
import type { Preview } from '../run/preview.ts'

export interface DevOptions {
  readonly appDir: string
  readonly env?: string
  readonly params?: ParamValues
  /** Looks at this node only: its id, its name, or an asset that it writes. */
  readonly node?: string
  /** `2001-03-04`. @default the latest of each node's inputs that has a usual number of rows */
  readonly partition?: string
  /** Rows of each output. @default 10 */
  readonly limit?: number
  /** Ends the watching. */
  readonly signal: Signal
}

/** What happens while an app is watched; `elapsed_ms` since the first file of a change was saved. */
export type DevEvent =
  | {
      readonly type: 'watching'
      /** Left out when it could not be loaded. */
      readonly app?: string
      readonly env: string
      readonly folders: readonly string[]
    }
  | { readonly type: 'changed'; readonly files: readonly string[] }
  /** The nodes that a change of conf/ is about. */
  | { readonly type: 'concerned'; readonly nodes: readonly string[] }
  | { readonly type: 'generated'; readonly files: readonly string[] }
  | ({ readonly type: 'preview'; readonly elapsed_ms: number } & Preview)
  | {
      readonly type: 'log'
      readonly node: string
      readonly level: 'debug' | 'info' | 'warn'
      readonly message: string
      readonly facts?: Readonly<Record<string, unknown>>
    }
  /** A node that is bound only. */
  | { readonly type: 'skipped'; readonly node: string; readonly reason: string }
  /** All SQL of the app was bound; what is wrong was told before. */
  | {
      readonly type: 'bound'
      readonly statements: number
      /** How many were told in this turn. */
      readonly errors: number
      readonly not_bound: readonly string[]
      readonly elapsed_ms: number
    }
  | {
      readonly type: 'errors'
      readonly node?: string
      readonly errors: readonly LevadaError[]
      readonly elapsed_ms: number
    }

/**
 * Watches what an app is made of. On a change it generates, binds again and runs what the change concerns on a part of the
 * rows; nothing is published. It ends when the signal aborts.
 * @returns whether it was in the middle of something
 * @throws SELECTION_UNKNOWN, ENV_UNKNOWN at the start
 */
export async function watchApp(options: DevOptions, emit: (event: DevEvent) => void): Promise<boolean> {
  const { devLoop } = await import('./loop.ts')
  return devLoop(options, emit)
}
