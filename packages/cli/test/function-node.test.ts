import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { project, shopWith, type Project } from './project.ts'

const secret = 'hunter2-in-the-dark'

/** Orders are rated in TypeScript: two outputs, a resource, params, and a node that only acts. */
const rated = (body: string): Readonly<Record<string, string>> =>
  shopWith({
    'levada.config.ts': `
import { defineApp, defineResource, secret } from '@levada/core'
import { files } from '@levada/io-files'
import { parquet } from '@levada/io-parquet'
import { duckdb } from '@levada/resource-duckdb'
import { appendFileSync } from 'node:fs'
import { z } from 'zod'
import { rate } from './rate.ts'

const journal = defineResource('journal', {
  config: z.object({ file: z.string(), token: secret() }),
  setup: ({ file, token }) => {
    appendFileSync(file, 'open ' + token.length + '\\n')
    return { token, say: (text: string) => appendFileSync(file, text + '\\n'), close: () => appendFileSync(file, 'closed\\n') }
  },
  teardown: (value) => value.close(),
})
export default defineApp({ name: 'shop', plugins: [duckdb(), parquet(), files()], pipelines: [rate], resources: { journal } })
`,
    'rate.ts': `
import { asset, col, daily, definePipeline, node, resource, source, sql, view } from '@levada/core'
import { z } from 'zod'

interface Journal { token: string; say(text: string): void }
const row = { id: z.int(), day: col.date(), customer: z.string(), amount: z.number() }
const raw = source('shop.raw_orders', { schema: z.object(row) })
const sound = view('sound', { inputs: { raw }, params: { least: z.number().default(0) }, schema: z.object(row), sql: sql\`select * from raw where amount >= $least and day >= $partition_start and day < $partition_end\` })
const rated = asset('shop.rated', { schema: z.object({ ...row, stars: z.int() }), partitions: [daily('day')] })
const big = asset('shop.big', { schema: z.object({ id: z.int() }) })
const work = node('work', {
  inputs: { sound }, outputs: { rated, big }, params: { limit: z.number().default(100) }, resources: { journal: resource<Journal>('@acme/journal#Journal') },
  async run({ sound }, { outputs, params, resources, partitions, log, signal }) {
${body}
  },
})
const tell = node('tell', { inputs: { big }, resources: { journal: resource<Journal>('@acme/journal#Journal') }, async run({ big }, { resources }) { resources.journal.say('big orders: ' + await big.count()) } })
export const rate = definePipeline('rate', { nodes: [work, tell] })
`,
    'conf/base/catalog.yml':
      'shop.raw_orders: { type: csv, path: landing/orders.csv }\n"{domain}.{table}": { type: parquet, path: "data/{domain}/{table}" }\n',
    'conf/base/resources.yml': 'journal: { file: journal.txt, token: "${secret:journal/token}" }\n',
    'conf/local/credentials.yml': `journal: { token: ${secret} }\n`,
  })

const body = `
    for await (const row of sound.rows()) {
      await outputs.rated.write({ ...row, stars: row.amount > params.limit ? 5 : 1 })
      if (row.amount > params.limit) await outputs.big.write({ id: row.id })
    }
    resources.journal.say('rated ' + await sound.count() + ' of ' + (partitions?.[0].day ?? 'all'))
    log.info('rated with ' + resources.journal.token, { aborted: signal.aborted, deep: [{ token: resources.journal.token }], n: 1n })
`

const journal = (app: Project): string[] =>
  readFileSync(join(app.dir, 'journal.txt'), 'utf8').trim().split('\n')

describe('function nodes', () => {
  test('stream rows in and out, with params of views, resources and several outputs', async () => {
    using app = project(rated(body))
    const { code, out } = await app.levada('run', '--param', 'rate.least=15')
    expect(out).toContain('✓ rate/work · shop.rated: 2 rows in 2 partitions')
    expect(code).toBe(0)
    expect(
      JSON.parse((await app.levada('query', 'select id, stars from shop.rated order by id', '--json')).out),
    ).toEqual([
      { id: '2', stars: '1' },
      { id: '3', stars: '5' },
    ])
    expect(journal(app)).toEqual(['open 19', 'rated 2 of all', 'big orders: 1', 'closed'])
  })

  test('a node without outputs runs after what it reads', async () => {
    using app = project(rated(body))
    await app.levada('run')
    const { code, out } = await app.levada('run', 'pipeline:rate', '--partition', '2026-01-02')
    expect(out).not.toContain('error')
    expect(code).toBe(0)
    expect(out.indexOf('rate/tell')).toBeGreaterThan(out.indexOf('rate/work'))
  })

  test('rows that are written without waiting are all there, and one that is wrong fails the step', async () => {
    const many = `for (let i = 0; i < 10_000; i++) void outputs.big.write({ id: i })`
    using app = project(rated(many))
    const { code, out } = await app.levada('run', 'shop.big')
    expect(out).toContain('shop.big: 10,000 rows')
    expect(code).toBe(0)
    using wrong = project(rated(`${many}; void outputs.big.write({ id: 'x' as never })`))
    const failed = await wrong.levada('run', 'shop.big')
    expect(failed.out).toContain('error ROW_INVALID')
    expect(failed.code).toBe(1)
  })

  test('one that holds the thread, or leaves much in memory, is named; one that does neither is not', async () => {
    using held = project(rated(`Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 2600)`))
    expect((await held.levada('run')).out).toMatch(
      /rate\/work: The node held the thread for 2\.\d s: nothing else of this process went on/,
    )
    const made = `const kept = Array.from({ length: 200 }, () => new Uint8Array(1024 * 1024).fill(1))`
    using left = project(rated(`${made}; Object.assign(globalThis, { kept })`))
    expect((await left.levada('run')).out).toMatch(
      /rate\/work: The node left (1|2)\d\d MiB in memory when it had ended/,
    )
    using sound = project(rated(`${made}; if (kept.length > 1000) throw new Error('many')`))
    const { code, out } = await sound.levada('run')
    expect([code, out.includes('rate/work:')]).toEqual([0, false])
  })

  test('a secret stands nowhere: output, log, plan', async () => {
    using app = project(rated(body))
    const { out, err } = await app.levada('run', '--json')
    expect(out).toContain('rated with ***')
    expect(out).toContain('"deep":[{"token":"***"}],"n":"1"')
    expect((await app.levada('run')).out).not.toContain(secret)
    const [started] = out.split('\n').map((line) => JSON.parse(line) as { run_id: string })
    const log = readFileSync(join(app.dir, '.levada/runs', started!.run_id, 'log.jsonl'), 'utf8')
    const explained = await app.levada('explain', 'resources.journal.token')
    for (const text of [out, err, log, explained.out, explained.err, (await app.levada('plan', '--sql')).out])
      expect(text).not.toContain(secret)
  })

  test.each([
    [
      'throws',
      'throw new TypeError("no such star")',
      "error NODE_FAILED Node 'rate/work' threw TypeError: no such star",
      'rate.ts:',
    ],
    [
      'writes a wrong value',
      'await outputs.big.write({ id: "x" as never })',
      'error ROW_INVALID',
      "'shop.big'",
    ],
    [
      'writes a column that nobody declared',
      'await outputs.big.write({ id: 1, n: 2 } as never)',
      'error ROW_INVALID',
      'n',
    ],
    ['leaves a column out', 'await outputs.big.write({} as never)', 'error ROW_INVALID', 'id'],
    [
      'writes outside of the partition',
      'await outputs.rated.write({ id: 1, day: "2026-02-01", customer: "x", amount: 1, stars: 1 })',
      'error ROW_OUT_OF_RANGE',
      'day=2026-02-01',
    ],
  ])('one that %s publishes nothing', async (_, code, error, text) => {
    using app = project(rated(`await outputs.big.write({ id: 1 })\n${code}`))
    const { code: exit, out } = await app.levada('run', '--partition', '2026-01-02')
    expect(out).toContain(error)
    expect(out).toContain(text)
    expect(exit).toBe(1)
    expect(out).toContain('- rate/tell skipped: rate/work failed')
    expect((await app.levada('query', 'select * from shop.big')).err).toContain('NOT_MATERIALIZED')
  })
})
