import { allChecks, type AnyAsset, type Check, type Partition } from '../asset/index.ts'
import { LevadaError } from '../errors/index.ts'
import { viewsBelow, viewsOf, type AnyNode, type AnyPipeline, type Input } from '../pipeline/index.ts'
import {
  limitsOf,
  paramField,
  showColumn,
  showField,
  type AnySchema,
  type Column,
  type ColumnType,
  type Deprecation,
  type JsonValue,
  type Limits,
} from '../schema/index.ts'

export interface AssetContract {
  readonly description?: string
  readonly owner?: string
  readonly deprecated?: Deprecation
  readonly tags: readonly string[]
  readonly columns: readonly Column[]
  readonly key: readonly string[]
  readonly partitions: readonly Partition[]
  /** Rows are only added, in the order of this column: what is there stays as it is. */
  readonly appendsBy?: string
  readonly checks: readonly CheckContract[]
}
export interface CheckContract {
  readonly name: string
  readonly severity: string
  readonly mostly: number
  readonly columns: readonly string[]
  readonly rule: Readonly<Record<string, unknown>>
}
export interface ParamContract {
  readonly type: ColumnType
  readonly nullable: boolean
  readonly required: boolean
  readonly default?: JsonValue
  readonly limits?: Limits
}

/** The format of `contract.json` that this core writes and reads. */
export const contractFormat = 1

/** What a pipeline package promises and needs, as plain data: the content of `contract.json`. */
export interface Contract {
  /** Version of this format. */
  readonly format: typeof contractFormat
  readonly protocol: 'pipeline@1'
  readonly name: string
  /** Those for which some node or view has SQL of its own, `x.postgres.sql` beside `x.sql`; what every engine runs counts for none. */
  readonly dialects: readonly string[]
  readonly provides: Readonly<Record<string, AssetContract>>
  readonly sources: Readonly<Record<string, AssetContract>>
  /** Only the columns that are used. */
  readonly requires: Readonly<Record<string, { readonly columns: readonly Column[] }>>
  readonly params: Readonly<Record<string, ParamContract>>
  readonly resources: Readonly<Record<string, { readonly type: string }>>
  readonly nodes: readonly NodeContract[]
}
export interface NodeContract {
  readonly name: string
  readonly kind: 'sql' | 'function'
  readonly inputs: readonly string[]
  readonly outputs: readonly string[]
  /** Changes when what the node computes may have changed, and not with comments or the form of its code. */
  readonly fingerprint: string
}

/** As much of a contract as the values of a pipeline tell. */
export interface Outline extends Omit<Contract, 'dialects' | 'nodes'> {
  readonly nodes: readonly Omit<NodeContract, 'fingerprint'>[]
}

/** What only the files of a package tell about its pipeline. */
export interface PackageFacts {
  readonly dialects: readonly string[]
  /** By the names of nodes. */
  readonly fingerprints: ReadonlyMap<string, string>
}

const byName = <T>(entries: Iterable<readonly [string, T]>): Record<string, T> =>
  Object.fromEntries([...entries].toSorted(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)))

/** The assets that a node reads in the end, through all views. */
export function leafAssets(inputs: readonly Input[]): readonly AnyAsset[] {
  // Most nodes read no views.
  if (inputs.every(isAsset)) return inputs.length < 2 ? inputs : [...new Set(inputs)]
  const all = [...inputs, ...viewsBelow(inputs).flatMap((view) => Object.values(view.inputs))]
  return [...new Set(all.filter(isAsset))]
}

const isAsset = (input: Input): input is AnyAsset => input['~levada'] === 'asset@1'

const outputsOf = (node: AnyNode): readonly AnyAsset[] => Object.values(node.outputs)
const relatedAssets = (asset: AnyAsset): readonly AnyAsset[] =>
  asset.checks.length === 0
    ? none
    : asset.checks.flatMap(({ rule }) => (rule.kind === 'relationship' ? [rule.to] : []))

const none: readonly AnyAsset[] = []

export interface PipelineAssets {
  readonly provided: ReadonlyMap<string, AnyAsset>
  readonly sources: ReadonlyMap<string, AnyAsset>
  readonly required: ReadonlyMap<string, readonly AnyAsset[]>
}

/** The assets of a pipeline by the part they play. An asset's declaration may occur several times, as values or in checks. */
export const pipelineAssets = ({ nodes }: AnyPipeline): PipelineAssets =>
  assetsByPart(
    nodes.map((node) => ({ outputs: outputsOf(node), declared: leafAssets(Object.values(node.inputs)) })),
  )

/** What a node writes, and what it reads through all views. */
interface NodeAssets {
  readonly outputs: readonly AnyAsset[]
  readonly declared: readonly AnyAsset[]
}

/** As {@link pipelineAssets}, given the assets of its nodes. */
export function assetsByPart(nodes: readonly NodeAssets[]): PipelineAssets {
  const provided = new Map<string, AnyAsset>()
  for (const { outputs } of nodes) for (const asset of outputs) provided.set(asset.name, asset)
  const sources = new Map<string, AnyAsset>()
  const required = new Map<string, AnyAsset[]>()
  const require = (asset: AnyAsset): void => {
    if (asset.role === 'source' || provided.has(asset.name)) return
    const known = required.get(asset.name)
    if (!known) required.set(asset.name, [asset])
    else if (!known.includes(asset)) known.push(asset)
  }
  for (const { declared } of nodes)
    for (const asset of declared) {
      if (asset.role === 'source') sources.set(asset.name, asset)
      else require(asset)
    }
  for (const assets of [provided, sources])
    for (const asset of assets.values()) for (const related of relatedAssets(asset)) require(related)
  return { provided, sources, required }
}

/**
 * The contract of a pipeline, in one order whatever the order of its source.
 * @throws GENERATE when two expectations of one asset contradict each other
 */
export function contractOf(pipeline: AnyPipeline, { dialects, fingerprints }: PackageFacts): Contract {
  const { format, protocol, name, ...rest } = outlineOf(pipeline)
  return {
    format,
    protocol,
    name,
    dialects: dialects.toSorted(),
    ...rest,
    nodes: rest.nodes.map((node) => ({ ...node, fingerprint: fingerprints.get(node.name)! })),
  }
}

/** @throws GENERATE when two expectations of one asset contradict each other */
export function outlineOf(pipeline: AnyPipeline): Outline {
  const { provided, sources, required } = pipelineAssets(pipeline)
  return {
    format: contractFormat,
    protocol: 'pipeline@1',
    name: pipeline.name,
    provides: byName([...provided].map(([name, asset]) => [name, assetContract(asset)])),
    sources: byName([...sources].map(([name, asset]) => [name, assetContract(asset)])),
    requires: byName([...required].map(([name, assets]) => [name, { columns: mergeColumns(name, assets) }])),
    params: byName(pipelineParams(pipeline)),
    resources: byName(
      pipeline.nodes.flatMap((node) =>
        Object.entries(node.resources).map(([name, { type }]) => [name, { type }] as const),
      ),
    ),
    nodes: pipeline.nodes
      .map((node) => ({
        name: node.name,
        kind: node.work.kind,
        inputs: leafAssets(Object.values(node.inputs))
          .map(({ name }) => name)
          .toSorted(),
        outputs: outputsOf(node)
          .map(({ name }) => name)
          .toSorted(),
      }))
      .toSorted((a, b) => (a.name < b.name ? -1 : 1)),
  }
}

function assetContract(asset: AnyAsset): AssetContract {
  return {
    ...(asset.description !== undefined && { description: asset.description }),
    ...(asset.owner !== undefined && { owner: asset.owner }),
    ...(asset.deprecated && { deprecated: asset.deprecated }),
    tags: asset.tags.toSorted(),
    columns: asset.columns,
    key: asset.key,
    partitions: asset.partitions,
    ...(asset.incremental?.kind === 'append' && { appendsBy: asset.incremental.by }),
    checks: allChecks(asset).map(checkContract),
  }
}

/** A check as plain data. */
export function checkContract({ name, severity, mostly, columns, rule }: Check): CheckContract {
  const plain = rule.kind === 'relationship' ? { ...rule, to: rule.to.name } : rule
  const data = Object.fromEntries(
    Object.entries(plain).map(([k, v]) => [k, typeof v === 'bigint' ? String(v) : v]),
  )
  return { name, severity, mostly, columns, rule: data }
}

function mergeColumns(name: string, assets: readonly AnyAsset[]): readonly Column[] {
  const merged = new Map<string, Column>()
  for (const column of assets.flatMap(({ columns }) => columns)) {
    const other = merged.get(column.name)
    if (other && showColumn(other) !== showColumn(column)) {
      throw new LevadaError(
        'GENERATE',
        `'${name}'.${column.name} is expected as ${showColumn(other)} and as ${showColumn(column)}.`,
        { hint: 'One asset has one type: make the expectations of the package agree.' },
      )
    }
    const { description: _, ...plain } = column
    const { optional, ...needed } = plain
    merged.set(column.name, !other || (other.optional && optional) ? plain : needed)
  }
  return [...merged.values()].toSorted((a, b) => (a.name < b.name ? -1 : 1))
}

const withLimits = (field: ParamContract): string =>
  [showField(field), ...Object.entries(field.limits ?? {}).map(([what, value]) => `${what} ${value}`)].join(
    ', ',
  )
const withDefault = (field: ParamContract): string =>
  `${showField(field)} ${field.default === undefined ? (field.required ? 'that is required' : 'that may be absent') : `with the default ${JSON.stringify(field.default)}`}`

/** The parameters of a pipeline: those of its nodes and of the views below them. */
function pipelineParams(pipeline: AnyPipeline): ReadonlyMap<string, ParamContract> {
  const found = new Map<string, ParamContract>()
  for (const [name, schema] of paramSchemas(pipeline)) {
    const limits = limitsOf(schema)
    const field = {
      ...paramField(schema, `param ${pipeline.name}.${name}`),
      ...(Object.keys(limits).length > 0 && { limits }),
    }
    const other = found.get(name)
    const show = other && withLimits(other) === withLimits(field) ? withDefault : withLimits
    if (other && show(other) !== show(field)) {
      throw new LevadaError(
        'GENERATE',
        `Pipeline '${pipeline.name}' declares param '${name}' as ${show(other)} and as ${show(field)}.`,
      )
    }
    found.set(name, field)
  }
  return found
}

/** Each declared parameter with its schema. */
export function paramSchemas(pipeline: AnyPipeline): readonly (readonly [string, AnySchema])[] {
  const schemas: [string, AnySchema][] = []
  for (const owners of [pipeline.nodes, viewsOf(pipeline)])
    for (const { params } of owners)
      for (const name in params) schemas.push([name, params[name] as AnySchema])
  return schemas
}
