import {
  append,
  asset,
  between,
  col,
  daily,
  defineApp,
  definePipeline,
  expects,
  external,
  mapped,
  merge,
  monthly,
  node,
  source,
  sql,
  sqlNode,
  staticValues,
  weekly,
  window,
  type AnyAsset,
  type AnyNode,
  type AnyPipeline,
  type App,
} from '@levada/core'
import type { Engine, EngineType, Plugin } from '@levada/core/spi'
import { files } from '@levada/io-files'
import { parquet } from '@levada/io-parquet'
import { duckdb } from '@levada/resource-duckdb'
import { z } from 'zod'
import { codeOf } from './code.ts'
import {
  firstDay,
  regions,
  sqlOf,
  teams,
  warehouseOf,
  type Columns,
  type Table,
  type Team,
  type Type,
} from './tables.ts'

const types: Readonly<Record<Type, () => z.ZodType>> = {
  int: () => z.int(),
  number: () => z.number(),
  text: () => z.string(),
  'text?': () => z.string().nullable(),
  date: () => col.date(),
  boolean: () => z.boolean(),
  'boolean=false': () => z.boolean().default(false),
}
const schemaOf = (columns: Columns): z.ZodObject =>
  z.object(Object.fromEntries(Object.entries(columns).map(([name, type]) => [name, types[type]()])))

const grains = {
  daily: daily('day', { start: firstDay }),
  weekly: weekly('day', { start: firstDay }),
  monthly: monthly('day', { start: firstDay.slice(0, 7) }),
} as const
const incrementals = {
  append: (by: string) => append({ by }),
  merge: (by: string) => merge({ by, lookBack: { days: 7 }, deleted: 'gone' }),
} as const

function assetOf({
  name,
  columns,
  key = [],
  grain,
  regions: hasRegions,
  positive,
  incremental,
}: Table): AnyAsset {
  return asset(
    name as 'a.b',
    {
      schema: schemaOf(columns),
      key,
      partitions: [
        ...(grain ? [grains[grain]] : []),
        ...(hasRegions ? [staticValues('region', regions)] : []),
      ],
      checks: positive === undefined ? [] : [between(positive, 0, 1_000_000_000)],
      ...(incremental && { incremental: incrementals[incremental.kind](incremental.by) }),
    } as never,
  )
}

/** The pipelines of a night by name. */
function pipelinesOf(night: number): ReadonlyMap<string, AnyPipeline> {
  const { feeds, tables } = warehouseOf(night)
  const assets = new Map<string, AnyAsset>([
    ...feeds.map(
      ({ name, columns }) =>
        [name, source(name as 'a.b', { schema: schemaOf(columns) }) as AnyAsset] as const,
    ),
    ...tables.map((table) => [table.name, assetOf(table)] as const),
  ])
  const nodeOf = (table: Table): AnyNode => {
    const output = assets.get(table.name)!
    const inputs = Object.fromEntries(
      Object.entries(table.inputs).map(([alias, { table: name, columns, window: places }]) => {
        const input = columns ? expects(name as 'a.b', schemaOf(columns)) : assets.get(name)!
        return [alias, places ? mapped(input as never, { day: window(...places) } as never) : input]
      }),
    )
    const name = table.name.split('.')[1]!
    if (!table.code) {
      const text = sqlOf(table)
      return sqlNode(name, {
        inputs,
        output,
        sql: sql(Object.assign([text], { raw: [text] })),
      } as never) as AnyNode
    }
    return node(name, {
      inputs,
      outputs: { output },
      version: '1',
      async run(
        from: Readonly<Record<string, { rows(): AsyncIterable<object> }>>,
        {
          outputs,
          partitions,
        }: { outputs: { output: { write(rows: object[]): Promise<void> } }; partitions?: { day: string }[] },
      ) {
        const rows: Record<string, object[]> = {}
        for (const [alias, input] of Object.entries(from)) {
          const all: object[] = []
          for await (const row of input.rows()) all.push(row)
          rows[alias] = all
        }
        const made = codeOf(table.name)(rows as never) as { day?: string }[]
        const days = partitions && new Set(partitions.map(({ day }) => day))
        await outputs.output.write(days ? made.filter(({ day }) => days.has(day!)) : made)
      },
    } as never) as AnyNode
  }
  const names = [...new Set(tables.map(({ pipeline }) => pipeline))]
  return new Map(
    names.map((name) => [
      name,
      definePipeline(name, {
        nodes: tables.filter(({ pipeline }) => pipeline === name).map(nodeOf) as never,
      }) as AnyPipeline,
    ]),
  )
}

const plugins: readonly Plugin[] = [shareEngine(duckdb()), parquet(), files()]

/** One team's app, as it is deployed on a night. */
export function appOf(team: Team, night: number): App {
  const all = pipelinesOf(night)
  const { pipelines, externals } = teams[team]
  return defineApp({
    name: team,
    plugins,
    pipelines: pipelines.map((name) => all.get(name)!),
    externals: externals.map((name) => external(all.get(name)! as never)),
  } as never) as App
}

/** One engine for all sessions of a process, which would each take a while to start. */
function shareEngine(plugin: Plugin): Plugin {
  const share = (type: EngineType): EngineType => {
    let engine: Promise<Engine> | undefined
    return {
      ...type,
      create(config, context) {
        engine ??= type.create(config, context).then((made) => ({ ...made, close: async () => {} }))
        return engine
      },
    }
  }
  return {
    ...plugin,
    engines: Object.fromEntries(Object.entries(plugin.engines).map(([name, type]) => [name, share(type)])),
  }
}
