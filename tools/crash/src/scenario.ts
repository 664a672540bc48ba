/** What stores the assets of the app that is killed. */
export type Store = 'parquet' | 'files' | 'postgres'

/** Moves of a bank: partitions, a sum, a node with two outputs, rows that are added, and rows that replace others. */
export const assets = [
  'bank.moves',
  'bank.totals',
  'bank.credits',
  'bank.debits',
  'bank.journal',
  'bank.balances',
] as const

/** A command that is disturbed. */
export interface Scenario {
  readonly name: string
  readonly words: readonly string[]
  /** An app that has run once and whose source has changed since, or one that has run again after that. */
  readonly from: 'first' | 'second'
  /** What it changes. */
  readonly changes: readonly (typeof assets)[number][]
  /** Who goes on says `levada run --resume`; otherwise the same command again. */
  readonly resumes: boolean
  /** Each partition may be as before or as after for itself. */
  readonly inChunks?: true
  /** Versions are removed, and in the end nothing is left to remove. */
  readonly removes?: true
}

const run = { from: 'first', changes: assets, resumes: true } as const
const again = { resumes: false } as const

const scenarios: readonly Scenario[] = [
  { ...run, name: 'run', words: ['run', '--runner', 'sequential'] },
  { ...run, name: 'side by side', words: ['run', '--runner', 'concurrent'] },
  { ...run, name: 'threads', words: ['run', '--runner', 'threads'] },
  { ...run, name: 'process', words: ['run', '--runner', 'process'] },
  {
    ...again,
    name: 'backfill',
    words: ['backfill', 'stage', '--partition', '2021-03-01..2021-03-07', '--chunk', '2'],
    from: 'first',
    changes: ['bank.moves'],
    inChunks: true,
  },
  {
    ...again,
    name: 'restore',
    words: ['restore', 'bank.moves', '--version', '1'],
    from: 'second',
    changes: ['bank.moves'],
  },
  { ...again, name: 'gc', words: ['gc', '--yes'], from: 'second', changes: [], removes: true },
]

/** JSON has no partitioned files. */
export const scenariosOf = (store: Store): readonly Scenario[] =>
  scenarios.filter(({ inChunks }) => store !== 'files' || !inChunks)

const config = `
import { defineApp } from '@levada/core'
import { files } from '@levada/io-files'
import { parquet } from '@levada/io-parquet'
import { postgresTables } from '@levada/io-postgres'
import { duckdb } from '@levada/resource-duckdb'
import { postgres } from '@levada/resource-postgres'
import { bank } from './bank.ts'

export default defineApp({ name: 'bank', plugins: [duckdb(), parquet(), files(), postgres(), postgresTables()], pipelines: [bank] })
`

const bank = `
import { append, asset, between, col, daily, definePipeline, merge, node, source, sql, sqlNode } from '@levada/core'
import { z } from 'zod'

const row = { id: z.int(), day: col.date(), account: z.string(), amount: z.int() }
const raw = source('bank.raw_moves', { schema: z.object(row) })
const moves = asset('bank.moves', { schema: z.object(row), key: ['id', 'day'], partitions: PARTITIONS, checks: [between('amount', -1000, 1000)] })
const totals = asset('bank.totals', { schema: z.object({ account: z.string(), amount: z.int() }), key: ['account'] })
const credits = asset('bank.credits', { schema: z.object(row), key: ['id'] })
const debits = asset('bank.debits', { schema: z.object(row), key: ['id'] })
const journal = asset('bank.journal', { schema: z.object(row), incremental: append({ by: 'id' }) })
const balances = asset('bank.balances', {
  schema: z.object({ account: z.string(), id: z.int(), amount: z.int() }),
  key: ['account'],
  incremental: merge({ by: 'id', lookBack: 20 }),
})

const stage = sqlNode('stage', { inputs: { raw }, output: moves, sql: sql\`select * from raw RANGE\` })
const sum = sqlNode('sum', { inputs: { moves }, output: totals, sql: sql\`select account, cast(sum(amount) as bigint) as amount from moves group by account\` })
const split = node('split', {
  inputs: { moves }, outputs: { credits, debits },
  async run({ moves }, { outputs }) {
    for await (const move of moves.rows()) await outputs[move.amount >= 0 ? 'credits' : 'debits'].write(move)
  },
})
const write = sqlNode('write', { inputs: { raw }, output: journal, sql: sql\`select * from raw where id > $since\` })
const settle = sqlNode('settle', { inputs: { raw }, output: balances, sql: sql\`
  select account, id, amount from (select *, row_number() over (partition by account order by id desc) as place from raw where id >= $since) as ranked where place = 1\` })
export const bank = definePipeline('bank', { nodes: [stage, sum, split, write, settle] })
`

const catalogs: Readonly<Record<Store, string>> = {
  parquet: `'bank.{table}': { type: parquet, path: 'data/bank/{table}' }`,
  files: `'bank.{table}': { type: ndjson, path: 'data/bank/{table}' }`,
  postgres: `'bank.{table}': { type: postgres.table, schema: bank, table: '{table}' }`,
}

/** The files of the app. `server` is an entry of type `postgres` in resources.yml. */
export function appFiles(store: Store, server: object | undefined): Readonly<Record<string, string>> {
  const [partitions, range] =
    store === 'files'
      ? ['[]', '']
      : [`[daily('day', { start: '2021-03-01' })]`, 'where day >= $partition_start and day < $partition_end']
  return {
    'levada.config.ts': config,
    'bank.ts': bank.replace('PARTITIONS', partitions).replace('RANGE', range),
    'conf/base/catalog.yml': `bank.raw_moves: { type: csv, path: landing/moves.csv }\n${catalogs[store]}\n`,
    'conf/base/engines.yml': `default: ${store === 'postgres' ? 'postgres' : 'duckdb'}\n`,
    ...(server && { 'conf/base/resources.yml': JSON.stringify({ postgres: server }) }),
  }
}

/** For {@link Scenario.removes}: all versions but the current one go. */
export const shortRetention = 'retention: { versions: 1, grace: 0m }\n'

/** Later rows have changed amounts on the last two days, and one day more. */
export function moves(later: boolean): string {
  const lines = ['id,day,account,amount']
  for (let day = 1; day <= (later ? 7 : 6); day++)
    for (let i = 0; i < 20; i++) {
      const amount = ((day * 31 + i * 17) % 200) - 100 + (later && day >= 5 ? 7 : 0)
      lines.push(`${day * 20 + i},2021-03-0${day},${'abcd'[i % 4]},${amount}`)
    }
  return `${lines.join('\n')}\n`
}
