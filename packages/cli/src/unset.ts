import { confSchemas, type Session } from '@levada/core/run'

interface Schema {
  readonly properties?: Readonly<Record<string, Schema>>
  readonly additionalProperties?: Schema | false
  readonly anyOf?: readonly Schema[]
  readonly allOf?: readonly { readonly if: Schema; readonly then: Schema }[]
  readonly const?: unknown
}

/** Whether a path names a setting that the configuration may have, as `jobs.nightly.timeout`, whether or not it does. */
export function isSetting(session: Session, path: string): boolean {
  const [file = '', ...keys] = path.split('.')
  const schemas = confSchemas(session.app.plugins) as unknown as Readonly<Record<string, Schema>>
  if (file === 'environment') return keys.length > 0 && leads(schemas[file]!, keys)
  const [name = '', ...rest] = keys
  if (file === 'jobs')
    return name in session.app.jobs && rest.length > 0 && leads(entryOf(schemas[file]!), rest)
  if (file === 'resources') {
    const type = session.explain(`resources.${name}.type`)?.value ?? name
    const entry = schemas[file]!.properties?.[name] ?? entryOf(schemas[file]!)
    return rest.length > 0 && typeof type === 'string' && leads(entry, rest, type)
  }
  const asset = keys.slice(0, 2).join('.')
  if (file !== 'catalog' || keys.length < 3 || !session.graph.assets.has(asset)) return false
  return leads(entryOf(schemas[file]!), keys.slice(2), session.catalog.entry(asset).type)
}

const entryOf = ({ additionalProperties }: Schema): Schema | undefined => additionalProperties || undefined

/** @param type of an entry whose type decides what else it may say */
function leads(schema: Schema | undefined, keys: readonly string[], type?: string): boolean {
  const [key, ...rest] = keys
  if (!schema || key === undefined) return schema !== undefined
  const ofType = schema.allOf?.find(({ if: says }) =>
    (says.anyOf ?? [says]).some(({ properties }) => properties?.['type']?.const === type),
  )
  const { properties, additionalProperties, anyOf = [] } = ofType?.then ?? schema
  return (
    leads(properties?.[key] ?? (additionalProperties || undefined), rest) ||
    anyOf.some((each) => leads(each, keys))
  )
}
