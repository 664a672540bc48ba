import { execFileSync } from 'node:child_process'
import { cpSync, mkdirSync, readFileSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { project, shop, type Project } from './project.ts'

interface Parts {
  readonly provides: Readonly<Record<string, readonly string[]>>
  readonly requires?: Readonly<Record<string, readonly string[]>>
  readonly fingerprint?: string
}

function contract(name: string, { provides, requires = {}, fingerprint = 'f1' }: Parts): string {
  const columns = (names: readonly string[]): object[] =>
    names.map((each) => ({ name: each, type: { kind: 'int' }, nullable: false }))
  const map = (assets: Parts['provides'], more: object): object =>
    Object.fromEntries(
      Object.entries(assets).map(([asset, names]) => [asset, { columns: columns(names), ...more }]),
    )
  return JSON.stringify({
    format: 1,
    protocol: 'pipeline@1',
    name,
    dialects: [],
    provides: map(provides, { tags: [], key: [], partitions: [], checks: [] }),
    sources: {},
    requires: map(requires, {}),
    params: {},
    resources: {},
    nodes: [
      {
        name: 'make',
        kind: 'sql',
        inputs: Object.keys(requires),
        outputs: Object.keys(provides),
        fingerprint,
      },
    ],
  })
}

const flights = { provides: { 'air.flights': ['id', 'delay'] } }
const delays = { provides: { 'air.delays': ['delay'] }, requires: { 'air.flights': ['delay'] } }
const pipeline = (name: string, version: string, parts: Parts): Readonly<Record<string, string>> => ({
  [`pipelines/${name}/package.json`]: JSON.stringify({ name: `@acme/${name}`, version }),
  [`pipelines/${name}/contract.json`]: contract(name, parts),
})

/** An app that composes two packages of its workspace, committed. */
function board(): Project {
  const here = project({
    'package.json': '{ "name": "acme", "workspaces": ["pipelines/*", "apps/*"] }',
    'apps/board/package.json':
      '{ "name": "@acme/board", "dependencies": { "@acme/flights": "*", "@acme/delays": "*" } }',
    'apps/board/levada.config.ts': 'export default undefined\n',
    ...pipeline('flights', '1.0.0', flights),
    ...pipeline('delays', '1.0.0', delays),
  })
  mkdirSync(join(here.dir, 'node_modules/@acme'), { recursive: true })
  for (const name of ['flights', 'delays'])
    symlinkSync(join(here.dir, 'pipelines', name), join(here.dir, 'node_modules/@acme', name))
  const git = (...args: readonly string[]): unknown => execFileSync('git', args, { cwd: here.dir })
  git('init', '--quiet')
  git('add', '--all')
  git(
    '-c',
    'user.name=Team',
    '-c',
    'user.email=team@example.invalid',
    'commit',
    '--quiet',
    '--message',
    'first',
  )
  return here
}
const change = (here: Project, files: Readonly<Record<string, string>>): void => {
  for (const [file, text] of Object.entries(files)) here.write(file, text)
}
const diff = (here: Project, ...args: readonly string[]): ReturnType<Project['levada']> =>
  here.levada('app', 'diff', ...args, '--app', 'apps/board')

test('levada app diff: nothing, a feature, and code that computes in another way', async () => {
  using here = board()
  const same = await diff(here, 'HEAD')
  expect([same.code, same.out, same.err]).toEqual([0, 'The same packages with the same contracts.', ''])
  change(here, pipeline('flights', '1.1.0', { ...flights, fingerprint: 'f2' }))
  const { code, out } = await diff(here, 'HEAD')
  expect(code).toBe(0)
  expect(out).toContain('@acme/flights 1.0.0 → 1.1.0: compatible')
  expect(out).toContain('To be computed again: air.delays, air.flights')
})

test('levada app diff: a break names who in the app reads it, against a revision and a folder; exit 1', async () => {
  using here = board()
  for (const part of ['package.json', 'apps', 'pipelines', 'node_modules'])
    cpSync(join(here.dir, part), join(here.dir, 'deployed', part), { recursive: true, dereference: true })
  change(here, pipeline('flights', '2.0.0', { provides: { 'air.flights': ['id'] } }))
  for (const other of ['HEAD', 'deployed/apps/board']) {
    const { code, out, err } = await diff(here, other)
    expect([code, err]).toEqual([1, ''])
    expect(out).toContain("'air.flights'.delay is gone")
    expect(out).toContain('air.flights.delay is read by @acme/delays (make)')
  }
  const json = JSON.parse((await diff(here, 'HEAD', '--json')).out) as unknown
  expect(json).toMatchObject({
    packages: [{ name: '@acme/flights', was: '1.0.0', is: '2.0.0', changes: [{ rule: 'column-removed' }] }],
  })
})

test('levada app diff: packages that are new or gone', async () => {
  using here = board()
  here.write('apps/board/package.json', '{ "name": "@acme/board", "dependencies": { "@acme/delays": "*" } }')
  const gone = await diff(here, 'HEAD')
  expect([gone.code, gone.out]).toEqual([1, expect.stringContaining('@acme/flights 1.0.0 → gone')])
  expect(gone.out).toContain('air.flights is read by @acme/delays')
})

test.each([
  [[], /USAGE There is nothing to compare the app with/],
  [['v9.9.9'], /GIT_FAILED 'v9\.9\.9' is no folder, no tarball and no git revision/],
])('levada app diff %j says what is wrong, exit 2', async (args, message) => {
  using here = board()
  const { code, err } = await diff(here, ...args)
  expect([code, err]).toEqual([2, expect.stringMatching(message)])
})

test('levada app diff --bom, and every run records its hash', async () => {
  using here = project({ ...shop, 'package.json': '{ "dependencies": { "@levada/core": "*" } }' })
  const bom = JSON.parse((await here.levada('app', 'diff', '--bom', '--json')).out) as {
    hash: string
    packages: unknown
  }
  expect(bom.packages).toEqual([{ name: '@levada/core', version: expect.stringMatching(/^\d/) }])
  expect((await here.levada('app', 'diff', '--bom')).out).toContain(bom.hash)
  const { out } = await here.levada('run', '--json')
  expect(JSON.parse(out.split('\n')[0]!)).toMatchObject({ type: 'run_started', bom: bom.hash })
  const version = (
    JSON.parse(readFileSync(join(import.meta.dirname, '../../core/package.json'), 'utf8')) as {
      version: string
    }
  ).version
  expect(bom.packages).toMatchObject([{ version }])
})
