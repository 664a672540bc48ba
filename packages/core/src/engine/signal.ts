/** An `AbortSignal`, named by its shape, so that public types need no library of a platform. */
export interface Signal {
  readonly aborted: boolean
  readonly reason: unknown
  throwIfAborted(): void
  addEventListener(type: 'abort', listener: () => void, options?: { readonly once?: boolean }): void
  removeEventListener(type: 'abort', listener: () => void): void
}

/** That of a node: an `AbortSignal`, as `fetch` and timers take it, where the types of the platform have one. */
export type NodeSignal = typeof globalThis extends { AbortSignal: { prototype: infer S extends Signal } }
  ? S
  : Signal
