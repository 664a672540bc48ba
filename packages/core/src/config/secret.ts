import { z } from 'zod'
import { alternatives, type Schema } from './schema-walk.ts'

/**
 * A text in a configuration schema that must never be shown: whatever value reaches the field is redacted everywhere.
 *
 * @example
 * ```ts
 * const config = z.object({ host: z.string(), password: secret() })
 * ```
 */
export const secret = (): z.ZodString => z.string().meta({ secret: true })

/** Whether a schema was made by `secret()`, also after `.min(1)` and the like. */
export const isSecret = (schema: z.core.$ZodType): boolean =>
  z.globalRegistry.get(schema)?.['secret'] === true

/** The same with what may be around it: optional, default … */
export const holdsSecret = (schema: Schema, value: unknown): boolean =>
  [...alternatives(schema, value)].some(isSecret)
