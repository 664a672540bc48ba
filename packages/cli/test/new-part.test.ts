import {
  existsSync,
  globSync,
  mkdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { workspaceFiles } from '@levada/create'
import { execa } from 'execa'
import { describe, expect, test } from 'vitest'
import { project, type Outcome, type Project } from './project.ts'

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
  for (const name of ['orders', 'payments'])
    symlinkSync(`../../pipelines/${name}`, join(made.dir, 'node_modules/@acme', name))
  return made
}

async function levada(made: Project, folder: string, ...args: string[]): Promise<Outcome> {
  const { exitCode, stdout, stderr } = await execa(
    process.execPath,
    [join(root, 'packages/cli/bin/levada.mjs'), ...args],
    { cwd: join(made.dir, folder), reject: false, env: { NO_COLOR: '1', CI: '1' } },
  )
  return { code: exitCode ?? -1, out: stdout, err: stderr }
}

const filesOf = (made: Project): Record<string, string> =>
  Object.fromEntries(
    globSync('**/*', { cwd: made.dir, exclude: (name) => /node_modules|\.levada|data$/.test(name) })
      .filter((file) => statSync(join(made.dir, file)).isFile())
      .map((file) => [file, readFileSync(join(made.dir, file), 'utf8')]),
  )

/** Every part, and where it is made. */
const parts: readonly (readonly [folder: string, ...words: string[]])[] = [
  ['.', 'pipeline', 'payments'],
  ['.', 'app', 'reports'],
  ['pipelines/payments/src', 'node', 'daily-totals'],
  ['pipelines/payments', 'node', 'best-customers', '--typescript', '--output', 'payments.best'],
  ['pipelines/payments', 'asset', 'payments.refunds'],
  ['apps/shop', 'resource', 'notifier'],
  ['apps/shop', 'dataset', 'ledger'],
]

describe('levada new', () => {
  test('W1: each part is imported by name, type-checks, is generated, passes levada check, and runs; again, it changes nothing', async () => {
    using made = workspace()
    for (const [folder, ...words] of parts) {
      const { code, out, err } = await levada(made, folder, 'new', ...words)
      expect({ words, code, err }).toEqual({ words, code: 0, err: '' })
      expect(out).toContain('written')
      expect(out).not.toContain('Add to')
    }
    const { stdout } = await execa(
      join(root, 'node_modules/.bin/tsc'),
      [
        '-p',
        'tsconfig.json',
        '--customConditions',
        '@levada/source',
        '--lib',
        'es2024,es2025.collection,es2025.iterator,esnext.disposable',
      ],
      { cwd: made.dir, reject: false },
    )
    expect(stdout).toBe('')
    for (const app of ['shop', 'reports'])
      for (const words of [['generate', '--check'], ['check']]) {
        const { code, err } = await levada(made, `apps/${app}`, ...words)
        expect({ app, words, code, err }).toEqual({ app, words, code: 0, err: '' })
      }
    const { scripts } = JSON.parse(readFileSync(join(made.dir, 'package.json'), 'utf8')) as {
      scripts: Record<string, string>
    }
    for (const app of ['shop', 'reports']) {
      expect(scripts['check']).toContain(
        `levada generate --check --app apps/${app} && levada check --app apps/${app}`,
      )
      expect(scripts['generate']).toContain(`levada generate --app apps/${app}`)
    }
    const { out } = await levada(made, 'apps/shop', 'run')
    expect(out).toMatch(/payments\.daily_totals +1 +new/)
    expect(out).toMatch(/payments\.best +1 +new/)

    const before = filesOf(made)
    for (const [folder, ...words] of parts) {
      const { code, out: again } = await levada(made, folder, 'new', ...words)
      expect({ words, code, written: /^written|Add to|Then/m.test(again) }).toEqual({
        words,
        code: 0,
        written: false,
      })
    }
    expect(filesOf(made)).toEqual(before)
  })

  test('a name that a file has already gets an ending', async () => {
    using made = workspace()
    symlinkSync('../../pipelines/files', join(made.dir, 'node_modules/@acme/files'))
    for (let i = 0; i < 2; i++) {
      await levada(made, '.', 'new', 'pipeline', 'files')
      await levada(made, 'pipelines/files', 'new', 'node', 'items')
    }
    const text = (file: string): string => readFileSync(join(made.dir, file), 'utf8')
    expect(text('apps/shop/levada.config.ts')).toContain('pipelines: [orders, filesPipeline],')
    expect(text('pipelines/files/src/pipeline.ts')).toContain('nodes: [make, itemsNode]')
    // Two nodes write files.items now, which is told as what it is.
    const { code, err } = await levada(made, 'apps/shop', 'check')
    expect({ code, err: err.split('\n')[0] }).toMatchObject({ code: 2 })
    expect(err).toContain('files.items')
  })

  test('what was edited stays, and is said', async () => {
    using made = workspace()
    await levada(made, '.', 'new', 'pipeline', 'payments')
    const file = join(made.dir, 'pipelines/payments/src/make-payments.sql')
    writeFileSync(file, "select 2 as id, 'mine' as name\n")
    const before = filesOf(made)
    const { code, out } = await levada(made, '.', 'new', 'pipeline', 'payments')
    expect(code).toBe(0)
    expect(out).toContain('kept      pipelines/payments/src/make-payments.sql: it has another text')
    expect(filesOf(made)).toEqual(before)
    // What somebody took out of it does not come back.
    rmSync(join(made.dir, 'pipelines/payments/README.md'))
    const without = filesOf(made)
    expect((await levada(made, '.', 'new', 'pipeline', 'payments')).out).toContain(
      'left out  pipelines/payments/README.md: the package has files of its own already',
    )
    expect(filesOf(made)).toEqual(without)
  })

  test('what it cannot edit for sure is printed, and left alone', async () => {
    using made = workspace()
    const config = join(made.dir, 'apps/shop/levada.config.ts')
    const text = readFileSync(config, 'utf8').replace('[orders]', "[orders.with('x')]")
    writeFileSync(config, text)
    writeFileSync(join(made.dir, 'apps/shop/package.json'), '{"name":"x","type":"module"}')
    const { code, out } = await levada(made, '.', 'new', 'pipeline', 'payments')
    expect(code).toBe(0)
    expect(out).toContain(`Add to apps/shop/levada.config.ts:

  import payments from '@acme/payments'
  … pipelines: [payments]`)
    expect(out).toContain('"dependencies": { "@acme/payments": "^0.1.0" }')
    expect(readFileSync(config, 'utf8')).toBe(text)
  })

  test('a folder that refuses is told', async () => {
    using made = workspace()
    writeFileSync(join(made.dir, 'apps/reports'), '')
    const { code, err } = await levada(made, '.', 'new', 'app', 'reports')
    expect(code).toBe(2)
    expect(err).toMatch(/^error STORAGE apps\/reports\/package\.json could not be written: E(NOTDIR|EXIST)/)
    expect(err).toContain('→ Make the folder writable')
  })

  test('the remedy for a place is one that the command knows', async () => {
    using made = workspace()
    const { err } = await levada(made, 'pipelines/orders', 'new', 'resource', 'notifier')
    expect(err).toContain('→ Go into an app, as apps/<name>, or make one: levada new app <name>.')
  })

  test('prints JSON', async () => {
    using made = workspace()
    const { out } = await levada(made, '.', 'new', 'app', 'reports', '--json')
    expect(JSON.parse(out)).toMatchObject({
      files: expect.arrayContaining([{ file: 'apps/reports/levada.config.ts', state: 'written' }]) as unknown,
      by_hand: [],
      next: ['npm install'],
    })
  })

  test('nothing is written where it cannot be, or under a name that is none', async () => {
    using made = workspace()
    const before = filesOf(made)
    const failing = [
      ['.', 'USAGE', 'pipeline', 'Payments'],
      ['.', 'APP_NOT_FOUND', 'pipeline', 'payments', '--app', 'apps/other'],
      ['.', 'PACKAGE_NOT_FOUND', 'node', 'totals'],
      ['pipelines/orders', 'ASSET_NAME', 'node', 'totals', '--output', 'totals'],
      // Files of the package that are no such node, and a node that is declared elsewhere.
      ['pipelines/orders', 'USAGE', 'node', 'assets'],
      ['pipelines/orders', 'USAGE', 'node', 'pipeline'],
      ['pipelines/orders', 'USAGE', 'node', 'sum-up'],
      ['pipelines/orders', 'USAGE', 'asset', 'shop.orders'],
      ['pipelines/orders', 'USAGE', 'asset', 'shop.orders', '--from', '../../apps/shop/landing/orders.csv'],
      // A type of dataset that a plugin of the app has.
      ['apps/shop', 'USAGE', 'dataset', 'parquet'],
      // The root of a workspace is no package.
      ['.', 'PACKAGE_NOT_FOUND', 'asset', 'shop.refunds'],
      ['.', 'PACKAGE_NOT_FOUND', 'asset', 'shop.refunds', '--from', 'apps/shop/landing/orders.csv'],
      ['.', 'PACKAGE_NOT_FOUND', 'expects', 'shop.orders'],
      ['.', 'PACKAGE_NOT_FOUND', 'dataset', 'ledger'],
      ['.', 'APP_NOT_FOUND', 'resource', 'notifier'],
      ['pipelines/orders', 'APP_NOT_FOUND', 'resource', 'notifier'],
      ['pipelines/orders', 'USAGE', 'asset'],
      ['pipelines/orders', 'ASSET_NAME', 'asset', 'Totals'],
      ['/', 'PACKAGE_NOT_FOUND', 'app', 'reports'],
    ] as const
    for (const [folder, code, ...words] of failing) {
      const outcome = await (folder === '/'
        ? execa(process.execPath, [join(root, 'packages/cli/bin/levada.mjs'), 'new', ...words], {
            cwd: '/',
            reject: false,
            env: { NO_COLOR: '1' },
          }).then(({ exitCode, stderr }) => ({ code: exitCode, err: stderr }))
        : levada(made, folder, 'new', ...words))
      expect(outcome.code).toBe(2)
      expect(outcome.err).toContain(`error ${code} `)
      expect(outcome.err).toContain('\n  → ')
    }
    expect(filesOf(made)).toEqual(before)
    expect(existsSync(join(made.dir, 'apps/reports'))).toBe(false)
  })
})
