import { mkdirSync, rmSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { workspaceFiles } from '@levada/create'
import { execa } from 'execa'
import { expect, test } from 'vitest'
import { bin, project, type Project } from './project.ts'

const root = join(import.meta.dirname, '../../..')

/** A new workspace, with what an install would link. */
function workspace(): Project {
  const made = project(
    workspaceFiles({ name: 'shop', scope: '@acme', packageManager: 'npm', pinNode: false }) as Record<
      string,
      string
    >,
  )
  mkdirSync(join(made.dir, 'node_modules/@acme'), { recursive: true })
  mkdirSync(join(made.dir, 'node_modules/@levada'))
  symlinkSync(join(root, 'packages/testing'), join(made.dir, 'node_modules/@levada/testing'))
  symlinkSync('../../pipelines/orders', join(made.dir, 'node_modules/@acme/orders'))
  // Packages of this repository are taken from their source.
  made.write(
    'vitest.config.ts',
    `const conditions = ['@levada/source', 'module', 'node']
export default {
  ssr: { resolve: { conditions, externalConditions: conditions } },
  test: { include: ['pipelines/*/test/*.test.ts'], execArgv: ['--conditions=@levada/source'], testTimeout: 30_000 },
}
`,
  )
  return made
}

test('levada test binds the SQL of a package and runs its tests', async () => {
  using made = workspace()
  const { code, out } = await made.levada('test')
  expect(out).toContain('✓ @acme/orders: 3 statements bound in duckdb\n')
  expect(out).toMatch(/Tests +2 passed/)
  expect(out).toContain('✓ @acme/orders: tests passed')
  expect(code).toBe(0)
})

test('levada test --json prints one document, and what the tests print goes to stderr', async () => {
  using made = workspace()
  const { code, out, err } = await made.levada('test', 'pipelines/orders', '--json')
  expect(JSON.parse(out)).toEqual({
    packages: [
      {
        name: '@acme/orders',
        dir: join(made.dir, 'pipelines/orders'),
        sql: [{ engine: 'duckdb', dialect: 'duckdb', bound: 3, not_bound: [], errors: [] }],
        tests: { state: 'passed' },
      },
    ],
  })
  expect(err).toMatch(/Tests +2 passed/)
  expect(code).toBe(0)
})

test('SQL that does not bind, and a test that fails, are exit code 1', async () => {
  using made = workspace()
  made.write('pipelines/orders/src/daily-revenue.sql', 'select ordered_on, contry from orders\n')
  const { code, out, err } = await made.levada('test')
  expect(out).toContain('✗ @acme/orders: 2 statements bound in duckdb, 1 error')
  expect(err).toMatch(/error SQL_BIND .*contry/)
  expect(err).toContain('at pipelines/orders/src/daily-revenue.sql:1:20')
  expect(out).toContain('✗ @acme/orders: tests failed')
  expect(code).toBe(1)
})

test('a package without a test has not passed', async () => {
  using made = workspace()
  rmSync(join(made.dir, 'pipelines/orders/test'), { recursive: true })
  const { code, out } = await made.levada('test')
  expect(out).toContain('! @acme/orders: not tested: there is no test: write one in test/<name>.test.ts')
  expect(code).toBe(2)
})

test('the script test of package.json is what runs, unless it is the command itself', async () => {
  using made = workspace()
  const manifest = JSON.parse(
    workspaceFiles({ name: 'shop', scope: '@acme', packageManager: 'npm', pinNode: false })[
      'pipelines/orders/package.json'
    ]!,
  ) as object
  const withScript = (test: string): void =>
    made.write('pipelines/orders/package.json', JSON.stringify({ ...manifest, scripts: { test } }))
  withScript('echo mine && exit 3')
  const failed = await made.levada('test')
  expect(failed.out).toContain('mine\n✗ @acme/orders: tests failed')
  expect(failed.code).toBe(1)
  withScript('levada test')
  expect((await made.levada('test')).out).toContain('✓ @acme/orders: tests passed')
})

test('SQL for a dialect that nothing here computes is not bound, which is exit code 2', async () => {
  using made = workspace()
  made.write('pipelines/orders/src/daily-revenue.postgres.sql', 'select no such thing\n')
  const { code, out } = await made.levada('test')
  expect(out).toContain(
    '! @acme/orders: not bound in postgres: it has SQL of its own for postgres, and no app of the workspace computes it there',
  )
  expect(code).toBe(2)
})

test('without an @levada/testing that can be loaded nothing is bound in DuckDB, and it says why', async () => {
  using made = workspace()
  rmSync(join(made.dir, 'node_modules/@levada/testing'))
  made.write('node_modules/@levada/testing/package.json', '{ "name": "@levada/testing", "exports": {} }')
  rmSync(join(made.dir, 'pipelines/orders/test'), { recursive: true })
  const { code, out } = await made.levada('test', 'pipelines/orders')
  expect(out).toMatch(/! @acme\/orders: not bound in duckdb: .*\.\/pipeline/)
  expect(code).toBe(2)
})

test('without a folder it is for the package or app around, or for the root of the workspace', async () => {
  using made = workspace()
  made.write('docs/readme.md', '')
  const levada = (dir: string) =>
    execa(process.execPath, [bin, 'test'], { cwd: join(made.dir, dir), reject: false, env: { CI: '1' } })
  expect(await levada('docs')).toMatchObject({
    exitCode: 2,
    stdout: '',
    stderr: expect.stringContaining('docs is in no pipeline package and in no app of the workspace'),
  })
  expect(await levada('pipelines/orders/src')).toMatchObject({ exitCode: 0 })
})

test('a folder that is no pipeline package is told', async () => {
  using made = workspace()
  expect(await made.levada('test', 'apps')).toMatchObject({
    code: 2,
    err: expect.stringContaining('error PACKAGE_NOT_FOUND apps is no pipeline package'),
  })
})
