import { z } from 'zod'
import type { Column, ColumnType, Contract } from './model.ts'

const name = z.string().min(1).max(200)
const json = z.json()
const simple = z.enum([
  'boolean',
  'int',
  'bigint',
  'float',
  'string',
  'date',
  'time',
  'timestamp',
  'instant',
  'uuid',
  'json',
])
const decimalDigits = z.int().min(0).max(38)

const columnType: z.ZodType<ColumnType> = z
  .lazy(() =>
    z.discriminatedUnion('kind', [
      z.strictObject({ kind: simple }),
      z.strictObject({ kind: z.literal('decimal'), precision: decimalDigits, scale: decimalDigits }),
      z.strictObject({
        kind: z.literal('enum'),
        values: z.array(z.string()),
        open: z.literal(true).exactOptional(),
      }),
      z.strictObject({
        kind: z.literal('list'),
        item: z.strictObject({ type: columnType, nullable: z.boolean() }),
      }),
      z.strictObject({ kind: z.literal('struct'), fields: z.array(column) }),
    ]),
  )
  .meta({ id: 'ColumnType', description: 'The logical type of a column.' })

const deprecation = z
  .strictObject({ since: z.string(), remove: z.string().exactOptional(), use: z.string().exactOptional() })
  .meta({ id: 'Deprecation', description: 'Announces that what it stands at will go.' })

const column: z.ZodType<Column> = z
  .lazy(() => columnObject)
  .meta({ id: 'Column', description: 'A column of an asset, or a field of a struct.' })
const columnObject = z.strictObject({
  name,
  type: columnType,
  nullable: z.boolean(),
  description: z.string().exactOptional(),
  unit: z.string().exactOptional(),
  default: json.exactOptional(),
  deprecated: deprecation.exactOptional(),
  optional: z.boolean().exactOptional(),
})
const columns = z.array(column)
const names = z.array(z.string())

/** `2001-03`, `2001-03-04`, `2001-03-04T05`. */
const time = z.string().regex(/^\d{4}-\d\d(-\d\d(T\d\d([+-]\d\d:\d\d)?)?)?$/, 'the value of a partition')
const assetContract = z
  .strictObject({
    description: z.string().exactOptional(),
    owner: z.string().exactOptional(),
    deprecated: deprecation.exactOptional(),
    tags: names,
    columns,
    key: names,
    partitions: z.array(
      z.strictObject({
        kind: z.enum(['hourly', 'daily', 'weekly', 'monthly', 'static']),
        column: name,
        start: time.exactOptional(),
        end: time.exactOptional(),
        timeZone: z.string().max(100).exactOptional(),
        offset: z.int().min(0).max(59).exactOptional(),
        values: z.array(z.string()).exactOptional(),
      }),
    ),
    appendsBy: name.exactOptional(),
    checks: z.array(
      z.strictObject({
        name: z.string(),
        severity: z.string(),
        mostly: z.number().positive().max(1),
        columns: names,
        rule: z.record(z.string(), z.unknown()),
      }),
    ),
  })
  .meta({ id: 'Asset', description: 'An asset as its pipeline declares it.' })

/** `domain.name`, as the keys of assets are. */
const asset = z.string().regex(/^[a-z][a-z0-9_]*\.[a-z][a-z0-9_]*$/, 'an asset key is domain.name')

const contractObject = z.strictObject({
  format: z.literal(1),
  protocol: z.literal('pipeline@1'),
  name,
  dialects: names,
  provides: z.record(asset, assetContract),
  sources: z.record(asset, assetContract),
  requires: z.record(asset, z.strictObject({ columns })),
  params: z.record(
    name,
    z.strictObject({
      type: columnType,
      nullable: z.boolean(),
      required: z.boolean(),
      default: json.exactOptional(),
      limits: z.record(z.string(), z.union([z.number(), z.string()])).exactOptional(),
    }),
  ),
  resources: z.record(name, z.strictObject({ type: z.string() })),
  nodes: z.array(
    z.strictObject({
      name,
      kind: z.enum(['sql', 'function']),
      inputs: names,
      outputs: names,
      fingerprint: z.string().min(1),
    }),
  ),
})

type Same<A, B> = [A] extends [B] ? ([B] extends [A] ? true : never) : never
type Plain<T> = T extends readonly (infer I)[]
  ? readonly Plain<I>[]
  : T extends object
    ? { readonly [K in keyof T]: Plain<T[K]> }
    : T
/** What is read is what core writes: a difference does not compile. */
const same: [
  Same<Plain<z.output<typeof contractObject>>, Plain<Contract>>,
  Same<Plain<z.output<typeof columnObject>>, Plain<Column>>,
] = [true, true]
void same

/** The format of contract.json, version 1. */
export const contractSchema: z.ZodType<Contract> = contractObject

/** The same as JSON Schema, for editors and other languages: the text of `contract.schema.json`. */
export function contractJsonSchema(): Readonly<Record<string, unknown>> {
  const { $schema, ...schema } = z.toJSONSchema(contractObject, { io: 'output' })
  return {
    $schema,
    title: 'Levada contract, format 1',
    description: 'What a pipeline package promises and needs: the contract.json beside its package.json.',
    ...schema,
  }
}
