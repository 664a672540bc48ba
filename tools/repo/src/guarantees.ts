// npm run generate: writes docs/guarantees.md from what datasets and engines declare.
import { writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { guaranteesOf, type Guarantees } from '@levada/core/run'
import type { CatalogContext, Engine, Plugin } from '@levada/core/spi'
import { files } from '@levada/io-files'
import { parquet } from '@levada/io-parquet'
import { postgresTables } from '@levada/io-postgres'
import { duckdb } from '@levada/resource-duckdb'
import { postgres } from '@levada/resource-postgres'

export const guaranteesFile: string = join(import.meta.dirname, '../../../docs/guarantees.md')

/** Every dataset type, with what its entry says; those of files in both of their forms. */
const entries: readonly (readonly [name: string, plugin: Plugin, type: string, config: object])[] = [
  ['parquet, a folder', parquet(), 'parquet', { path: 'orders' }],
  ['parquet, a file', parquet(), 'parquet', { path: 'orders.parquet' }],
  ...['csv', 'json', 'ndjson'].flatMap((type) => [
    [`${type}, a folder`, files(), type, { path: 'orders' }] as const,
    [`${type}, a file`, files(), type, { path: `orders.${type}` }] as const,
  ]),
  ['postgres.table', postgresTables(), 'postgres.table', { table: 'orders' }],
]

const heads = [
  'dataset',
  'engine',
  'reads',
  'writes',
  'atomic',
  'partitions',
  'versions',
  'restore',
  'cancel',
]

const row = (name: string, holds: Guarantees): readonly string[] => [
  name,
  holds.engine,
  holds.reads,
  holds.writes,
  ...[holds.atomic, holds.partitioned, holds.versioned, holds.restorable, holds.cancellable].map((is) =>
    is ? 'yes' : 'no',
  ),
]

function markdownTable(rows: readonly (readonly string[])[]): string {
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
    const rows: (readonly string[])[] = []
    for (const [name, plugin, type, config] of entries)
      for (const engine of engines) {
        const asset: CatalogContext = {
          asset: 'shop.orders',
          columns: [],
          partitionBy: [],
          ...context,
          engine: async () => engines[1]!,
        }
        const dataset = plugin.datasets[type]!.create(config as never, asset)
        rows.push(row(name, await guaranteesOf(dataset, engine)))
      }
    return `# Guarantees

What holds for an asset follows from how it is stored and which engine computes it. \`levada check\` prints the rows that are true of your
app, \`levada plan\` those of the assets that it would write. This page is made by \`npm run generate\`.

${markdownTable(rows)}

- **reads**, **writes**: \`in place\` by the engine, or \`moved\` by columns through the process of the run, in bounded memory. \`no\`: it is
  only read.
- **atomic**: all rows of a step become visible in one act, and only after its checks.
- **partitions**: single partitions are replaced.
- **versions**: earlier versions stay readable for a while, and writers are told when they race.
- **restore**: an earlier version can be published again.
- **cancel**: a statement stops when the run is interrupted.
`
  } finally {
    for (const engine of engines) await engine.close()
  }
}

if (import.meta.main) writeFileSync(guaranteesFile, await guaranteesPage())
