import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { readSide } from '@levada/contract'
import { expect, test } from 'vitest'
import { project } from './project.ts'

const manifest = {
  name: '@acme/orders',
  version: '1.2.0',
  type: 'module',
  files: ['dist', 'contract.json'],
  exports: { '.': './dist/pipeline.js' },
  scripts: { build: 'node build.mjs' },
}
const files = {
  'package.json': JSON.stringify(manifest),
  'package-lock.json': '{}',
  'src/pipeline.ts': `import { asset, definePipeline, node, sql, sqlNode } from '@levada/core'
import { z } from 'zod'

const one = asset('shop.one', { schema: z.object({ n: z.int() }) })
const two = asset('shop.two', { schema: z.object({ n: z.int() }) })
const count = sqlNode('count', { output: one, sql: sql\`select 1 as n\` })
const act = node('act', { outputs: { two }, async run(_: unknown, { outputs }): Promise<void> { await outputs.two.write({ n: 1 }) } })
export default definePipeline('orders', { nodes: [count, act] })
`,
  'build.mjs': `import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { stripTypeScriptTypes } from 'node:module'
mkdirSync('dist', { recursive: true })
writeFileSync('dist/pipeline.js', stripTypeScriptTypes(readFileSync('src/pipeline.ts', 'utf8')))
`,
}
const withManifest = (changes: object): Readonly<Record<string, string>> => ({
  ...files,
  'package.json': JSON.stringify({ ...manifest, ...changes }),
})

test('levada package generates, builds and packs; the contract in the tarball is that of the source', async () => {
  using here = project(files)
  const { code, out, err } = await here.levada('package', '.', '--out', 'packs')
  expect([code, err]).toEqual([0, ''])
  expect(out).toMatch(
    /^written {3}src\/ports\.ts: commit it\nwritten {3}contract\.json: commit it\npacked {4}packs\/acme-orders-1\.2\.0\.tgz: @acme\/orders 1\.2\.0, 3 files/,
  )
  expect(readdirSync(join(here.dir, 'packs'))).toEqual(['acme-orders-1.2.0.tgz'])
  const packed = await readSide('packs/acme-orders-1.2.0.tgz', { cwd: here.dir })
  expect(packed.contract).toEqual(JSON.parse(readFileSync(join(here.dir, 'contract.json'), 'utf8')))
  const again = JSON.parse((await here.levada('package', '--json')).out) as object
  expect(again).toMatchObject({
    name: '@acme/orders',
    version: '1.2.0',
    generated: [],
    files: expect.arrayContaining(['contract.json', 'dist/pipeline.js', 'package.json']),
  })
})

test.each<[string, Readonly<Record<string, string>>, RegExp]>([
  [
    'built code that is not that of the source',
    {
      ...files,
      'build.mjs': files['build.mjs'].replace("'utf8'))", "'utf8').replace('n: z.int()', 'n: z.string()'))"),
    },
    /STALE_PORTS contract\.json does not match .*shop\.one › columns › n › type/,
  ],
  [
    'a build that fails',
    withManifest({ scripts: { build: 'node -e "console.log(40 + 2); process.exit(3)"' } }),
    /PACKAGE_FAILED @acme\/orders could not be built: npm run build says:[^]*42/,
  ],
  [
    'a build that leaves nothing',
    withManifest({ scripts: { build: 'node -e 0' } }),
    /PACKAGE_FAILED \.\/dist\/pipeline\.js, which package\.json exports was not built/,
  ],
  [
    'a package without its contract',
    withManifest({ files: ['dist'] }),
    /PACKAGE_FAILED The packed package has no contract\.json/,
  ],
  [
    'a package without its code',
    withManifest({ files: ['contract.json'] }),
    /PACKAGE_FAILED The packed package lacks \.\/dist\/pipeline\.js/,
  ],
  [
    'an install script',
    withManifest({ scripts: { ...manifest.scripts, postinstall: 'node x' } }),
    /PACKAGE_FAILED The packed package runs a script when it is installed: postinstall/,
  ],
  [
    'what only its workspace knows',
    withManifest({ dependencies: { '@acme/x': 'workspace:*' } }),
    /PACKAGE_FAILED The packed package has a dependency "workspace:\*"/,
  ],
])('levada package refuses %s', async (_, given, message) => {
  using here = project(given)
  const { code, err } = await here.levada('package')
  expect([code, err]).toEqual([2, expect.stringMatching(message)])
  rmSync(join(here.dir, 'dist'), { recursive: true, force: true })
  // Nothing half done is left beside the sources.
  expect(readdirSync(here.dir).filter((name) => name.startsWith('.levada-pack'))).toEqual([])
  expect(existsSync(join(here.dir, 'src/pipeline.ts'))).toBe(true)
})
