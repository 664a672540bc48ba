// `zod/v4/core`, of the same instance as zod.ts.
export * from 'zod/v4/core'
