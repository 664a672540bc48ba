import { valuesOf, type Asset, type Dimension, type Node, type World } from '@levada/reference'
import {
  dayOf,
  firstDay,
  regions,
  sqlOf,
  teams,
  warehouseOf,
  type Table,
  type Team,
  type Warehouse,
} from './tables.ts'

/** What the planner by brute force has to know of a night: for each team what its app runs, and what every node is made of. */
export interface Model {
  readonly worlds: Readonly<Record<Team, World>>
  /** By id of the node: it computes something else when this is another text. */
  readonly code: ReadonlyMap<string, string>
}

function dimensionsOf({ grain, regions: hasRegions }: Table, nights: number): readonly Dimension[] {
  const last = dayOf(nights - 1)
  const day: readonly Dimension[] = grain
    ? [
        {
          column: 'day',
          kind: grain,
          values: valuesOf(grain).filter(
            (value) => value >= firstDay.slice(0, value.length) && value <= last,
          ),
        },
      ]
    : []
  return hasRegions ? [...day, { column: 'region', kind: 'static', values: regions }] : day
}

function nodeOf(table: Table, assets: ReadonlyMap<string, Asset>): Node {
  const own = assets.get(table.name)!.dimensions.map(({ column }) => column)
  return {
    pipeline: table.pipeline,
    name: table.name.split('.')[1]!,
    writes: [table.name],
    reads: Object.values(table.inputs).map(({ table: name, window: [first, last] = [0, 0] }) => ({
      asset: name,
      by: Object.fromEntries(
        assets
          .get(name)!
          .dimensions.map(({ column }) => [
            column,
            !own.includes(column)
              ? { kind: 'all' }
              : column === 'day'
                ? { kind: 'window', of: column, first, last }
                : { kind: 'window', of: column, first: 0, last: 0 },
          ]),
      ),
    })),
  }
}

/** What a table is computed with: its SQL or code, and what is declared of it and of what it reads. */
function codeOf({ feeds, tables }: Warehouse, table: Table): string {
  const { columns, key, grain, regions: hasRegions, positive, incremental, code } = table
  const inputs = Object.entries(table.inputs).map(([alias, input]) => [
    alias,
    input,
    input.columns ?? [...feeds, ...tables].find(({ name }) => name === input.table)!.columns,
  ])
  const work = code ? 'code' : sqlOf(table)
  return JSON.stringify([work, columns, key, grain, hasRegions, positive, incremental, inputs])
}

export function modelOf(night: number, nights: number): Model {
  const warehouse = warehouseOf(night)
  const { feeds, tables } = warehouse
  const assets = new Map<string, Asset>([
    ...feeds.map(({ name }) => [name, { name, tags: [], owner: '', dimensions: [] }] as const),
    ...tables.map(
      (table) =>
        [
          table.name,
          { name: table.name, tags: [], owner: '', dimensions: dimensionsOf(table, nights) },
        ] as const,
    ),
  ])
  const worldOf = (team: Team): World => {
    const running = tables.filter(({ pipeline }) =>
      (teams[team].pipelines as readonly string[]).includes(pipeline),
    )
    return {
      assets,
      sources: new Set(feeds.map(({ name }) => name)),
      nodes: running.map((table) => nodeOf(table, assets)),
    }
  }
  return {
    worlds: { shop: worldOf('shop'), logistics: worldOf('logistics'), finance: worldOf('finance') },
    code: new Map(tables.map((table) => [table.name.replace('.', '/'), codeOf(warehouse, table)])),
  }
}
