import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { project, shop, shopWith } from './project.ts'

const guide = readFileSync(join(import.meta.dirname, '../../../docs/guides/run-in-production.md'), 'utf8')
const [, example] = /## Around every step\n[^]*?```ts\n([^]*?)```/.exec(guide)!

/** The shop with plugins beside its own. */
const shopAround = (imports: string, plugins: string) =>
  shopWith({
    'slow-steps.ts': example!,
    'levada.config.ts': `${imports}\n${shop['levada.config.ts']!.replace('plugins: [', `plugins: [${plugins}, `)}`,
  })

test('the plugin of the guide tells how long steps took', async () => {
  using app = project(
    shopAround("import { slowSteps } from './slow-steps.ts'", 'slowSteps(0), slowSteps(100)'),
  )
  const { code, out } = await app.levada('run')
  expect([code, out]).toEqual([0, expect.stringMatching(/ {2}orders\/stage: took \d+\.\d s \{"attempt":1\}/)])
  // Three nodes, and two sources whose checks are steps, too.
  expect(out.match(/took/g)).toHaveLength(5)
})

test.each(['sequential', 'process'])(
  'with runner %s a node runs in the context in which next() was called',
  async (runner) => {
    using app = project({
      'levada.config.ts': `import { asset, defineApp, definePipeline, node } from '@levada/core'
import { definePlugin } from '@levada/core/spi'
import { parquet } from '@levada/io-parquet'
import { duckdb } from '@levada/resource-duckdb'
import { AsyncLocalStorage } from 'node:async_hooks'
import { z } from 'zod'
const spans = new AsyncLocalStorage()
const spanned = asset('t.spanned', { schema: z.object({ span: z.string() }) })
const span = node('span', { outputs: { spanned }, run: (_, { outputs }) => outputs.spanned.write({ span: spans.getStore() ?? 'none' }) })
const tracing = definePlugin('tracing', { aroundStep: ({ step, attempt, next }) => spans.run(step.id + ' ' + attempt, next) })
export default defineApp({ name: 'app', plugins: [duckdb(), tracing, parquet()], pipelines: [definePipeline('t', { nodes: [span] })] })
`,
      'conf/base/catalog.yml': 't.spanned: { type: parquet, path: data/spanned }\n',
    })
    expect((await app.levada('run', '--runner', runner)).code).toBe(0)
    expect((await app.levada('query', 'select * from t.spanned', '--json')).out).toContain(
      '"span": "t/span 1"',
    )
  },
)

test('each attempt is one call, and what is told of a plugin is checked', async () => {
  const lost =
    "definePlugin('lost', { async aroundStep({ step, attempt, next }) { if (attempt === 1) throw new LevadaError('CONNECTION_LOST', 'The server went away.', { retryable: true }); await next() } })"
  const imports = "import { definePlugin, LevadaError } from '@levada/core/spi'"
  using app = project(shopAround(imports, lost))
  const { code, out } = await app.levada('run', 'shop.customers', '--retries', '1', '--retry-delay', '10ms')
  expect([code, out]).toEqual([0, expect.stringContaining('attempt 2 of 2')])
  using wrong = project(shopAround(imports, "{ ...definePlugin('wrong', {}), aroundStep: 'no' }"))
  const refused = await wrong.levada('run')
  expect([refused.code, refused.err]).toEqual([
    2,
    expect.stringContaining("aroundStep of plugin 'wrong' is no function."),
  ])
})

test.each(['before', 'after'])(
  'a hook that pays no heed to a stopped run %s its step holds nobody',
  async (when) => {
    const deaf = `definePlugin('deaf', { async aroundStep({ step, next }) {
    if (step.id !== 'customers/stage-customers') return next()
    ${when === 'after' ? 'await next()' : ''}
    console.error('held')
    await new Promise(() => {})
  } })`
    using app = project(shopAround("import { definePlugin } from '@levada/core/spi'", deaf))
    const run = app.start(['run', 'shop.customers', '--json'])
    run.stderr!.on('data', (part: Buffer) => {
      if (part.toString().includes('held')) run.kill('SIGINT')
    })
    const { exitCode, stdout } = await run
    // What was published before the hook waited stays.
    expect([exitCode, stdout.includes('"type":"asset_materialized"')]).toEqual([130, when === 'after'])
    expect(stdout).toContain(
      `"node":"stage-customers","state":"${when === 'after' ? 'succeeded' : 'cancelled'}"`,
    )
    const late = await app.levada('run', 'shop.customers', '--force', '--step-timeout', '1500ms')
    expect([late.code, late.out.includes('STEP_TIMEOUT')]).toEqual(when === 'after' ? [0, false] : [1, true])
  },
)

test.each(['sequential', 'concurrent', 'threads', 'process'])(
  "a hook that calls process.exit() fails its step with runner '%s', and the run goes on",
  async (runner) => {
    const leaving =
      "definePlugin('leaving', { aroundStep({ step, next }) { if (step.id === 'orders/stage') process.exit(0); return next() } })"
    using app = project(shopAround("import { definePlugin } from '@levada/core/spi'", leaving))
    const { code, out } = await app.levada('run', '--runner', runner)
    expect([code, out]).toEqual([1, expect.stringContaining('✓ customers/stage-customers')])
    expect(out).toContain(
      "Plugin 'leaving' failed before step 'orders/stage', which did not run: it called process.exit(0), which would have ended the run and its other steps.",
    )
  },
)
