import { didYouMean, LevadaError } from '../errors/index.ts'
import {
  columnsOf,
  deprecationOf,
  readColumnsOf,
  type AnySchema,
  type Column,
  type Deprecation,
} from '../schema/index.ts'
import type { Check } from './check.ts'
import { checkIncremental, type Incremental } from './incremental.ts'
import type { DimensionMapping, PartitionMapping } from './mapping.ts'
import { checkDimensions, plainPartition, type Partition, type PartitionBy } from './partition.ts'

/**
 * As much of a zod 4 object schema as the types need. `S extends z.ZodObject` makes the compiler compare all of zod's
 * classes in every program; this does not, and it accepts another copy of zod.
 */
export interface TableSchema {
  readonly _zod: {
    readonly output: object
    readonly def: { readonly type: 'object'; readonly shape: object }
  }
}
type Out<S extends TableSchema> = S['_zod']['output']
type Columns<S extends TableSchema> = Extract<
  keyof { [C in keyof Out<S> as string extends C ? never : C]: unknown },
  string
>
type Shape<S extends TableSchema> = S['_zod']['def']['shape']
interface TimeSchema<F extends string> {
  readonly _zod: { readonly def: { readonly type: 'string'; readonly format: F } }
}
type TimeColumns<S extends TableSchema, F extends string> = Extract<
  { [C in keyof Shape<S>]: Shape<S>[C] extends TimeSchema<F> ? C : never }[keyof Shape<S>],
  string
>
/** Texts, enums and numbers. */
type PlainColumns<S extends TableSchema> = {
  [C in Columns<S>]: Out<S>[C & keyof Out<S>] extends string | number ? C : never
}[Columns<S>]
/** What dimensions may be of: the columns that fit each kind. */
type PartitionsOf<S extends TableSchema> = PartitionBy<
  NoInfer<TimeColumns<S, 'date' | 'datetime'>>,
  NoInfer<TimeColumns<S, 'datetime'>>,
  NoInfer<PlainColumns<S>>
>
/** A column always exists in a table: `.optional()` is refused where `.nullable()` is meant. */
type NoOptional<S extends TableSchema> = {
  [C in Columns<S>]: {} extends Pick<Out<S>, C & keyof Out<S>> ? C : never
}[Columns<S>] extends infer O
  ? [O] extends [never]
    ? unknown
    : { readonly schema: `column '${O & string}' is optional(); a column always exists: use nullable()` }
  : never

/**
 * A named data product. `~row` and `~related` exist for the compiler only.
 * `K`: key, `R`: row, `G`: tags, `Q`: the assets that its checks read.
 */
export interface Asset<out K extends string, out R, out G extends string = string, out Q = unknown> {
  readonly '~levada': 'asset@1'
  readonly role: 'asset' | 'source' | 'expects'
  readonly name: K
  readonly columns: readonly Column[]
  readonly key: readonly string[]
  readonly partitions: readonly Partition[]
  /** Of an input: which of its partitions are read for those that a step writes. */
  readonly mapping?: PartitionMapping
  /** Absent where a run replaces the rows, or those of its partitions. */
  readonly incremental?: Incremental
  readonly checks: readonly Check[]
  readonly tags: readonly G[]
  readonly description?: string
  readonly owner?: string
  readonly deprecated?: Deprecation
  readonly '~row': R
  readonly '~related': Q
}
export type AnyAsset = Asset<string, unknown, string, unknown>
export interface Owned<
  out K extends string,
  out R,
  out G extends string = string,
  out Q = unknown,
> extends Asset<K, R, G, Q> {
  readonly role: 'asset'
}
export interface Source<
  out K extends string,
  out R,
  out G extends string = string,
  out Q = unknown,
> extends Asset<K, R, G, Q> {
  readonly role: 'source'
}
export interface Expected<out K extends string, out R> extends Asset<K, R, never, never> {
  readonly role: 'expects'
}

export interface AssetOptions<S extends TableSchema, G extends string, Q> {
  readonly schema: S
  /** Columns that identify a row; implies that they are unique and not NULL. */
  readonly key?: readonly NoInfer<Columns<S>>[]
  readonly partitions?: readonly PartitionsOf<S>[]
  /** How new rows get to those that are there: `append(…)`, `merge(…)`. @default a run replaces all rows, or those of its partitions */
  readonly incremental?: Incremental<NoInfer<Columns<S>>>
  readonly checks?: readonly Check<NoInfer<Columns<S>>, Q>[]
  readonly tags?: readonly G[]
  readonly description?: string
  readonly owner?: string
  /** The whole asset will go: whoever reads it is told, by the compiler and by `levada check`. */
  readonly deprecated?: Deprecation
}

/**
 * Declares an asset that this package produces.
 * @throws ASSET_NAME, COLUMN_TYPE, COLUMN_UNKNOWN, PARTITION_INVALID, INCREMENTAL_INVALID, CHECK_INVALID
 *
 * @example
 * const orders = asset('shop.orders', { schema: z.object({ id: z.int(), amount: col.decimal(12, 2) }), key: ['id'] })
 */
export function asset<
  const K extends string,
  S extends TableSchema,
  const G extends string = never,
  Q = never,
>(
  name: K,
  options: AssetOptions<S, G, Q> & NoOptional<S>,
): Owned<K, { [C in keyof Out<S> as string extends C ? never : C]: Out<S>[C] }, NoInfer<G>, Q> {
  return define('asset', name, options as Options) as never
}

/** Declares an asset that nobody here produces: a landing file, a vendor's table. Takes the same options as {@link asset}, but for `incremental`. */
export function source<
  const K extends string,
  S extends TableSchema,
  const G extends string = never,
  Q = never,
>(
  name: K,
  options: AssetOptions<S, G, Q> & NoOptional<S> & { readonly incremental?: undefined },
): Source<K, { [C in keyof Out<S> as string extends C ? never : C]: Out<S>[C] }, NoInfer<G>, Q> {
  return define('source', name, options as Options) as never
}

/**
 * Declares what this package expects of an asset that another package produces: only the columns it uses, and it sees no
 * others. An `.optional()` column reads as NULL where the producer has none.
 */
export function expects<const K extends string, S extends TableSchema>(
  name: K,
  schema: S,
): Expected<K, { [C in keyof Out<S> as string extends C ? never : C]: Out<S>[C] }> {
  return define('expects', name, { schema }) as never
}

/**
 * An input of which other partitions are read than those of the same time and value as what is written.
 * @param mapping by dimension of the input; those that are left out are inferred
 *
 * @example
 * inputs: { flights: mapped(flights, { flight_date: window(-6, 0) }) }
 */
export const mapped = <const A extends AnyAsset>(
  input: A,
  mapping: { readonly [C in keyof A['~row'] & string]?: DimensionMapping },
): A => ({ ...input, mapping })

const assetName = /^[a-z][a-z0-9_]*\.[a-z][a-z0-9_]*$/

type Options = Omit<
  AssetOptions<TableSchema, string, unknown>,
  'key' | 'partitions' | 'incremental' | 'checks'
> & {
  readonly incremental?: Incremental
  readonly key?: readonly string[]
  readonly partitions?: readonly Partition[]
  readonly checks?: readonly Check[]
}

/** @throws ASSET_NAME */
export function checkAssetName(name: string): void {
  if (!assetName.test(name))
    throw new LevadaError(
      'ASSET_NAME',
      `'${name}' is not an asset key: domain.name, in lower-case letters, digits and underscores.`,
    )
}

function define(role: AnyAsset['role'], name: string, options: Options): object {
  checkAssetName(name)
  const columns = (role === 'expects' ? readColumnsOf : columnsOf)(options.schema as AnySchema, name)
  const loose = role !== 'expects' && columns.find(({ optional }) => optional)
  if (loose)
    throw new LevadaError(
      'COLUMN_TYPE',
      `Column ${name}.${loose.name} is optional(); a column always exists: use nullable().`,
    )
  if (columns.length === 0) throw new LevadaError('COLUMN_TYPE', `'${name}' has no columns.`)
  const key: readonly string[] = [...(options.key ?? [])]
  const partitions = (options.partitions ?? []).map(plainPartition)
  const checks = [...(options.checks ?? [])]
  checkDimensions(name, columns, partitions)
  checkColumns(name, columns, 'key', key)
  const maybe = columns.find((column) => column.nullable && key.includes(column.name))
  if (maybe)
    throw new LevadaError('COLUMN_TYPE', `Column ${name}.${maybe.name} is nullable() and part of the key.`, {
      hint: 'A key tells every row from the others: leave nullable() out, or take the column out of the key.',
    })
  const { incremental } = options
  if (incremental) {
    checkColumns(name, columns, incremental.kind, [
      incremental.by,
      ...(incremental.deleted ? [incremental.deleted] : []),
    ])
    if (role !== 'asset')
      throw new LevadaError(
        'INCREMENTAL_INVALID',
        `'${name}' is declared with ${role}(…), which no node writes.`,
        {
          hint: 'Leave incremental out.',
        },
      )
    checkIncremental(name, incremental, columns, key)
  }
  for (const check of checks) checkCheck(name, columns, check)
  return {
    '~levada': 'asset@1',
    role,
    name,
    columns,
    key,
    partitions,
    ...(incremental && { incremental }),
    checks,
    tags: tagsOf(name, options.tags),
    ...(options.description !== undefined && { description: options.description }),
    ...(options.owner !== undefined && { owner: options.owner }),
    ...(options.deprecated !== undefined && { deprecated: deprecationOf(options.deprecated, `'${name}'`) }),
  }
}

/** Each once. A selection separates tags by blanks and commas. */
function tagsOf(name: string, tags: readonly string[] = []): readonly string[] {
  const wrong = tags.find((tag) => !/^[\p{L}\p{N}][\p{L}\p{N}_.:/=-]*$/u.test(tag))
  if (wrong === undefined) return [...new Set(tags)]
  throw new LevadaError('ASSET_NAME', `'${name}': '${wrong}' is no tag.`, {
    hint: 'A tag has letters, digits and _ . : / = -, without blanks and commas.',
  })
}

function checkColumns(
  name: string,
  columns: readonly Column[],
  what: string,
  wanted: readonly string[],
): void {
  const names = columns.map((column) => column.name)
  for (const column of wanted) {
    if (!names.includes(column)) {
      throw new LevadaError(
        'COLUMN_UNKNOWN',
        `'${name}': ${what} names '${column}', which is not a column.${didYouMean(column, names)}`,
      )
    }
  }
}

function checkCheck(
  name: string,
  columns: readonly Column[],
  { name: check, columns: used, mostly, rule }: Check,
): void {
  checkColumns(name, columns, `check ${check}`, used)
  const invalid = (why: string): never => {
    throw new LevadaError('CHECK_INVALID', `'${name}': check ${check} ${why}.`)
  }
  if (!(mostly > 0 && mostly <= 1)) invalid(`has mostly ${mostly}; it is a share above 0 and up to 1`)
  if ('min' in rule && rule.min === undefined && rule.max === undefined) invalid('has no bound')
  if ('min' in rule && rule.min !== undefined && rule.max !== undefined && rule.min > rule.max)
    invalid('has its bounds reversed')
  if (rule.kind === 'acceptedValues' && rule.values.length === 0) invalid('accepts no value')
  const compared = 'values' in rule ? rule.values : 'min' in rule ? [rule.min, rule.max] : []
  const wild = compared.find((value) => typeof value === 'number' && !Number.isFinite(value))
  if (wild !== undefined)
    invalid(`compares with ${wild}, which no contract can hold; an end that is open is undefined`)
  if (rule.kind === 'unique' && used.length === 0) invalid('names no column')
  if (rule.kind === 'relationship' && rule.toColumns.length !== used.length)
    invalid('pairs a different number of columns')
  if (rule.kind === 'relationship')
    checkColumns(rule.to.name, rule.to.columns, `check ${check} of '${name}'`, rule.toColumns)
}

/** All checks of an asset: those that its schema implies (not null, enum values, key), then the author's. */
export function allChecks(asset: AnyAsset): readonly Check[] {
  const implied = (name: string, columns: readonly string[], rule: Check['rule']): Check => ({
    name,
    columns,
    rule,
    severity: 'error',
    mostly: 1,
    implied: true,
    stack: '',
  })
  return [
    ...asset.columns
      .filter(({ nullable, optional }) => !optional && !nullable)
      .map(({ name }) => implied(`notNull(${name})`, [name], { kind: 'notNull' })),
    ...asset.columns.flatMap(({ name, type }) =>
      type.kind === 'enum'
        ? [implied(`acceptedValues(${name})`, [name], { kind: 'acceptedValues', values: type.values })]
        : [],
    ),
    ...(asset.key.length > 0
      ? [implied(`unique(${asset.key.join(', ')})`, asset.key, { kind: 'unique' })]
      : []),
    ...asset.checks,
  ]
}
