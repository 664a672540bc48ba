// npm run generate: writes docs/guarantees.md from what datasets and engines declare.
import { writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { denials, guaranteeCells, guaranteesOf, type Guarantees } from '@levada/core/run'
import type { CatalogContext, Engine, Plugin } from '@levada/core/spi'
import { files } from '@levada/io-files'
import { parquet } from '@levada/io-parquet'
import { postgresTables } from '@levada/io-postgres'
import { duckdb } from '@levada/resource-duckdb'
import { postgres } from '@levada/resource-postgres'

export const guaranteesFile: string = join(import.meta.dirname, '../../../docs/guarantees.md')

/** Every dataset type, with what its entry says; those of files in both of their forms. */
export const datasetEntries: readonly (readonly [
  name: string,
  plugin: Plugin,
  type: string,
  config: object,
])[] = [
  ['parquet, a folder', parquet(), 'parquet', { path: 'orders' }],
  ['parquet, a file', parquet(), 'parquet', { path: 'orders.parquet' }],
  ...['csv', 'json', 'ndjson'].flatMap((type) => [
    [`${type}, a folder`, files(), type, { path: 'orders' }] as const,
    [`${type}, a file`, files(), type, { path: `orders.${type}` }] as const,
  ]),
  ['postgres.table', postgresTables(), 'postgres.table', { table: 'orders' }],
  ['postgres.view', postgresTables(), 'postgres.view', { view: 'orders' }],
]

const row = (name: string, holds: Guarantees): Readonly<Record<string, string>> => ({
  dataset: name,
  engine: holds.engine,
  ...Object.fromEntries(
    Object.entries(guaranteeCells(holds)).map(([head, cell]) => [
      head,
      cell === true ? 'yes' : typeof cell === 'string' ? cell : 'no',
    ]),
  ),
})

function markdownTable(table: readonly Readonly<Record<string, string>>[]): string {
  const heads = Object.keys(table[0]!)
  const rows = table.map((cells) => Object.values(cells))
  const widths = heads.map((head, i) => Math.max(head.length, ...rows.map((cells) => cells[i]!.length)))
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell, i) => cell.padEnd(widths[i]!)).join(' | ')} |`
  return [line(heads), line(widths.map((width) => '-'.repeat(width))), ...rows.map(line)].join('\n')
}

export async function guaranteesPage(): Promise<string> {
  const context = { root: tmpdir(), env: 'docs' }
  const engines: readonly Engine[] = await Promise.all([
    duckdb().engines['duckdb']!.create({} as never, { name: 'duckdb', ...context }),
    postgres().engines['postgres']!.create({} as never, { name: 'postgres', ...context }),
  ])
  try {
    const rows: Readonly<Record<string, string>>[] = []
    const why = new Set<string>()
    for (const [name, plugin, type, config] of datasetEntries)
      for (const engine of engines) {
        const asset: CatalogContext = {
          asset: 'shop.orders',
          columns: [],
          partitionBy: [],
          ...context,
          engine: async () => engines[1]!,
        }
        const dataset = plugin.datasets[type]!.create(config as never, asset)
        const holds = await guaranteesOf(dataset, engine)
        rows.push(row(name, holds))
        for (const { reason, of } of denials(holds)) why.add(`- ${name} (${of.join(', ')}): ${reason}.`)
      }
    return `# Guarantees

What holds for an asset follows from how it is stored and which engine computes it. \`levada check\` prints the rows that are true of your
app, \`levada plan\` those of the assets that it would write. This page is made by \`npm run generate\`.

${markdownTable(rows)}

Why something does not hold:

${[...why].join('\n')}

What the columns mean:

- **reads**, **writes**: \`in place\` by the engine, or \`moved\` by columns through the process of the run, in bounded memory.
- **atomic**: all rows of a step become visible in one act, and only after its checks.
- **rows**: the rows are kept. Otherwise the query of an SQL node is, over the public names of its inputs, and its rows are as these are
  when it is read; it has no params and no partitions, and its inputs are in the same place.
- **partitions**: single partitions are replaced.
- **versions**: earlier versions stay readable for a while, and writers are told when they race. \`query\`: those of the query, whose rows are as its
  inputs are when it is read, and not as they were.
- **restore**: an earlier version can be published again; \`query\`: the query of one, over the inputs of now.
- **append**: rows are added without writing again what is there, as of an asset with \`incremental: append(…)\`.
- **together**: several outputs of a step become visible in one act where all of them are stored at one such place, as one database; otherwise one after
  the other, and who goes on with a run that was interrupted between them publishes the rest.
- **merge**: rows are put in the place of those with the same key, as with \`incremental: merge(…)\`: the partitions in which these are, or all of them, are
  written again.
- **cancel**: a statement stops when the run is interrupted.
`
  } finally {
    for (const engine of engines) await engine.close()
  }
}

if (import.meta.main) writeFileSync(guaranteesFile, await guaranteesPage())
