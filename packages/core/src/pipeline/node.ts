import type { AnyAsset, Owned, PartitionKey, TableSchema } from '../asset/index.ts'
import type { Batch } from '../dataset/index.ts'
import type { NodeSignal, Relation } from '../engine/index.ts'
import { LevadaError, withStackHere } from '../errors/index.ts'
import type { ResourceNeed } from '../resource/index.ts'
import { readColumnsOf, type AnySchema, type Column } from '../schema/index.ts'
import { paramRef, tableRef, type ParamRef, type Sql, type TableRef } from './sql.ts'

/** A URL, named by its shape, so that public types need no library of a platform. */
export interface FileUrl {
  readonly href: string
}

/** Anything with the input and output type of a zod schema. */
export interface ValueSchema {
  readonly _zod: { readonly output: unknown; readonly input: unknown; readonly def: object }
}

/** `R`: row (unknown without a schema), `Q`: the assets it reads in the end, `P`: its parameters and those of views below. */
export interface View<out N extends string, out R, out T extends boolean, out Q, out P> {
  readonly '~levada': 'view@1'
  readonly name: N
  /** Declared when a function node reads it. */
  readonly columns: readonly Column[] | undefined
  readonly inputs: Inputs
  readonly params: Params
  readonly sql: SqlSource
  readonly '~row': R
  readonly '~typed': T
  readonly '~reads': Q
  readonly '~params': P
}
export type AnyView = View<string, unknown, boolean, unknown, unknown>
/** What a node or view can read. */
export type Input = AnyAsset | AnyView
export type Inputs = { readonly [alias: string]: Input }
export type Outputs = { readonly [alias: string]: Owned<string, unknown> }
export type Params = { readonly [name: string]: ValueSchema }
export type Resources = { readonly [name: string]: ResourceNeed }

export type SqlSource =
  | { readonly kind: 'file'; readonly href: string }
  | { readonly kind: 'inline'; readonly sql: Sql }

type Leaf<A> = A extends { readonly '~reads': infer Q } ? Q : A
type Leaves<I> = { [A in keyof I]: Leaf<I[A]> }[keyof I]
type ViewParams<I> = { [A in keyof I]: I[A] extends { readonly '~params': infer P } ? P : never }[keyof I]
type OwnParams<P> = [keyof P] extends [never] ? never : P

/** `Q`: the assets it reads, `O`: outputs, `P`: union of parameter records, `S`: resources. */
export interface Node<out N extends string, out Q, out O, out P, out S> {
  readonly '~levada': 'node@1'
  readonly name: N
  readonly inputs: Inputs
  readonly outputs: Outputs
  readonly params: Params
  readonly resources: Resources
  /** `stack` tells where the author declared it. */
  readonly work:
    | { readonly kind: 'sql'; readonly sql: SqlSource; readonly stack: string }
    | { readonly kind: 'function'; readonly run: Handler; readonly version?: string; readonly stack: string }
  readonly '~reads': Q
  readonly '~outputs': O
  readonly '~params': P
  readonly '~resources': S
}
export type AnyNode = Node<string, unknown, unknown, unknown, unknown>
export type Handler = (inputs: never, context: never) => Promise<void> | void

/** Rows that a node reads; nothing is fetched before it is asked for. */
export interface TableHandle<out R> {
  /** Row by row; batches underneath. */
  rows(): AsyncIterable<R>
  /** By columns: `columns[i][r]`, in the order of `columns()`. */
  batches(): AsyncIterable<Batch>
  columns(): readonly Column[]
  count(): Promise<number>
  /** For engines. */
  readonly relation: Relation
}

export interface OutputHandle<in R> {
  /** @throws ROW_INVALID */
  write(rows: R | readonly R[]): Promise<void>
}

/** Messages of a node; they carry run id, pipeline and node. */
export interface NodeLog {
  debug(message: string, facts?: Readonly<Record<string, unknown>>): void
  info(message: string, facts?: Readonly<Record<string, unknown>>): void
  warn(message: string, facts?: Readonly<Record<string, unknown>>): void
}

export interface NodeContext<O, P, S> {
  readonly outputs: {
    readonly [A in keyof O]: OutputHandle<O[A] extends { readonly '~row': infer R } ? R : never>
  }
  readonly params: { readonly [N in keyof P]: P[N] extends ValueSchema ? P[N]['_zod']['output'] : never }
  readonly resources: { readonly [N in keyof S]: S[N] extends ResourceNeed<infer T> ? T : never }
  /** The partitions that are to be written; undefined for all. Rows of others fail the step. */
  readonly partitions: readonly PartitionKey[] | undefined
  /**
   * Of an incremental output: from which value of its column `by` on all rows have to be given, as in rows; the lowest that there is
   * where all are made (-infinity of a date or time). Undefined without such an output.
   */
  readonly since: string | number | bigint | undefined
  /** When the run began: UTC, ISO 8601, the same in all of its steps. A test fixes it. */
  readonly now: string
  readonly log: NodeLog
  readonly signal: NodeSignal
}

type TypedInputs<I> = {
  [A in keyof I]: I[A] extends { readonly '~typed': false; readonly name: infer N extends string }
    ? `view '${N}' has no schema; a function node needs one`
    : I[A]
}

/**
 * A node written in TypeScript. It streams: rows come in batches and go out in batches.
 * @throws NODE_INVALID
 */
export function node<
  const N extends string,
  I extends Inputs = {},
  O extends Outputs = {},
  P extends Params = {},
  S extends Resources = {},
>(
  name: N,
  options: {
    readonly inputs?: TypedInputs<I>
    readonly outputs?: O
    readonly params?: P
    readonly resources?: S
    /**
     * Says by hand when the node computes something else, in place of the package's source: change it whenever the data
     * would be other. @default the source
     */
    readonly version?: string
    readonly run: (
      inputs: { readonly [A in keyof I]: TableHandle<I[A]['~row']> },
      context: NodeContext<O, P, S>,
    ) => Promise<void> | void
  },
): Node<N, Leaves<I>, O[keyof O], OwnParams<P> | ViewParams<I>, S> {
  const inputs = (options.inputs ?? {}) as Inputs
  for (const input of Object.values(inputs)) {
    if (input['~levada'] === 'view@1' && !input.columns)
      throw new LevadaError(
        'NODE_INVALID',
        `Node '${name}': view '${input.name}' has no schema; a function node needs one.`,
      )
  }
  const work = withStackHere({
    kind: 'function' as const,
    run: options.run as Handler,
    ...(options.version !== undefined && { version: options.version }),
  })
  return makeNode(name, inputs, options.outputs ?? {}, options, work) as never
}

type Tables<I> = {
  readonly [A in keyof I]: TableRef<I[A] extends { readonly '~row': infer R } ? R : unknown>
}
type ParamRefs<P> = { readonly [N in keyof P]: ParamRef }
/** A file, text, or a function that builds text from checked names. */
type SqlOption<I, P> = FileUrl | Sql | ((inputs: Tables<I>, params: ParamRefs<P>) => Sql)

/**
 * A node written in SQL: one SELECT whose tables are its inputs by name and whose `$name` are its params, beside
 * `$partition_start` and `$partition_end` (half-open) when the output is partitioned, and `$since` when it is incremental.
 * @throws NODE_INVALID
 */
export function sqlNode<
  const N extends string,
  A extends Owned<string, unknown>,
  I extends Inputs = {},
  P extends Params = {},
>(
  name: N,
  options: { readonly inputs?: I; readonly output: A; readonly params?: P; readonly sql: SqlOption<I, P> },
): Node<N, Leaves<I>, A, OwnParams<P> | ViewParams<I>, {}> {
  const inputs: Inputs = options.inputs ?? {}
  const source = sqlSource(name, inputs, options.params ?? {}, options.sql as SqlOption<Inputs, Params>)
  const work = withStackHere({ kind: 'sql' as const, sql: source })
  return makeNode(name, inputs, { output: options.output }, options, work) as never
}

/** A named SQL relation that is not stored: it is fused into whatever reads it. */
export function view<
  const N extends string,
  I extends Inputs = {},
  P extends Params = {},
  S extends TableSchema | undefined = undefined,
>(
  name: N,
  options: { readonly inputs?: I; readonly params?: P; readonly schema?: S; readonly sql: SqlOption<I, P> },
): View<
  N,
  S extends TableSchema ? { [C in keyof S['_zod']['output']]: S['_zod']['output'][C] } : unknown,
  S extends TableSchema ? true : false,
  Leaves<I>,
  OwnParams<P> | ViewParams<I>
> {
  checkName('View', name)
  const inputs: Inputs = options.inputs ?? {}
  const params: Params = options.params ?? {}
  const columns = options.schema && readColumnsOf(options.schema as AnySchema, name)
  const source = sqlSource(name, inputs, params, options.sql as SqlOption<Inputs, Params>)
  return { '~levada': 'view@1', name, columns, inputs, params, sql: source } as never
}

function makeNode(
  name: string,
  inputs: Inputs,
  outputs: Outputs,
  options: { params?: Params; resources?: Resources },
  work: AnyNode['work'],
): object {
  checkName('Node', name)
  if (Object.keys(inputs).length + Object.keys(outputs).length === 0)
    throw new LevadaError('NODE_INVALID', `Node '${name}' has no inputs and no outputs.`, {
      hint: 'Name what it reads or what it writes.',
    })
  const [follows, ...others] = Object.values(outputs).toSorted(
    (a, b) => Number(b.incremental !== undefined) - Number(a.incremental !== undefined),
  )
  if (follows?.incremental && others.length > 0)
    throw new LevadaError(
      'NODE_INVALID',
      `Node '${name}' writes '${follows.name}', which is incremental, beside '${others[0]!.name}'.`,
      {
        hint: 'Give the incremental asset a node of its own: what is new of one output is not what is new of another.',
      },
    )
  if (follows?.incremental && Object.hasOwn(options.params ?? {}, 'since'))
    throw new LevadaError(
      'NODE_INVALID',
      `Node '${name}' has the param 'since', which is what it is given for '${follows.name}'.`,
      { hint: 'Name the param otherwise.' },
    )
  return {
    '~levada': 'node@1',
    name,
    inputs,
    outputs,
    params: options.params ?? {},
    resources: options.resources ?? {},
    work,
  }
}

function checkName(what: string, name: string): void {
  if (!/^[a-z][a-z0-9_-]*$/.test(name))
    throw new LevadaError(
      'NODE_INVALID',
      `${what} '${name}': a name has lower-case letters, digits, - and _.`,
    )
}

function sqlSource(
  name: string,
  inputs: Inputs,
  params: Params,
  option: SqlOption<Inputs, Params>,
): SqlSource {
  if (typeof option === 'function') {
    const tables = Object.fromEntries(
      Object.entries(inputs).map(([alias, input]) => [
        alias,
        tableRef(alias, input.columns?.map((c) => c.name) ?? []),
      ]),
    )
    const refs = Object.fromEntries(Object.keys(params).map((param) => [param, paramRef(param)]))
    return { kind: 'inline', sql: (option as (t: unknown, p: unknown) => Sql)(tables, refs) }
  }
  if ('href' in option) return { kind: 'file', href: option.href }
  if (option['~levada'] !== 'sql@1')
    throw new LevadaError('NODE_INVALID', `'${name}': sql is a URL of a file or sql\`…\`.`)
  return { kind: 'inline', sql: option }
}
