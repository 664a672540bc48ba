import { z } from 'zod'
import { environmentSchema, jobSchema, retentionSchema, type ConfigFile } from '../config/index.ts'
import type { JsonSchema } from '../schema/index.ts'
import type { Plugin } from './plugin.ts'

/**
 * JSON Schemas (draft 7) of the files in conf/, for editors: what the plugins' datasets and engines may say, and completion of it.
 *
 * A layer says only what differs, so nothing is required; a `${…}` can stand for any value; a type that no plugin here has may say anything.
 */
export function confSchemas(plugins: readonly Plugin[]): Readonly<Record<ConfigFile, JsonSchema>> {
  const types = (kind: 'datasets' | 'engines'): readonly (readonly [string, JsonSchema])[] =>
    plugins.flatMap((plugin) =>
      Object.entries(plugin[kind]).map(
        ([type, { config }]) => [type, partial(config as z.core.$ZodType)] as const,
      ),
    )
  const [datasets, engines] = [types('datasets'), types('engines')]
  const engine = {
    type: 'string',
    description: 'The name of an engine.',
    examples: engines.map(([name]) => name),
  }
  const anyMap = { type: 'object' }
  return {
    globals: file('globals.yml', 'Values for ${globals:…} in the other files.', {}),
    catalog: file('catalog.yml', 'How and where each asset is stored.', {
      propertyNames: { pattern: `${assetOrPattern}|${ownOnly}` },
      patternProperties: { [ownOnly]: {} },
      additionalProperties: entry(datasets, 'A kind of dataset.', {
        common: { retention: { description: 'Which versions stay.', ...partial(retentionSchema()) } },
      }),
    }),
    engines: file('engines.yml', 'Which engine computes which asset.', {
      properties: { default: engine },
      patternProperties: { [assetOrPattern]: engine, [ownOnly]: {} },
      additionalProperties: false,
    }),
    parameters: file('parameters.yml', 'Params by pipeline.', {
      patternProperties: { [ownOnly]: {} },
      additionalProperties: anyMap,
    }),
    resources: file('resources.yml', 'Settings of engines and of the resources of the app.', {
      properties: Object.fromEntries(
        engines.map(([name]) => [name, entry(engines, 'A kind of engine.', { own: name })]),
      ),
      patternProperties: { [ownOnly]: {} },
      additionalProperties: entry(engines, 'A kind of engine.'),
    }),
    environment: file('environment.yml', 'What holds for an environment.', partial(environmentSchema())),
    jobs: file('jobs.yml', 'How the jobs of levada.config.ts run.', {
      patternProperties: { [ownOnly]: {} },
      additionalProperties: partial(jobSchema()),
    }),
    credentials: file('credentials.yml', 'Secrets, in conf/local only: for ${secret:…}.', {}),
  }
}

/** `shop.orders`, or a pattern such as `{domain}.{table}`. */
const assetOrPattern = '\\.|\\{'

/** A value for others of the file. */
const ownOnly = '^_'

const file = (name: string, description: string, schema: JsonSchema): JsonSchema => ({
  $schema: 'http://json-schema.org/draft-07/schema#',
  title: name,
  description,
  ...schema,
  // An empty file is null.
  type: ['object', 'null'],
})

/** An entry whose `type` decides what else it may say. */
function entry(
  types: readonly (readonly [string, JsonSchema])[],
  description: string,
  { own, common }: { readonly own?: string; readonly common?: JsonSchema } = {},
): JsonSchema {
  const names = types.map(([name]) => name)
  const type = { anyOf: [{ enum: names }, { type: 'string' }], description }
  const saying = (name: string): JsonSchema => ({ properties: { type: { const: name } }, required: ['type'] })
  return {
    type: 'object',
    properties: { type, ...common },
    allOf: types.map(([name, schema]) => ({
      if: name === own ? { anyOf: [saying(name), { not: { required: ['type'] } }] } : saying(name),
      // oxlint-disable-next-line unicorn/no-thenable
      then: { ...schema, properties: { type, ...common, ...(schema['properties'] as object) } },
    })),
  }
}

/** What a zod schema takes, where everything may be left out or be a `${…}`. */
function partial(schema: z.core.$ZodType): JsonSchema {
  const { $schema: _, ...made } = z.toJSONSchema(schema, {
    target: 'draft-7',
    io: 'input',
    unrepresentable: 'any',
    // JSON Schema has no pattern that takes both cases.
    override: ({ zodSchema, jsonSchema }) => {
      if (ignoresCase(zodSchema)) delete jsonSchema.pattern
    },
  })
  return relaxed(made) as JsonSchema
}

function ignoresCase(schema: z.core.$ZodType): boolean {
  const { checks = [], innerType } = schema._zod.def as z.core.$ZodTypeDef & { innerType?: z.core.$ZodType }
  const patterns = checks.flatMap((each) => (each._zod.def as { pattern?: RegExp }).pattern ?? [])
  return (
    patterns.some(({ flags }) => flags.includes('i')) || (innerType !== undefined && ignoresCase(innerType))
  )
}

const reference = { type: 'string', pattern: '\\$\\{.*\\}' }

function relaxed(schema: unknown): unknown {
  if (typeof schema !== 'object' || schema === null) return schema
  const { required: _, secret: __, ...rest } = schema as Record<string, unknown>
  if (rest['type'] === 'object' || rest['type'] === 'array') {
    const inner = (key: string): object => (key in rest ? { [key]: relaxed(rest[key]) } : {})
    const properties = rest['properties'] as Record<string, unknown> | undefined
    return {
      ...rest,
      ...inner('items'),
      ...inner('additionalProperties'),
      ...(properties && {
        properties: Object.fromEntries(Object.entries(properties).map(([key, each]) => [key, relaxed(each)])),
      }),
    }
  }
  return { anyOf: [rest, reference] }
}
