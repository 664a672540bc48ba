import { expect, test } from 'vitest'
import { withoutNpm } from '../src/exec.ts'
import { inspect } from '../src/inspect.ts'

const manifest = {
  exports: { '.': { types: './dist/index.d.ts', default: './dist/index.js' } },
  bin: { x: './bin/x.mjs' },
}
const good: Readonly<Record<string, string>> = {
  'package.json': JSON.stringify(manifest),
  'README.md': '',
  LICENSE: '',
  'contract.json': '{}',
  'bin/x.mjs': '',
  'dist/index.js': `const url = new URL('./a.sql', import.meta.url)`,
  'dist/index.d.ts': '',
  'dist/a.sql': '',
}

function problems(changes: Readonly<Record<string, string | undefined>>): string[] {
  const files = Object.entries({ ...good, ...changes }).filter(
    (entry): entry is [string, string] => entry[1] !== undefined,
  )
  return inspect(new Map(files), { contract: true, sql: ['a.sql'] })
}

test('inspect accepts a good package', () => expect(problems({})).toEqual([]))

test.each(['README.md', 'LICENSE', 'contract.json', 'bin/x.mjs', 'dist/index.js', 'dist/index.d.ts'])(
  'inspect reports that %s is missing',
  (file) => expect(problems({ [file]: undefined })).toEqual([`${file} is missing`]),
)

test.each([
  'src/a.ts',
  'test/a.js',
  'dist/a.test.js',
  'dist/a.ts',
  'dist/.tsbuildinfo',
  '.npmrc',
  'src/.env',
])('inspect reports %s', (file) =>
  expect(problems({ [file]: '' })).toEqual([`${file} does not belong into a package`]),
)

test.each(['workspace:', 'catalog:', '@levada/source'])('inspect reports %s in the manifest', (word) => {
  const text = JSON.stringify({ ...manifest, dependencies: { a: `${word}*` } })
  expect(problems({ 'package.json': text })).toEqual([`package.json holds '${word}'`])
})

test('inspect reports install scripts', () => {
  const text = JSON.stringify({ ...manifest, scripts: { postinstall: 'x', test: 'y' } })
  expect(problems({ 'package.json': text })).toEqual([`package.json runs 'postinstall' on install`])
})

test('inspect reports SQL that is referred to, or in the sources, and was not packed', () => {
  expect(problems({ 'dist/a.sql': undefined })).toEqual([
    'dist/a.sql is missing',
    'dist/index.js refers to dist/a.sql, which is missing',
  ])
})

test('inspect reports imports of modules that were not packed', () => {
  const changes = { 'dist/index.d.ts': `export { a } from './a.ts'`, 'dist/index.js': `import('./b.js')` }
  expect(problems(changes)).toEqual([
    'dist/index.js imports dist/b.js, which is missing',
    'dist/index.d.ts imports dist/a.d.ts, which is missing',
  ])
})

test('withoutNpm drops what npm and pnpm export, in either case', () => {
  const env = {
    PATH: '/bin',
    npm_config_registry: 'a',
    NPM_CONFIG_USERCONFIG: 'b',
    pnpm_config_x: 'c',
    npm_execpath: 'd',
  }
  expect(withoutNpm(env)).toEqual({ PATH: '/bin' })
})

test('inspect does not take code that a module holds as text for its own', () => {
  const code = 'export const template = `import { a } from "./a.ts"`'
  expect(problems({ 'dist/template.js': code })).toEqual([])
})
