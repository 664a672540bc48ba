import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { project } from './project.ts'

const pipeline = `import { asset, definePipeline, sql, sqlNode } from '@levada/core'
import { z } from 'zod'

const one = asset('shop.one', { schema: z.object({ n: z.int() }) })
export default definePipeline('orders', { nodes: [sqlNode('count', { output: one, sql: sql\`select 1 as n\` })] })
`
const files = {
  'package.json': '{ "private": true, "workspaces": ["pipelines/*"] }',
  // Nobody answers there: what is wrong with the package itself is told before the registry is asked.
  '.npmrc': '@acme:registry=http://127.0.0.1:2/\n',
  'pipelines/orders/package.json': '{ "name": "@acme/orders", "version": "1.0.0", "type": "module" }',
  'pipelines/orders/src/pipeline.ts': pipeline,
}

test('a contract.json that is not that of the source, or is not there, is no pass', async () => {
  using here = project(files)
  const missing = await here.levada('release', 'check')
  expect([missing.code, missing.out]).toEqual([
    2,
    expect.stringContaining('CONTRACT_MISSING There is no contract.json in @acme/orders'),
  ])
  await here.levada('generate', 'pipelines/orders')
  const written = await here.levada('release', 'check')
  expect([written.code, written.out]).toEqual([2, expect.stringContaining('REGISTRY_FAILED')])
  here.write('pipelines/orders/src/pipeline.ts', pipeline.replace('n: z.int()', 'n: z.int().nullable()'))
  const stale = await here.levada('release', 'check')
  expect([stale.code, stale.out]).toEqual([
    2,
    expect.stringMatching(/STALE_PORTS contract\.json does not match[^]*nullable[^]*Run levada generate/),
  ])
  here.write('pipelines/orders/src/pipeline.ts', "import 'nothing-like-it'\n")
  expect((await here.levada('release', 'check', '--markdown')).out).toMatch(
    /\| `@acme\/orders` \| – \| 1\.0\.0 \| – \| – \| \*\*could not be checked\*\* \|[^]*- MODULE_FAILED: .*→ /,
  )
})

test('a terminal obeys nothing that a contract says', async () => {
  using here = project(files)
  await here.levada('generate', 'pipelines/orders')
  const file = join(here.dir, 'pipelines/orders/contract.json')
  const contract = readFileSync(file, 'utf8')
  writeFileSync(file, contract.replace('"tags"', '"description": "clear \\u001b[2J\\u009b2J", "tags"'))
  const shown = await here.levada('contract', 'show', 'pipelines/orders')
  expect([shown.code, shown.out]).toEqual([0, expect.stringContaining('clear \ufffd[2J\ufffd2J\n')])
  writeFileSync(file, contract.replaceAll('shop.one', 'shop.\\u001b[2J'))
  const refused = await here.levada('contract', 'show', 'pipelines/orders')
  expect([refused.code, refused.err]).toEqual([2, expect.stringContaining('provides › shop.\ufffd[2J')])
})

test('a package that cannot be read does not vanish from the check', async () => {
  using here = project(files)
  writeFileSync(join(here.dir, 'pipelines/orders/package.json'), '{')
  const broken = await here.levada('release', 'check')
  expect([broken.code, broken.err]).toEqual([
    2,
    expect.stringMatching(
      /MODULE_FAILED package\.json is not valid JSON[^]*pipelines\/orders\/package\.json/,
    ),
  ])
  rmSync(join(here.dir, 'pipelines/orders'), { recursive: true })
  const none = await here.levada('release', 'check')
  expect([none.code, none.out]).toEqual([
    0,
    expect.stringContaining('There is no public package with a contract.json here.'),
  ])
})
