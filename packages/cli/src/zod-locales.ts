// The languages of zod, of the same instance as zod.ts, which loads them when one is asked for.
export * from 'zod/v4/locales'
