import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import {
  append,
  asset,
  col,
  daily,
  defineApp,
  definePipeline,
  merge,
  node,
  source,
  sql,
  sqlNode,
} from '@levada/core'
import { openApp, type LevadaEvent } from '@levada/core/run'
import type { Plugin } from '@levada/core/spi'
import { files } from '@levada/io-files'
import { duckdb } from '@levada/resource-duckdb'
import fc from 'fast-check'
import { expect } from 'vitest'
import { z } from 'zod'

/** One line of the log that the app reads: what a key is from a moment on. */
interface Change {
  readonly id: number
  /** Minutes after the first moment. */
  readonly at: number
  readonly amount: number
  readonly gone: boolean
}
type Line = Change & { readonly batch: number }

const fact = { id: z.int(), moment: col.instant(), day: col.date(), amount: z.int(), gone: z.boolean() }
const lookBack = { days: 1, hours: 1 }
const lookBackMinutes = 25 * 60
const raw = source('shop.raw', { schema: z.object({ batch: z.int(), ...fact }) })

const merging = { key: ['id'], incremental: merge({ by: 'moment', lookBack, deleted: 'gone' }) } as const
const merged = asset('shop.merged', { schema: z.object(fact), ...merging })
const mergedDaily = asset('shop.merged_daily', {
  schema: z.object(fact),
  partitions: [daily('day')],
  ...merging,
})
const mergedByCode = asset('shop.merged_by_code', {
  schema: z.object(fact),
  partitions: [daily('day')],
  ...merging,
})
const arriving = { schema: z.object({ batch: z.int(), ...fact }), incremental: append({ by: 'batch' }) }
const appended = asset('shop.appended', arriving)
const appendedDaily = asset('shop.appended_daily', { ...arriving, partitions: [daily('day')] })
const keyed = asset('shop.keyed', {
  schema: z.object(fact),
  key: ['id', 'moment'],
  incremental: append({ by: 'moment', lookBack }),
})

const replaced = asset('shop.replaced', { schema: z.object(fact), key: ['id'] })
/** It reads what is partitioned by day: only the days that changed are replaced. */
const replacedDaily = asset('shop.replaced_daily', {
  schema: z.object({ day: col.date(), rows: z.int(), amount: z.int() }),
  key: ['day'],
  partitions: [daily('day')],
})

/** The newest row of each key that changed. */
const newest = sql`select id, moment, day, amount, gone from (
  select *, row_number() over (partition by id order by moment desc) as n from raw where moment >= $since) as newest where n = 1`
const lines = sql`select batch, id, moment, day, amount, gone from raw where batch >= $since`

const pipeline = definePipeline('orders', {
  nodes: [
    sqlNode('merge-whole', { inputs: { raw }, output: merged, sql: newest }),
    sqlNode('merge-daily', { inputs: { raw }, output: mergedDaily, sql: newest }),
    node('merge-by-code', {
      inputs: { raw },
      outputs: { mergedByCode },
      version: '1',
      async run(inputs, { outputs, since }) {
        const found = new Map<number, z.infer<z.ZodObject<typeof fact>>>()
        for await (const { batch: _, ...row } of inputs.raw.rows())
          if (
            (since === '-infinity' || row.moment >= since!) &&
            row.moment >= (found.get(row.id)?.moment ?? '')
          )
            found.set(row.id, row)
        await outputs.mergedByCode.write([...found.values()])
      },
    }),
    sqlNode('append', { inputs: { raw }, output: appended, sql: lines }),
    sqlNode('append-daily', { inputs: { raw }, output: appendedDaily, sql: lines }),
    sqlNode('append-keyed', {
      inputs: { raw },
      output: keyed,
      sql: sql`select distinct id, moment, day, amount, gone from raw where moment >= $since`,
    }),
    sqlNode('replace', {
      inputs: { raw },
      output: replaced,
      sql: sql`select id, moment, day, amount, gone from (
        select *, row_number() over (partition by id order by moment desc) as n from raw) as newest where n = 1 and not gone`,
    }),
    sqlNode('replace-daily', {
      inputs: { merged: mergedDaily },
      output: replacedDaily,
      sql: sql`select day, cast(count(*) as bigint) as rows, cast(sum(amount) as bigint) as amount from merged group by day`,
    }),
  ],
})

const momentOf = (at: number): string =>
  `${new Date(Date.UTC(2026, 0, 1) + at * 60_000).toISOString().slice(0, 19)}Z`
const rowOf = ({ id, at, amount, gone }: Change): object => ({
  id,
  moment: momentOf(at),
  day: momentOf(at).slice(0, 10),
  amount,
  gone,
})

/** What each asset has to hold after some lines, computed by nothing of Levada. */
function expected(log: readonly Line[]): Readonly<Record<string, readonly object[]>> {
  const last = new Map<number, Line>()
  for (const line of log) if (line.at >= (last.get(line.id)?.at ?? -1)) last.set(line.id, line)
  const kept = [...last.values()].filter(({ gone }) => !gone).map(rowOf)
  const days = Map.groupBy(
    [...last.values()].filter(({ gone }) => !gone),
    ({ at }) => momentOf(at).slice(0, 10),
  )
  const all = log.map((line) => ({ batch: line.batch, ...rowOf(line) }))
  const facts = [...new Map(log.map((line) => [`${line.id} ${line.at}`, rowOf(line)])).values()]
  return {
    'shop.merged': kept,
    'shop.merged_daily': kept,
    'shop.merged_by_code': kept,
    'shop.appended': all,
    'shop.appended_daily': all,
    'shop.keyed': facts,
    'shop.replaced': kept,
    'shop.replaced_daily': [...days].map(([day, lines]) => ({
      day,
      rows: lines.length,
      amount: lines.reduce((sum, { amount }) => sum + amount, 0),
    })),
  }
}

/**
 * Deliveries of changes: in any order as far as none comes later than the look-back, some of them more than once, in batches of any
 * size, some of which are empty.
 */
const deliveries: fc.Arbitrary<readonly (readonly Line[])[]> = fc
  .uniqueArray(
    fc.record({
      id: fc.integer({ min: 1, max: 6 }),
      at: fc.integer({ min: 0, max: 6 * 24 * 60 }),
      amount: fc.integer({ min: 0, max: 99 }),
      gone: fc.integer({ min: 0, max: 4 }).map((n) => n === 0),
      delays: fc.array(fc.integer({ min: 0, max: lookBackMinutes }), { minLength: 1, maxLength: 3 }),
    }),
    { selector: ({ id, at }) => `${id} ${at}`, minLength: 1, maxLength: 30 },
  )
  .chain((changes) => {
    const arrivals = changes
      .flatMap(({ delays, ...change }) => delays.map((delay) => ({ change, arrives: change.at + delay })))
      .toSorted((a, b) => a.arrives - b.arrives)
      .map(({ change }) => change)
    return fc
      .array(fc.integer({ min: 0, max: arrivals.length }), { minLength: 1, maxLength: 5 })
      .map((cuts) => {
        const ends = [...cuts, arrivals.length].toSorted((a, b) => a - b)
        return ends.map((end, batch) =>
          arrivals.slice(ends[batch - 1] ?? 0, end).map((change) => ({ batch, ...change })),
        )
      })
  })

/** The assets of which a run can write a part; the others are written again as a whole. */
const inParts: readonly string[] = [
  appended,
  appendedDaily,
  keyed,
  mergedByCode,
  mergedDaily,
  replacedDaily,
].map(({ name }) => name)

export interface Place {
  readonly plugins: readonly Plugin[]
  readonly engine: string
  /** The entries of `shop.*` in catalog.yml, for the case with that number. */
  readonly catalog: (number: number) => string
  readonly resources?: object
}

const textOf = (log: readonly Line[]): string =>
  `batch,id,moment,day,amount,gone\n${log.map((line) => Object.values({ batch: line.batch, ...rowOf(line) }).join(',')).join('\n')}\n`
const sorted = (rows: readonly object[]): readonly string[] =>
  rows.map((row) => JSON.stringify(Object.entries(row).toSorted(([a], [b]) => (a < b ? -1 : 1)))).toSorted()

/** How many cases there are instead, for long runs, and with which seed. */
const { LEVADA_CASES: cases, LEVADA_SEED: seed = '7' } = process.env

/** A case takes seconds where all are slow. */
export const timeoutFor = (runs: number): number => 60_000 + Number(cases ?? runs) * 30_000

/**
 * Runs deliveries one after the other, the last one a second time, too, and compares with what all lines so far make.
 * Each asset of which a part can be written was brought up to date so at least once.
 */
export async function sameAsRecomputed(place: Place, runs: number): Promise<void> {
  let number = 0
  /** How often an asset was brought up to date by writing a part of it. */
  const parts = new Map<string, number>()
  await fc.assert(
    fc.asyncProperty(deliveries, async (batches) => {
      const dir = project(place, ++number)
      try {
        const app = defineApp({
          name: 'shop',
          plugins: [duckdb(), files(), ...place.plugins],
          pipelines: [pipeline],
        })
        await using session = await openApp(app, { appDir: dir, env: 'dev' })
        const log: Line[] = []
        for (const batch of batches) {
          log.push(...batch)
          for (let again = batch === batches.at(-1) ? 0 : 1; again < 2; again++) {
            // Written once more with the same rows, a small file is the same one.
            writeFileSync(join(dir, 'raw.csv'), textOf(log))
            const errors: unknown[] = []
            const { state } = await session.run(await session.plan(), {
              runner: 'sequential',
              sinks: [
                {
                  name: 'errors',
                  event: (event: LevadaEvent) => {
                    if ('errors' in event) errors.push(...(event.errors ?? []))
                    if (event.type === 'asset_materialized' && event.rows_written < event.rows)
                      parts.set(event.asset, (parts.get(event.asset) ?? 0) + 1)
                  },
                },
              ],
            })
            expect(errors).toEqual([])
            expect(['succeeded', 'nothing']).toContain(state)
            for (const [name, rows] of Object.entries(expected(log)))
              expect([name, sorted(await collect(session, name))]).toEqual([name, sorted(rows)])
          }
        }
        const { state } = await session.run(await session.plan())
        expect(state).toBe('nothing')
      } finally {
        rmSync(dir, { recursive: true, force: true })
      }
    }),
    { numRuns: Number(cases ?? runs), seed: Number(seed) },
  )
  // Few cases of another seed may not come across all of it.
  if (cases === undefined) expect([...parts.keys()].toSorted()).toEqual(inParts)
}

type Session = Awaited<ReturnType<typeof openApp>>
async function collect(session: Session, name: string): Promise<readonly object[]> {
  return (await (session as never as { load(name: string): { rows(): Promise<readonly object[]> } })
    .load(name)
    .rows()) as readonly object[]
}

/** What a folder of an app has beside its code. */
export function project({ engine, catalog, resources = {} }: Place, number: number): string {
  const tmp = join(import.meta.dirname, 'tmp')
  mkdirSync(tmp, { recursive: true })
  const dir = mkdtempSync(join(tmp, 'incremental-'))
  mkdirSync(join(dir, 'conf/base'), { recursive: true })
  mkdirSync(join(dir, 'conf/dev'), { recursive: true })
  const write = (file: string, text: string): void => writeFileSync(join(dir, file), text)
  write('levada.config.ts', '')
  write('conf/base/engines.yml', `default: ${engine}\n`)
  write('conf/base/resources.yml', JSON.stringify(resources))
  write('conf/base/catalog.yml', `shop.raw: { type: csv, path: raw.csv }\n${catalog(number)}`)
  return dir
}
