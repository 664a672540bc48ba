import {
  type Request,
  textOf,
  keysOf,
  valuesOf,
  type Asset,
  type Dimension,
  type World,
} from '@levada/reference'
import {
  allPartitions,
  asset,
  col,
  daily,
  defineApp,
  definePipeline,
  expects,
  hourly,
  mapped,
  monthly,
  node,
  source,
  staticValues,
  weekly,
  window,
  type AnyAsset,
} from '@levada/core'
import {
  denied,
  versionedDataset,
  type Dataset,
  type Engine,
  type Fingerprint,
  type PartitionKey,
  type StoredVersion,
} from '@levada/core/spi'
import { z } from 'zod'
import { grainsOf } from '../../src/asset/index.ts'
import { composeGraph, type Graph, type GraphNode } from '../../src/app/index.ts'
import type { Catalog, Engines } from '../../src/catalog/index.ts'
import {
  coveredBy,
  makePlan,
  openStates,
  provenanceNow,
  readingOf,
  type Plan,
  type PlanRequest,
  type Step,
} from '../../src/plan/index.ts'

export type { Step }

/** Levada's planner over a world, whose data is in memory and whose engine must not be asked. */
export interface Levada {
  readonly plan: (request: Request) => Promise<Plan>
  /** Publishes what a step would, with what Levada records of how it was made. */
  readonly apply: (step: Step, version: string, hasRows: HasRows) => Promise<void>
}

/** Whether a node gives rows for a partition. */
export type HasRows = (asset: string, key: PartitionKey) => boolean

/** What the world counts up: deliveries of sources, and changes of the code of nodes. */
export interface Counters {
  readonly code: ReadonlyMap<string, number>
  readonly sources: ReadonlyMap<string, number>
}

const builders = { hourly, daily, weekly, monthly } as const

/** The value after the last, which bounds are written with. */
function after({ kind, values }: Dimension): string | undefined {
  const all = valuesOf(kind as 'daily')
  return all[all.indexOf(values.at(-1)!) + 1]
}

function partitionOf(dimension: Dimension): object {
  const { column, kind, values } = dimension
  if (kind === 'static') return staticValues(column, values)
  const end = after(dimension)
  return builders[kind](column, { start: values[0]!, ...(end !== undefined && { end }) })
}

function schemaOf({ dimensions }: Asset): z.ZodObject {
  const shape: Record<string, z.ZodType> = { n: z.int().nullable() }
  for (const { column, kind } of dimensions)
    shape[column] = kind === 'static' ? z.string() : kind === 'hourly' ? col.timestamp() : col.date()
  return z.object(shape)
}

function graphOf({ assets, sources, nodes }: World): Graph {
  const declared = new Map<string, AnyAsset>()
  const options = (model: Asset): never =>
    ({
      schema: schemaOf(model),
      tags: model.tags,
      owner: model.owner,
      partitions: model.dimensions.map(partitionOf),
    }) as never
  for (const model of assets.values())
    declared.set(model.name, (sources.has(model.name) ? source : asset)(model.name, options(model)))
  const makerOf = (name: string): string | undefined =>
    nodes.find(({ writes }) => writes.includes(name))?.pipeline
  const inputOf = (
    pipeline: string,
    { asset: name, by }: World['nodes'][number]['reads'][number],
  ): unknown => {
    const model = assets.get(name)!
    const own = sources.has(name) || makerOf(name) === pipeline
    const input = own ? declared.get(name)! : expects(name, schemaOf(model) as never)
    const mapping = Object.entries(by).map(([column, way]) => [
      column,
      way.kind === 'all' ? allPartitions() : window(way.first, way.last, way.of),
    ])
    return mapping.length > 0 ? mapped(input as never, Object.fromEntries(mapping) as never) : input
  }
  const made = nodes.map((each) => ({
    pipeline: each.pipeline,
    node: node(each.name, {
      inputs: Object.fromEntries(
        each.reads.map((read) => [read.asset.replace('.', '_'), inputOf(each.pipeline, read)]),
      ),
      outputs: Object.fromEntries(each.writes.map((name) => [name.replace('.', '_'), declared.get(name)!])),
      run() {},
    } as never),
  }))
  const pipelines = [...new Set(nodes.map(({ pipeline }) => pipeline))].map((name) =>
    definePipeline(name, {
      nodes: made.filter((each) => each.pipeline === name).map((each) => each.node) as never,
    }),
  )
  return composeGraph(defineApp({ name: 'reference', pipelines: pipelines as never }))
}

const engine = {
  name: 'none',
  dialect: { name: 'none' },
  capabilities: { cancellable: true, bindsWithoutData: true },
  canScan: () => true,
  canWrite: () => true,
  open() {
    throw new Error('A plan asks no engine')
  },
} as unknown as Engine

const engines: Engines = {
  nameFor: () => 'none',
  typeFor: () => 'none',
  get: async () => engine,
  find: async () => engine,
  checkAll: () => [],
  close: async () => {},
}

/** Versions in memory, without any rows. */
function memory(asset: string): Dataset {
  const versions: StoredVersion[] = []
  return versionedDataset({
    type: 'memory',
    address: `memory:${asset}`,
    asset,
    versions: {
      head: async () => versions.at(-1),
      read: async (number) => versions.find((version) => version.number === number),
      numbers: async () => versions.map(({ number }) => number).toReversed(),
      async claim(next) {
        versions.push(next)
        return true
      },
    },
    locate: () => ({ kind: 'memory', id: asset }),
    target: (id, partitionBy) => ({ kind: 'memory', id, partitionBy }),
    discard: async () => {},
  })
}

/** A file that somebody else delivers. */
const fileOf = (name: string, { sources }: Counters): Dataset => {
  const file = memory(name)
  return {
    ...file,
    capabilities: { ...file.capabilities, write: denied('only read'), versioned: denied('a file') },
    address: `file:${name}`,
    head: async () => undefined,
    exists: async () => true,
    locate: async () => file.emptyLocation(),
    identity: async () => String(sources.get(name)),
  }
}

export function openLevada(world: World, counters: Counters): Levada {
  const graph = graphOf(world)
  const datasets = new Map(
    [...world.assets.keys()].map((name) => [
      name,
      world.sources.has(name) ? fileOf(name, counters) : memory(name),
    ]),
  )
  const catalog: Catalog = {
    entry: (name) => ({
      asset: name,
      pattern: name,
      type: 'memory',
      place: { file: 'catalog.yml' },
      dataset: datasets.get(name)!,
    }),
    checkAll: () => [],
    places: async () => new Map(),
    clashes: async () => [],
  }
  const of = async ({ id }: GraphNode): Promise<Fingerprint> => ({
    code: String(counters.code.get(id)),
    schema: '',
    checks: '',
    engine: '',
    params: {},
    packages: {},
  })
  const fingerprints = { of }
  const states = () =>
    openStates(graph, async (name) => {
      const dataset = datasets.get(name)!
      return { dataset, version: await dataset.head() }
    })
  return {
    plan: ({ selection, partitions, mode }) =>
      makePlan({
        graph,
        catalog,
        engines,
        reading: readingOf(graph, { env: 'dev', catalog, engines }, undefined),
        environment: { reads: undefined, freshnessOf: () => undefined },
        app: 'reference',
        notices: [],
        env: 'dev',
        selection: textOf(selection),
        jobs: {},
        partition:
          partitions &&
          Object.fromEntries(
            Object.entries(partitions).map(([name, [from, to]]) => [name, from === to ? from : { from, to }]),
          ),
        mode,
        fingerprints,
      } as unknown as PlanRequest),
    async apply(step, id, hasRows) {
      if (step.work.kind !== 'node') return
      const { node: graphNode } = step.work
      const now = states()
      await now.look(graphNode.reads)
      for (const output of Object.values(graphNode.node.outputs)) {
        const dataset = datasets.get(output.name)!
        const model = world.assets.get(output.name)!
        const keys = (step.partitions ?? keysOf(model)).filter((key) => hasRows(output.name, key))
        const grains = grainsOf(output)
        const staging = await dataset.stage({
          version: id,
          columns: output.columns,
          partitionBy: output.partitions.map(({ column }) => column),
          ...(grains && { grains }),
          replace: model.dimensions.length > 0 ? step.partitions : undefined,
          base: await dataset.head(),
        })
        await staging.seal({
          rows: keys.length,
          sizeBytes: 0,
          files: [],
          partitions: keys.map((key) => ({ key, rows: 1, sizeBytes: 0 })),
        })
        const provenance = provenanceNow(graph, graphNode, await of(graphNode), now)
        const covers = step.partitions
          ? undefined
          : coveredBy({ graph, node: graphNode, asset: output, states: now })
        await staging.publish({
          app: 'reference',
          runId: id,
          inputs: {},
          mayRebase: true,
          provenance,
          ...(covers && { covers }),
        })
      }
    },
  }
}
