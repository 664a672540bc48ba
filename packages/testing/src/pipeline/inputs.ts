import {
  definePipeline,
  external,
  node,
  type AnyAsset,
  type AnyPipeline,
  type External,
  type Owned,
  type Partition,
} from '@levada/core'
import { outlineOf, pipelineAssets, type Graph } from '@levada/core/run'
import { didYouMean, valueProblem, type Column } from '@levada/core/spi'
import type { Row } from '../rows.ts'
import { fakeRows, type Fake, type FakeOptions } from './fake-rows.ts'

/** Who has what a pipeline requires, as it is expected. */
export function providerOf(pipeline: AnyPipeline): External {
  const merged = outlineOf(pipeline).requires
  const outputs = [...pipelineAssets(pipeline).required].map(([name, declared]) => {
    // What the package makes itself is known whole.
    const own = declared.find(({ role }) => role === 'asset')
    if (own) return [name, own] as const
    const columns = merged[name]!.columns.map(({ optional: _, ...column }) => column)
    return [
      name,
      { ...declared[0]!, role: 'asset', columns, partitions: assumed(pipeline, name, columns) },
    ] as const
  })
  const give = () =>
    node('give', {
      outputs: Object.fromEntries(outputs) as Record<string, Owned<string, unknown>>,
      run() {},
    })
  const nodes = outputs.length === 0 ? [] : [give()]
  return external(definePipeline('what-the-test-gives', { nodes: nodes as never }) as never)
}

/** An expectation says no partitions: those of what is made from it are taken to be its own, where it has their column. */
function assumed(pipeline: AnyPipeline, name: string, columns: readonly Column[]): readonly Partition[] {
  const found = new Map<string, Partition>()
  for (const reader of pipeline.nodes) {
    if (!pipelineAssets({ ...pipeline, nodes: [reader] }).required.has(name)) continue
    for (const output of Object.values(reader.outputs))
      for (const { start: _, end: __, ...partition } of output.partitions) {
        const typeOf = (all: readonly Column[]) => all.find((column) => column.name === partition.column)
        const [mine, its] = [typeOf(columns), typeOf(output.columns)]
        if (mine && !mine.nullable && mine.type.kind === its?.type.kind)
          found.set(partition.column, partition)
      }
  }
  return [...found.values()]
}

/** Rows when nothing is said of an asset. */
const many = 10

/**
 * The rows of all that a run reads and does not make: given, or faked.
 * @throws TypeError when rows are of no such asset, or do not fit it
 */
export function inputRows(
  graph: Graph,
  given: Readonly<Record<string, readonly Row[] | Fake<Row> | undefined>>,
  options: FakeOptions,
): ReadonlyMap<string, readonly Row[]> {
  const inputs = new Map(
    [...graph.assets.values()].filter(({ role }) => role !== 'asset').map(({ name, asset }) => [name, asset]),
  )
  for (const name of Object.keys(given)) {
    if (inputs.has(name)) continue
    throw new TypeError(
      graph.producers.has(name)
        ? `inputs: '${name}' is made by this run: leave its rows out, or run what reads it alone, with runNode(…)`
        : `inputs: '${name}' is not read.${didYouMean(name, inputs.keys())}`,
    )
  }
  const made = graph.nodes.flatMap(({ node: { outputs } }) => Object.values(outputs))
  const rows = new Map<string, readonly Row[]>()
  const open = new Set<string>()
  const fill = (asset: AnyAsset): readonly Row[] => {
    const known = rows.get(asset.name)
    if (known) return known
    open.add(asset.name)
    const related = (name: string): readonly Row[] | undefined => {
      const other = inputs.get(name)
      return other && (rows.has(name) || !open.has(name)) ? fill(other) : undefined
    }
    const said = given[asset.name]
    const list = isFake(said) ? said.rows : (said ?? countOf(asset))
    const filled =
      said === undefined || isFake(said)
        ? fakeRows<Row>(lentTo(asset, made) as AnyAsset & { readonly '~row': Row }, list, {
            ...options,
            related,
          })
        : (list as readonly Row[])
    checkRows(asset, filled)
    rows.set(asset.name, filled)
    return filled
  }
  for (const asset of inputs.values()) fill(asset)
  return rows
}

/**
 * An input with what is said of columns of the same name and type in the outputs, so that rows that are faked pass their checks
 * more often: ranges, accepted values, relationships, and a number that is their key. Its times lie where partitions of the outputs
 * may.
 */
function lentTo(asset: AnyAsset, outputs: readonly AnyAsset[]): AnyAsset {
  const alike = (output: AnyAsset, name: string): boolean => {
    const kindIn = (all: readonly Column[]) => all.find((column) => column.name === name)?.type.kind
    return kindIn(asset.columns) !== undefined && kindIn(asset.columns) === kindIn(output.columns)
  }
  const isNumber = (name: string): boolean =>
    asset.columns.some((column) => column.name === name && ['int', 'bigint'].includes(column.type.kind))
  const checks = outputs.flatMap((output) =>
    output.checks.filter(
      ({ rule, columns }) =>
        ['between', 'acceptedValues', 'relationship'].includes(rule.kind) &&
        columns.every((name) => alike(output, name)) &&
        !asset.checks.some((own) => own.rule.kind === rule.kind && own.columns.join() === columns.join()),
    ),
  )
  const key = outputs.find(
    ({ key: [first, ...more] }, i) =>
      first !== undefined && more.length === 0 && isNumber(first) && alike(outputs[i]!, first),
  )?.key
  const isBounded = ({ start, end }: Partition): boolean => start !== undefined || end !== undefined
  const own = (column: string): boolean => asset.partitions.some((partition) => partition.column === column)
  const partitions = outputs.flatMap((output) =>
    output.partitions.filter((partition) =>
      partition.values
        ? alike(output, partition.column) && !own(partition.column)
        : isBounded(partition) && !asset.partitions.some(isBounded),
    ),
  )
  return {
    ...asset,
    partitions: [...asset.partitions, ...partitions],
    checks: [...asset.checks, ...checks],
    key: asset.key.length > 0 ? asset.key : (key ?? []),
  }
}

const isFake = (said: readonly Row[] | Fake<Row> | undefined): said is Fake<Row> =>
  said !== undefined && '~levada' in said

function countOf({ checks }: AnyAsset): number {
  const bounds = checks.flatMap(({ rule }) => (rule.kind === 'rowCount' ? [rule] : []))
  const least = Math.max(many, ...bounds.map(({ min }) => min ?? 0))
  return Math.min(least, ...bounds.map(({ max }) => max ?? Infinity))
}

/** What a store could hold: of the right type. NULL and values of enums are for checks to find. */
function checkRows({ name, columns }: AnyAsset, rows: readonly Row[]): void {
  rows.forEach((row, i) => {
    const at = `inputs['${name}'][${i}]`
    const unknown = Object.keys(row).find((key) => columns.every((column) => column.name !== key))
    if (unknown !== undefined)
      throw new TypeError(
        `${at}: '${name}' has no column '${unknown}'.${didYouMean(
          unknown,
          columns.map((column) => column.name),
        )}`,
      )
    for (const column of columns) {
      const value = row[column.name]
      if (value === undefined && !column.optional)
        throw new TypeError(
          `${at}: column '${column.name}' has no value; name it, or write fake([…]) around the rows`,
        )
      const type = column.type.kind === 'enum' ? ({ kind: 'string' } as const) : column.type
      const problem = value == null ? undefined : valueProblem({ type, nullable: column.nullable }, value)
      if (problem !== undefined) throw new TypeError(`${at}: column '${column.name}': ${problem}`)
    }
  })
}
