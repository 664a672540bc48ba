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
