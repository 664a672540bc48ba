// What moves the fingerprint of a node, and what does not.
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { execa } from 'execa'
import type { Contract } from '../src/app/index.ts'

type Files = Readonly<Record<string, string>>

const files: Files = {
  'package.json':
    '{ "name": "@acme/trips", "type": "module", "imports": { "#limits": "./src/limits.ts" } }\n',
  'src/pipeline.ts': `import { asset, definePipeline, expects, node, source, sqlNode, view } from '@levada/core'
import { z } from 'zod'
import { label } from './label.ts'
import type { Unused } from './unused.ts'

const schema = z.object({ id: z.int(), name: z.string() })
const raw = source('trips.raw', { schema })
const cities = expects('geo.cities', z.object({ name: z.string() }))
const known = view('known', { inputs: { raw, cities }, params: { low: z.int().default(1) }, sql: new URL('./known.sql', import.meta.url), schema })
const trips = sqlNode('trips', { inputs: { known }, output: asset('trips.trips', { schema, description: 'Trips.' }), sql: new URL('./trips.sql', import.meta.url) })
const named = node('named', {
  inputs: { raw },
  outputs: { out: asset('trips.named', { schema }) },
  async run({ raw }, { outputs }): Promise<void> {
    for await (const row of raw.rows()) await outputs.out.write({ ...row, name: label(row.name) })
  },
})
const told = node('told', { version: '1', outputs: { out: asset('trips.told', { schema }) }, run() {} })
export default definePipeline('trips', { nodes: [trips, named, told] })
`,
  'src/label.ts': `import { limits } from '#limits'
import words from './words.json' with { type: 'json' }

const list = new URL('./list.txt', import.meta.url)

/** Cuts. */
export function label(text: string): string {
  const cut = { a: 1, length: limits.long }
  return words[0]! + String(list) + text.slice(0, cut.length) + \`of
\${text}\`
}
`,
  'src/limits.ts': 'export const limits = { long: 10 }\n',
  'src/unused.ts': 'export interface Unused { a: string }\n',
  'src/words.json': '["a", "b"]\n',
  'src/list.txt': 'one\n',
  'src/known.sql': 'select raw.id, name from raw join cities using (name) where id > $low\n',
  'src/trips.sql': "select id, 'x  -- y' as name\nfrom known\n",
  'src/trips.postgres.sql': 'select id, name from known\n',
}

const root = join(import.meta.dirname, '../.levada/fingerprint')
rmSync(root, { recursive: true, force: true })
mkdirSync(join(root, 'node_modules/@levada'), { recursive: true })
symlinkSync(join(import.meta.dirname, '..'), join(root, 'node_modules/@levada/core'))
afterAll(() => rmSync(root, { recursive: true, force: true }))

type Change = Readonly<Record<string, string | ((text: string) => string)>>

/** The package with some files replaced. */
function packageWith(changed: Change): string {
  const dir = mkdtempSync(join(root, 'p-'))
  const all: Record<string, string> = { ...files }
  for (const [file, change] of Object.entries(changed))
    all[file] = typeof change === 'string' ? change : change(files[file]!)
  for (const [file, text] of Object.entries(all)) {
    mkdirSync(dirname(join(dir, file)), { recursive: true })
    writeFileSync(join(dir, file), text)
  }
  return dir
}

/** The contracts of packages, as a process of its own generates them, which says nothing else. */
async function contractsOf(dirs: readonly string[]): Promise<readonly Contract[]> {
  const script = `import { generatedFiles } from '@levada/core/run'
const contracts = []
for (const dir of ${JSON.stringify(dirs)})
  contracts.push((await generatedFiles(dir)).find(({ file }) => file.endsWith('contract.json')).text)
console.log(JSON.stringify(contracts))`
  const { stdout, stderr } = await execa(
    process.execPath,
    ['--conditions=@levada/source', '--input-type=module', '-e', script],
    { cwd: import.meta.dirname },
  )
  expect(stderr).toBe('')
  return (JSON.parse(stdout) as string[]).map((text) => JSON.parse(text) as Contract)
}
const prints = ({ nodes }: Contract): Readonly<Record<string, string>> =>
  Object.fromEntries(nodes.map(({ name, fingerprint }) => [name, fingerprint]))

const edit = (from: string | RegExp, to: string) => (text: string) => {
  expect(text).toMatch(from)
  return text.replace(from, to)
}

const still: readonly (readonly [string, Change])[] = [
  [
    'the form of a module',
    {
      'src/label.ts': `// cuts
import { limits } from "#limits";
import words from "./words.json" with { type: "json" };
const list = new URL("./list.txt", import.meta.url);
export function label(
  text: string, // of a name
) {
  const cut = { 'a': 1, "length": limits.long, };
  ;return (words[0] as string) + String(list)
    + text.slice(0, cut.length) + \`of
\${text}\`;
}
`,
    },
  ],
  ['line ends of Windows', { 'src/label.ts': edit(/\n/g, '\r\n'), 'src/trips.sql': edit(/\n/g, '\r\n') }],
  ['types', { 'src/unused.ts': 'export interface Unused { b: number }\n' }],
  ['the form of JSON', { 'src/words.json': '[\n  "a",\n  "b"\n]' }],
  ['a module that nobody imports', { 'src/other.ts': 'export const x = 1\n' }],
  ['a test', { 'src/label.test.ts': 'export const x = 1\n' }],
  [
    'the form of SQL',
    {
      'src/trips.sql': "/* of /* all */ */ select id,'x  -- y' as name -- named\r\n  from known ;\n",
      'src/known.sql': edit('join cities using (name)', '\njoin cities\n  using(name)'),
    },
  ],
]
const moving: readonly (readonly [string, readonly string[], Change])[] = [
  ['with a helper module', ['named'], { 'src/label.ts': edit('slice(0,', 'slice(1,') }],
  ['with a helper of a helper', ['named'], { 'src/limits.ts': edit('10', '11') }],
  ['with data that is imported', ['named'], { 'src/words.json': '["A", "b"]\n' }],
  ['with data that is named by URL', ['named'], { 'src/list.txt': 'two\n' }],
  ['with white space in a template', ['named'], { 'src/label.ts': edit('`of\n', '`of \n') }],
  [
    'with a version said by hand',
    ['named', 'told'],
    { 'src/pipeline.ts': edit("version: '1'", "version: '2'") },
  ],
  ['with SQL', ['trips'], { 'src/trips.sql': edit("'x  -- y'", "'x -- y'") }],
  [
    'with SQL of one dialect',
    ['trips'],
    { 'src/trips.postgres.sql': 'select id, upper(name) as name from known\n' },
  ],
  ['with SQL for another dialect', ['trips'], { 'src/trips.duckdb.sql': 'select id, name from known\n' }],
  [
    'with words about a column',
    ['named'],
    { 'src/pipeline.ts': edit('id: z.int(),', "id: z.int().describe('x').meta({ unit: 'm' }),") },
  ],
  ['with a view below', ['trips'], { 'src/known.sql': edit('> $low', '>= $low') }],
  // The module is the source of the function node too.
  ['with a param of a view', ['named', 'trips'], { 'src/pipeline.ts': edit('default(1)', 'default(2)') }],
  [
    'with what an expectation sees',
    ['named', 'trips'],
    {
      'src/pipeline.ts': edit(
        'z.object({ name: z.string() }))',
        'z.object({ name: z.string(), at: z.int() }))',
      ),
    },
  ],
  [
    'with any file once a module loads what it does not name',
    ['named'],
    {
      'src/label.ts': edit('/** Cuts. */', "await import(['./mo', 're.ts'].join(''))"),
      'src/more.ts': 'export {}\n',
    },
  ],
]
const loads = { 'src/label.ts': edit('/** Cuts. */', "await import(['./mo', 're.ts'].join(''))") }
const loading = ['1', '2'].map((x): Change => ({ ...loads, 'src/more.ts': `export const x = ${x}\n` }))

const changes = [
  {},
  {},
  ...loading,
  ...still.map(([, change]) => change),
  ...moving.map(([, , change]) => change),
]
const [before, again, one, two, ...after] = (await contractsOf(changes.map(packageWith))) as [
  Contract,
  Contract,
  Contract,
  Contract,
  ...Contract[],
]

/** The nodes that a change moves. */
function moved(contract: Contract): readonly string[] {
  const [was, is] = [prints(before), prints(contract)]
  return Object.keys(is).filter((name) => is[name] !== was[name])
}

test('is the same in another folder; dialects are told', () => {
  expect(before.dialects).toEqual(['postgres'])
  expect(Object.values(prints(before)).every((print) => /^[0-9a-f]{64}$/.test(print))).toBe(true)
  expect(again).toEqual(before)
})

test.each(still.map(([what], i) => [what, after[i]!] as const))('nothing moves with %s', (_, contract) => {
  expect(moved(contract)).toEqual([])
})

test.each(moving.map(([what, nodes], i) => [what, nodes, after[still.length + i]!] as const))(
  'U16: another one %s: of %j',
  (_, nodes, contract) => {
    expect(moved(contract).toSorted()).toEqual(nodes)
  },
)

test('a module that loads what it does not name counts all of src', () => {
  expect(prints(one)['named']).not.toBe(prints(two)['named'])
  expect(prints(one)['told']).toBe(prints(two)['told'])
})
