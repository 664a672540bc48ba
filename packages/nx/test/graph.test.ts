import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { dataEdges } from '../src/data-edges.ts'

// Below this package, so that Nx finds its own packages.
const tmp = join(import.meta.dirname, 'tmp')
const { resolve } = createRequire(import.meta.url)
const bin = join(
  dirname(resolve('nx/package.json')),
  (JSON.parse(readFileSync(resolve('nx/package.json'), 'utf8')) as { bin: { nx: string } }).bin.nx,
)

function folder(files: Readonly<Record<string, unknown>>): string {
  mkdirSync(tmp, { recursive: true })
  const dir = mkdtempSync(join(tmp, 'graph-'))
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }))
  for (const [file, content] of Object.entries(files)) write(dir, file, content)
  return dir
}

function write(dir: string, file: string, content: unknown): void {
  mkdirSync(dirname(join(dir, file)), { recursive: true })
  writeFileSync(join(dir, file), typeof content === 'string' ? content : JSON.stringify(content))
}

const pipeline = (name: string, contract: object) => ({
  [`pipelines/${name}/package.json`]: { name: `@acme/${name}`, version: '1.0.0' },
  [`pipelines/${name}/src/pipeline.ts`]: '',
  [`pipelines/${name}/contract.json`]: { name, provides: {}, requires: {}, sources: {}, ...contract },
})

test('nx affected includes who reads an asset, though nothing imports its provider', () => {
  const dir = folder({
    'package.json': { name: 'acme', private: true, workspaces: ['pipelines/*'] },
    'package-lock.json': { name: 'acme', lockfileVersion: 3, packages: {} },
    '.gitignore': 'node_modules\n.nx\n',
    'nx.json': { analytics: false, useDaemonProcess: false, plugins: ['../../../src/index.ts'] },
    ...pipeline('flights', { provides: { 'aviation.flights': {} } }),
    ...pipeline('delays', { requires: { 'aviation.flights': {} }, provides: { 'delays.airport': {} } }),
    ...pipeline('report', { requires: { 'delays.airport': {} } }),
    ...pipeline('other', { sources: { 'shop.raw_orders': {} } }),
  })
  mkdirSync(join(dir, 'node_modules'))
  for (const name of ['nx', '@nx']) {
    const real = join(import.meta.dirname, '../node_modules', name)
    symlinkSync(real, join(dir, 'node_modules', name))
  }
  const env = { ...process.env, NX_DAEMON: 'false', NX_WORKSPACE_ROOT_PATH: '', NX_TUI: 'false', CI: '1' }
  const run = (command: string, ...args: string[]): string =>
    execFileSync(command, args, { cwd: dir, encoding: 'utf8', env, stdio: ['ignore', 'pipe', 'pipe'] })
  run('git', 'init', '--quiet', '--initial-branch=main')
  run('git', 'config', 'user.name', 'Test')
  run('git', 'config', 'user.email', 'test@example.invalid')
  run('git', 'add', '--all')
  run('git', 'commit', '--quiet', '--message', 'base')
  const nx = (...args: string[]): string => run(process.execPath, bin, ...args)

  nx('graph', '--file=graph.json')
  const { graph } = JSON.parse(readFileSync(join(dir, 'graph.json'), 'utf8')) as {
    graph: { dependencies: Record<string, { target: string; type: string }[]> }
  }
  rmSync(join(dir, 'graph.json'))
  expect(graph.dependencies['@acme/delays']).toEqual([
    { source: '@acme/delays', target: '@acme/flights', type: 'implicit' },
  ])
  expect(graph.dependencies['@acme/other']).toEqual([])

  const affected = (): unknown => JSON.parse(nx('show', 'projects', '--affected', '--base=HEAD', '--json'))
  write(dir, 'pipelines/flights/src/pipeline.ts', '// changed\n')
  expect((affected() as string[]).toSorted()).toEqual(['@acme/delays', '@acme/flights', '@acme/report'])
  run('git', 'checkout', '--quiet', '.')
  write(dir, 'pipelines/report/src/pipeline.ts', '// changed\n')
  expect(affected()).toEqual(['@acme/report'])
})

test('dataEdges goes from readers to providers, once, and never in a cycle', () => {
  const dir = folder({
    ...pipeline('a', { provides: { 'x.a': {}, 'x.a2': {} }, requires: { 'x.c': {} } }),
    ...pipeline('b', { provides: { 'x.b': {} }, requires: { 'x.a': {}, 'x.a2': {}, 'x.gone': {} } }),
    ...pipeline('c', { provides: { 'x.c': {} }, requires: { 'x.b': {}, 'x.c': {} } }),
    ...pipeline('d', { sources: { 'x.c': {} } }),
    'pipelines/broken/contract.json': '{',
  })
  const roots = Object.fromEntries(
    ['a', 'b', 'c', 'd', 'broken', 'none'].map((name) => [name, `pipelines/${name}`]),
  )
  expect(dataEdges(dir, roots)).toEqual({
    edges: [
      { source: 'a', target: 'c' },
      { source: 'b', target: 'a' },
      { source: 'd', target: 'c' },
    ],
    leftOut: [{ source: 'c', target: 'b' }],
  })
})
