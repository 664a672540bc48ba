import { expect, test } from 'vitest'
import { project, type Project } from './project.ts'

/** Two nodes beside each other: one keeps what a param says, the other needs little and succeeds. */
const app = (): Project =>
  project({
    'levada.config.ts': `import { asset, defineApp, definePipeline, node, sql, sqlNode } from '@levada/core'
import { parquet } from '@levada/io-parquet'
import { duckdb } from '@levada/resource-duckdb'
import { z } from 'zod'
const schema = z.object({ id: z.int() })
const [numbers, greedy, modest] = ['numbers', 'greedy', 'modest'].map((name) => asset('t.' + name, { schema }))
const count = sqlNode('count', { inputs: {}, output: numbers, sql: sql\`select range::bigint as id from range(1000000)\` })
const keep = node('keep', { inputs: { numbers }, outputs: { greedy }, params: { keeps: z.string() }, async run({ numbers }, { outputs, params: { keeps }, log }) {
  const kept = []
  for await (const { id } of numbers.rows()) {
    if (keeps === 'rows') kept.push({ id, text: 'number ' + id, more: new Array(10).fill(id) })
    if (keeps === 'buffers' && id % 1000 === 0) kept.push(Buffer.alloc(1e6, 1))
    if (keeps === 'garbage') kept[id % 100000] = { id, text: 'number ' + id, more: new Array(20).fill(id) }
    if (keeps === 'all at once') for (let n = 0; n < 2e7; n++) kept.push({ n, text: 'number ' + n })
    await outputs.greedy.write({ id })
  }
  log.info('kept ' + kept.length)
} })
const check = sqlNode('check', { inputs: { numbers }, output: modest, sql: sql\`select id from numbers where id < 10\` })
export default defineApp({ name: 'app', plugins: [duckdb(), parquet()], pipelines: [definePipeline('t', { nodes: [count, keep, check] })] })
`,
    'conf/base/catalog.yml': "'{domain}.{table}': { type: parquet, path: 'data/{domain}/{table}' }\n",
    'conf/base/environment.yml': 'memory_limit: 100MB\n',
  })

interface Event {
  readonly type: string
  readonly node: string
  readonly state: string
  readonly errors?: readonly { readonly code: string; readonly message: string }[]
}

/** How each step ended: the one that failed with its code and message. */
const ends = (out: string): Readonly<Record<string, unknown>> =>
  Object.fromEntries(
    out.split('\n').flatMap((line) => {
      const { type, node, state, errors }: Partial<Event> = line.startsWith('{')
        ? (JSON.parse(line) as Event)
        : {}
      return type === 'step_finished'
        ? [[node, errors ? `${errors[0]!.code} ${errors[0]!.message}` : state]]
        : []
    }),
  )

const words = (runner: string, keeps: string): string[] => [
  'run',
  '--runner',
  runner,
  '--json',
  '--param',
  `t.keeps=${keeps}`,
]

const runners = ['sequential', 'concurrent', 'threads', 'process'] as const

test.each([...runners.map((runner) => [runner, 'rows'] as const), ['process', 'buffers'] as const])(
  "runner '%s' fails a node that keeps %s beyond memory_limit, and no other step",
  async (runner, keeps) => {
    using shop = app()
    const { code, out, err } = await shop.levada(...words(runner, keeps))
    expect([code, ends(out), err]).toEqual([
      1,
      {
        count: 'succeeded',
        check: 'succeeded',
        keep: expect.stringMatching(
          /^MEMORY_LIMIT Step 't\/keep': TypeScript held \d+ MB, more than memory_limit allows, which is 100MB\.$/,
        ) as string,
      },
      '',
    ])
  },
)

test.each(['concurrent', 'threads'])("runner '%s' does not take for kept what is garbage", async (runner) => {
  using shop = app()
  const { code, out } = await shop.levada(...words(runner, 'garbage'))
  expect([code, ends(out)]).toEqual([0, { count: 'succeeded', check: 'succeeded', keep: 'succeeded' }])
})

test.each([
  [
    'threads',
    /^MEMORY_LIMIT Step 't\/keep': TypeScript held \d+ MB, more than memory_limit allows, which is 100MB\.$/,
  ],
  [
    'process',
    /^MEMORY_LIMIT Step 't\/keep': TypeScript held more than memory_limit allows, which is 100MB, and its process was ended\.$/,
  ],
] as const)("runner '%s' ends a node that takes all at once, without a pause", async (runner, message) => {
  using shop = app()
  const { code, out, err } = await shop.levada(...words(runner, 'all at once'))
  expect([code, ends(out), err]).toEqual([
    1,
    { count: 'succeeded', check: 'succeeded', keep: expect.stringMatching(message) as string },
    '',
  ])
})

test('a limit that no process can keep is refused where it is written', async () => {
  using shop = app()
  shop.write('conf/base/environment.yml', 'memory_limit: 1MB\n')
  const { code, err } = await shop.levada('run')
  expect([code, err]).toEqual([
    2,
    expect.stringMatching(
      /environment\.memory_limit: at least 64MB, which it takes to start.*\n.*at conf\/base\/environment.yml:1:15/,
    ),
  ])
})
