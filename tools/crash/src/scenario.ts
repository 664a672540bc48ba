/** What stores the assets of the app that is killed. */
export type Store = 'parquet' | 'files' | 'postgres'

/** Moves of a bank: partitions, a sum, a node with two outputs, and rows that are added. */
export const assets = ['bank.moves', 'bank.totals', 'bank.credits', 'bank.debits', 'bank.journal'] as const

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
import { append, asset, between, col, daily, definePipeline, node, source, sql, sqlNode } from '@levada/core'
import { z } from 'zod'

const row = { id: z.int(), day: col.date(), account: z.string(), amount: z.int() }
const raw = source('bank.raw_moves', { schema: z.object(row) })
const moves = asset('bank.moves', { schema: z.object(row), key: ['id', 'day'], partitions: PARTITIONS, checks: [between('amount', -1000, 1000)] })
const totals = asset('bank.totals', { schema: z.object({ account: z.string(), amount: z.int() }), key: ['account'] })
const credits = asset('bank.credits', { schema: z.object(row), key: ['id'] })
const debits = asset('bank.debits', { schema: z.object(row), key: ['id'] })
const journal = asset('bank.journal', { schema: z.object(row), incremental: append({ by: 'id' }) })

const stage = sqlNode('stage', { inputs: { raw }, output: moves, sql: sql\`select * from raw\` })
const sum = sqlNode('sum', { inputs: { moves }, output: totals, sql: sql\`select account, cast(sum(amount) as bigint) as amount from moves group by account\` })
const split = node('split', {
  inputs: { moves }, outputs: { credits, debits },
  async run({ moves }, { outputs }) {
    for await (const move of moves.rows()) await outputs[move.amount >= 0 ? 'credits' : 'debits'].write(move)
  },
})
const write = sqlNode('write', { inputs: { raw }, output: journal, sql: sql\`select * from raw where id > $since\` })
export const bank = definePipeline('bank', { nodes: [stage, sum, split, write] })
`

const catalogs: Readonly<Record<Store, string>> = {
  parquet: `'bank.{table}': { type: parquet, path: 'data/bank/{table}' }`,
  files: `'bank.{table}': { type: ndjson, path: 'data/bank/{table}' }`,
  postgres: `'bank.{table}': { type: postgres.table, schema: bank, table: '{table}' }`,
}

/** The files of the app. `server` is an entry of type `postgres` in resources.yml. */
export function appFiles(store: Store, server: object | undefined): Readonly<Record<string, string>> {
  // JSON has no partitioned files.
  const partitions = store === 'files' ? '[]' : `[daily('day')]`
  return {
    'levada.config.ts': config,
    'bank.ts': bank.replace('PARTITIONS', partitions),
    'conf/base/catalog.yml': `bank.raw_moves: { type: csv, path: landing/moves.csv }\n${catalogs[store]}\n`,
    'conf/base/engines.yml': `default: ${store === 'postgres' ? 'postgres' : 'duckdb'}\n`,
    ...(server && { 'conf/base/resources.yml': JSON.stringify({ postgres: server }) }),
  }
}

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
