import { z } from 'zod'
import { paramSchemas, type App } from '../app/index.ts'
import { holdsSecret, toPlain, type Config, type ConfigNode } from '../config/index.ts'
import { didYouMean, LevadaError, type Place } from '../errors/index.ts'
import type { AnyPipeline } from '../pipeline/index.ts'
import { paramField, type AnySchema } from '../schema/index.ts'

/** Parameter values by pipeline. */
export type ParamValues = Readonly<Record<string, Readonly<Record<string, unknown>>>>

interface Given {
  readonly value: unknown
  readonly from: string
  readonly place?: Place
  /** Of its key and of its pipeline, for names that are unknown. */
  readonly keys?: { readonly pipeline: Place; readonly param: Place }
}

/**
 * The value of every parameter: its default, over which `levada.config.ts`, parameters.yml and the call win in this order.
 * @param overridesFrom how messages call what the call gives
 * @throws PARAM_MISSING, PARAM_INVALID, PARAM_UNKNOWN: all at once, through `report`
 */
export function resolveParams(
  app: App,
  config: Config,
  overrides: ParamValues,
  report: (error: LevadaError) => void,
  overridesFrom = '--param',
): ParamValues {
  const known = new Map(app.pipelines.map((pipeline) => [pipeline.name, declared(pipeline)] as const))
  const given = new Map<string, Map<string, Given>>()
  const give = (pipeline: string, name: string, value: Given): void => {
    const params = known.get(pipeline)
    const at = (which: 'pipeline' | 'param') => (value.keys ? { place: value.keys[which] } : {})
    if (!params)
      report(
        new LevadaError(
          'PARAM_UNKNOWN',
          `${value.from} has params for '${pipeline}', which is not a pipeline of the app.${didYouMean(pipeline, known.keys())}`,
          at('pipeline'),
        ),
      )
    else if (!params.has(name))
      report(
        new LevadaError(
          'PARAM_UNKNOWN',
          `${value.from}: pipeline '${pipeline}' has no param '${name}'.${didYouMean(name, params.keys())}`,
          at('param'),
        ),
      )
    else given.set(pipeline, (given.get(pipeline) ?? new Map<string, Given>()).set(name, value))
  }
  giveAll(app.params, 'levada.config.ts', give)
  for (const [pipeline, { key, value }] of config.section('parameters').entries) {
    if (pipeline.startsWith('_')) continue
    if (value.kind !== 'map')
      report(
        new LevadaError('CONFIG_INVALID', `parameters.${pipeline}: expected a map of params.`, {
          place: key,
        }),
      )
    else {
      for (const [name, entry] of value.entries) {
        const resolved = config.resolve(entry.value, { report })
        if (resolved.state !== 'failed')
          give(pipeline, name, {
            value: fromYaml(known.get(pipeline)?.get(name), resolved),
            from: 'parameters.yml',
            place: entry.value.origin,
            keys: { pipeline: key, param: entry.key },
          })
      }
    }
  }
  giveAll(overrides, overridesFrom, give)

  return Object.fromEntries(
    [...known].map(([pipeline, params]) => {
      const values = [...params].flatMap(([name, schema]) => {
        const found = check(pipeline, name, schema, given.get(pipeline)?.get(name), { config, report })
        return found ? [[name, found.value] as const] : []
      })
      return [pipeline, Object.fromEntries(values)]
    }),
  )
}

function giveAll(
  values: ParamValues,
  from: string,
  give: (pipeline: string, name: string, value: Given) => void,
): void {
  for (const [pipeline, params] of Object.entries(values))
    for (const [name, value] of Object.entries(params)) give(pipeline, name, { value, from })
}

const declared = (pipeline: AnyPipeline): ReadonlyMap<string, AnySchema> => new Map(paramSchemas(pipeline))

/**
 * A value as text, for a parameter of another type: from the command line, from `${env:…}`, or a number of a YAML file whose
 * digits count (`1.10` of a decimal, an integer beyond 2^53).
 */
function fromText(schema: AnySchema, text: string): unknown {
  const { type, nullable } = paramField(schema, 'param value')
  if (nullable && text === 'null') return null
  switch (type.kind) {
    case 'int':
    case 'float':
      return /^[-+]?(\d+\.?\d*|\.\d+)(e[-+]?\d+)?$/i.test(text) ? Number(text) : text
    case 'bigint':
      return /^[-+]?\d+$/.test(text) ? BigInt(text) : text
    case 'boolean':
      return text === 'true' ? true : text === 'false' ? false : text
    case 'json':
    case 'list':
    case 'struct':
      try {
        return JSON.parse(text) as unknown
      } catch {
        return text
      }
    default:
      return text
  }
}

/** What YAML holds, with its digits as they are written where the parameter is no plain number. */
function fromYaml(schema: AnySchema | undefined, node: ConfigNode): unknown {
  const value = toPlain(node)
  if (!schema || node.kind !== 'scalar') return value
  const { kind } = paramField(schema, 'param value').type
  const written = typeof value === 'number' ? (node.source ?? String(value)) : undefined
  return written !== undefined && ['string', 'decimal', 'bigint'].includes(kind) ? written : value
}

function check(
  pipeline: string,
  name: string,
  schema: AnySchema,
  given: Given | undefined,
  { config, report }: { readonly config: Config; readonly report: (error: LevadaError) => void },
): { value: unknown } | undefined {
  const isSecret = given !== undefined && holdsSecret(schema as never, given.value)
  if (isSecret) config.hide(given.value)
  const value = typeof given?.value === 'string' ? fromText(schema, given.value) : given?.value
  const result = z.core.safeParse(schema as never, value)
  if (result.success) return { value: result.data }
  if (given === undefined)
    report(
      new LevadaError(
        'PARAM_MISSING',
        `Pipeline '${pipeline}' needs the param '${name}', which has no value.`,
        { details: { pipeline, param: name } },
      ),
    )
  else {
    const why = result.error.issues.map((issue) => issue.message).join('; ')
    const shown = isSecret ? 'a secret' : JSON.stringify(given.value)
    report(
      new LevadaError(
        'PARAM_INVALID',
        config.redact(`${given.from}: param ${pipeline}.${name} is ${shown}: ${why}.`),
        given.place ? { place: given.place } : {},
      ),
    )
  }
  return undefined
}
