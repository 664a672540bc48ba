import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { execa } from 'execa'
import { describe, expect, test } from 'vitest'
import { project, shop, type Project } from './project.ts'

const root = join(import.meta.dirname, '../../..')

const config = (imports: string, pipelines: string): string => `import { defineApp } from '@levada/core'
import { files } from '@levada/io-files'
import { parquet } from '@levada/io-parquet'
import { duckdb } from '@levada/resource-duckdb'
${imports}
export default defineApp({ name: 'trial', plugins: [duckdb(), parquet(), files()], pipelines: [${pipelines}] })
`
const empty = { 'levada.config.ts': config('', '') }

/** Uses a generated source: all of its columns pass through a node, with the checks that the schema implies. */
const pipelineOver = (
  file: string,
  name: string,
): string => `import { asset, definePipeline, sqlNode } from '@levada/core'
import { z } from 'zod'
import { ${name} as raw } from './src/${file}.ts'
const out = asset('trial.counted', { schema: z.object({ rows: z.int() }) })
export default definePipeline('trial', { nodes: [sqlNode('count', { inputs: { raw }, output: out, sql: new URL('./count.sql', import.meta.url) })] })
`

/** Compiles what was written, and runs an app over it. */
async function compilesAndRuns(app: Project, file: string, name: string): Promise<void> {
  app.write('pipeline.ts', pipelineOver(file, name))
  app.write('count.sql', 'select count(*) as rows from (select distinct * from raw)\n')
  app.write('levada.config.ts', config("import trial from './pipeline.ts'", 'trial'))
  const catalog = join(app.dir, 'conf/base/catalog.yml')
  writeFileSync(
    catalog,
    `${readFileSync(catalog, 'utf8')}trial.counted: { type: parquet, path: data/counted }\n`,
  )
  await compiles(app)
  const { code, out, err } = await app.levada('run')
  expect(out + err).toContain('succeeded in')
  expect(code).toBe(0)
}

async function compiles(app: Project): Promise<void> {
  app.write(
    'tsconfig.json',
    JSON.stringify({
      extends: join(root, 'tsconfig.base.json'),
      compilerOptions: { noEmit: true, composite: false, declaration: false, declarationMap: false },
      include: ['**/*.ts'],
    }),
  )
  const { stdout, exitCode } = await execa(join(root, 'node_modules/.bin/tsc'), ['-p', app.dir], {
    reject: false,
  })
  expect(stdout).toBe('')
  expect(exitCode).toBe(0)
}

const text = (app: Project, file: string): string => readFileSync(join(app.dir, file), 'utf8')
const column = (app: Project, file: string, name: string): string | undefined =>
  new RegExp(`^    '?${name}'?: (.*),$`, 'm').exec(text(app, file))?.[1]

/** Some rows of every look that text can have. */
function csv(rows: number): string {
  const lines = Array.from({ length: rows }, (_, i) => {
    const two = String((i % 28) + 1).padStart(2, '0')
    return [
      i + 1,
      String(i % 97).padStart(5, '0'),
      `${i}.50`,
      i % 3 === 0 ? '' : `${i / 8}`,
      i % 2 === 0,
      `2026-01-${two}`,
      i === rows - 1 ? '2026-02-30' : `2026-02-${two}`,
      `2026-01-${two}T10:00:00.5`,
      `2026-01-${two} 10:00:00Z`,
      '10:30:00',
      `0190a8d0-0000-7000-8000-${String(i).padStart(12, '0')}`,
      `"a ""quoted"", text ${i}"`,
      ['new', "it's paid", 'sent'][i % 3],
      `99999999999999999${String(i).padStart(3, '0')}`,
      i % 4,
      Math.floor(i / 4),
      '',
    ].join(',')
  })
  return `Order ID,zip,price,weight,paid,day,odd day,at,moment,clock,uuid,note,state,long,slot,block,nothing\n${lines.join('\n')}\n`
}

describe('levada new asset', () => {
  test('a file in a package without an app is read by the engine that the package has', async () => {
    using app = project({
      'package.json': '{ "name": "@acme/orders", "type": "module", "dependencies": { "zod": "4" } }\n',
      'landing/orders.csv': 'id,note\n1,one\n',
    })
    const { code, out, err } = await app.levada('new', 'asset', 'trial.raw', '--from', 'landing/orders.csv')
    expect(err).toBe('')
    expect(code).toBe(0)
    expect(out).toContain('src/raw.ts: trial.raw as 1 row has it')
    expect(out).toContain(
      'Its place, for conf/base/catalog.yml of an app, with the path from the folder of the app:\n\ntrial.raw: { type: csv, path: "landing/orders.csv" }',
    )
    expect(out).not.toContain('zod')
    expect(column(app, 'src/raw.ts', 'id')).toBe('z.int()')
    expect(existsSync(join(app.dir, 'conf'))).toBe(false)
  })

  test('says that a file without rows teaches nothing, and that zod is missing', async () => {
    using app = project({
      ...empty,
      'package.json': '{ "type": "module" }\n',
      'landing/none.csv': 'id,note\n',
    })
    const { code, out } = await app.levada('new', 'asset', 'trial.none', '--from', 'landing/none.csv')
    expect(code).toBe(0)
    expect(out).toContain('there are no rows to learn from: correct the types, and which columns may be NULL')
    expect(out).toContain('it imports zod, which package.json does not list')
  })

  test('finds types, NULLs, enums and a key in a CSV file; what it writes compiles and runs', async () => {
    using app = project({ ...empty, 'landing/orders.csv': csv(300) })
    const { code, out, err } = await app.levada(
      'new',
      'asset',
      'trial.raw_orders',
      '--from',
      'landing/orders.csv',
    )
    expect(err).toBe('')
    expect(code).toBe(0)
    expect(out).toContain('src/raw-orders.ts: trial.raw_orders as 300 rows have it')
    const types = Object.fromEntries(
      [
        'Order ID',
        'zip',
        'price',
        'weight',
        'paid',
        'day',
        'odd day',
        'at',
        'moment',
        'clock',
        'uuid',
        'note',
        'state',
        'long',
        'slot',
        'nothing',
      ].map((name) => [name, column(app, 'src/raw-orders.ts', name)]),
    )
    expect(types).toEqual({
      'Order ID': 'z.int()',
      zip: 'z.string()',
      price: 'col.decimal(18, 2)',
      weight: 'z.number().nullable()',
      paid: 'z.boolean()',
      day: 'col.date()',
      'odd day': 'z.string()',
      at: 'col.timestamp()',
      moment: 'col.instant()',
      clock: 'col.time()',
      uuid: 'col.uuid()',
      note: 'z.string()',
      state: String.raw`z.enum(['it\'s paid', 'new', 'sent'])`,
      long: 'z.string()',
      slot: 'z.int()',
      nothing: 'z.string().nullable()',
    })
    expect(text(app, 'src/raw-orders.ts')).toContain("  key: ['Order ID'],\n")
    expect(text(app, 'src/raw-orders.ts')).toContain("  //   between('weight', 0, 50),\n")
    expect(text(app, 'conf/base/catalog.yml')).toBe(
      'trial.raw_orders: { type: csv, path: "landing/orders.csv" }\n',
    )
    await compilesAndRuns(app, 'raw-orders', 'rawOrders')
  })

  test('a pair of columns is a key when no column is one', async () => {
    using app = project({
      ...empty,
      'pairs.csv': `slot,block,n\n${Array.from({ length: 200 }, (_, i) => `${i % 4},${Math.floor(i / 4)},1`).join('\n')}\n`,
    })
    await app.levada('new', 'asset', 'trial.pairs', '--from', 'pairs.csv')
    expect(text(app, 'src/pairs.ts')).toContain("key: ['slot', 'block'],")
    await compilesAndRuns(app, 'pairs', 'pairs')
  })

  test('what the first rows say is proven on all: types, keys, enums, NULLs', async () => {
    const rows = Array.from({ length: 20_050 }, (_, i) => `${i},${i},a${i % 2},${i},2026-01-01`)
    using app = project({
      ...empty,
      'many.csv': `id,twice,state,n,day\n${rows.join('\n')}\n20050,0,rare,,2026-02-30\n`,
    })
    await app.levada('new', 'asset', 'trial.many', '--from', 'many.csv')
    expect(['id', 'twice', 'state', 'n', 'day'].map((name) => column(app, 'src/many.ts', name))).toEqual([
      'z.int()',
      'z.int()',
      'z.string()',
      'z.int().nullable()',
      'z.string()',
    ])
    expect(text(app, 'src/many.ts')).toContain("  key: ['id'],\n")
    expect(text(app, 'src/many.ts')).not.toContain('nique')
  })

  test.each([
    ['tab.tsv', 'id\tname\n1\tann\n2\tbob\n', '{ type: csv, path: "tab.tsv" }'],
    ['semi.csv', 'id;name\n1;"a;n"\n2;bob\n', '{ type: csv, path: "semi.csv", delimiter: ";" }'],
    [
      'list.json',
      '[{"id":1,"name":"ann","tags":["x"],"at":"2026-01-01T10:00:00Z","in":{"n":1}},{"id":2,"name":null,"tags":[],"at":"2026-01-02T10:00:00Z","in":{"n":2}}]',
      '{ type: json, path: "list.json" }',
    ],
    [
      'lines.ndjson',
      '{"id":1,"name":"007"}\n{"id":2,"name":"x"}\n',
      '{ type: ndjson, path: "lines.ndjson" }',
    ],
  ])('reads %s', async (file, content, entry) => {
    using app = project({ ...empty, [file]: content })
    const stem = file.replace(/\..*/, '')
    const { code, out } = await app.levada('new', 'asset', `trial.${stem}`, '--from', file)
    expect(code).toBe(0)
    expect(out).toContain(`trial.${stem}: ${entry}`)
    expect(column(app, `src/${stem}.ts`, 'id')).toBe('z.int()')
    expect(column(app, `src/${stem}.ts`, 'name')).toBe(
      file === 'list.json' ? 'z.string().nullable()' : 'z.string()',
    )
    if (file === 'list.json') {
      expect(column(app, `src/${stem}.ts`, 'at')).toBe('col.instant()')
      expect(column(app, `src/${stem}.ts`, 'in')).toBe('z.object({ n: z.int().nullable() })')
    }
    await compilesAndRuns(app, stem, stem)
  })

  test('reads Parquet and queries over the catalog', async () => {
    using app = project(shop)
    await app.levada('run')
    const [file] = (await app.levada('show', 'shop.orders', '--files')).out.split('\n')
    expect((await app.levada('new', 'asset', 'trial.copied', '--from', file!)).code).toBe(0)
    expect(column(app, 'src/copied.ts', 'day')).toBe('col.date()')
    const sql =
      'select day, sum(id) as ids, sum(id) * 20000000000000000000 as huge, avg(amount) as mean from shop.orders group by day'
    const { code, out, err } = await app.levada('new', 'asset', 'shop.by_day', '--from', sql)
    expect(err).toBe('')
    expect(code).toBe(0)
    expect(out).toContain('shop.by_day as 2 rows have it')
    expect(text(app, 'src/by-day.ts')).toContain("export const byDay = asset('shop.by_day', {")
    expect(['day', 'ids', 'huge', 'mean'].map((name) => column(app, 'src/by-day.ts', name))).toEqual([
      'col.date()',
      'z.int()',
      'col.decimal(38, 0)',
      'z.number()',
    ])
    await compiles(app)
    const unnamed = await app.levada('new', 'asset', '--from', sql)
    expect([unnamed.code, unnamed.err]).toEqual([2, expect.stringContaining('has no name')])
    const wrong = await app.levada('new', 'asset', 'shop.x', '--from', 'select * from shop.ordres')
    expect([wrong.code, wrong.err]).toEqual([2, expect.stringContaining("Did you mean 'shop.orders'?")])
  })

  test('writes the same again, and leaves an edited file alone', async () => {
    using app = project({ ...empty, 'landing/orders.csv': csv(120) })
    const write = () => app.levada('new', 'asset', 'trial.raw_orders', '--from', 'landing/orders.csv')
    await write()
    const first = text(app, 'src/raw-orders.ts')
    const again = await write()
    expect([again.code, text(app, 'src/raw-orders.ts')]).toEqual([0, first])
    expect(again.out).toContain('unchanged src/raw-orders.ts')
    app.write('src/raw-orders.ts', `${first}// mine\n`)
    const edited = await write()
    expect(edited.code).toBe(2)
    expect(edited.err).toContain('error FILE_EXISTS src/raw-orders.ts exists')
    expect(text(app, 'src/raw-orders.ts')).toBe(`${first}// mine\n`)
    rmSync(join(app.dir, 'src/raw-orders.ts'))
    const known = await write()
    expect(known.out).toContain('Its place, for conf/base/catalog.yml:')
    expect(text(app, 'conf/base/catalog.yml').split('\n')).toHaveLength(2)
  })

  test.each([
    ['a file that is not there', ['trial.x', '--from', 'nowhere.csv'], 'DATA_MISSING'],
    ['a kind of file that is not read', ['trial.x', '--from', 'levada.config.ts'], 'NOT_SUPPORTED'],
    ['a folder', ['trial.x', '--from', '.'], 'NOT_SUPPORTED'],
    ['a name that is no key', ['X', '--from', 'bad.csv'], 'ASSET_NAME'],
    ['a ragged file', ['trial.x', '--from', 'bad.csv'], 'DATA_UNREADABLE'],
    ['an empty file', ['trial.x', '--from', 'empty.csv'], 'SOURCE_SCHEMA'],
  ])('refuses %s', async (_, args, code) => {
    using app = project({ ...empty, 'bad.csv': 'a,b\n1,2\n1,2,3\n', 'empty.csv': '' })
    const outcome = await app.levada('new', 'asset', ...args)
    expect([outcome.code, outcome.err]).toEqual([2, expect.stringContaining(`error ${code}`)])
    expect(outcome.err).not.toMatch(/\n\s+at .*\.ts:\d+:\d+\)/)
  })
})

describe('levada new expects', () => {
  const contract = (name: string, provides: object): string =>
    JSON.stringify({
      format: 1,
      protocol: 'pipeline@1',
      name,
      provides,
      sources: {},
      requires: {},
      params: {},
      resources: {},
      nodes: [],
    })
  const flights = {
    'aviation.flights': {
      description: 'One row per flight.',
      tags: [],
      columns: [
        { name: 'flight_date', type: { kind: 'date' }, nullable: false },
        { name: 'origin', type: { kind: 'string' }, nullable: true },
        { name: 'fare', type: { kind: 'decimal', precision: 9, scale: 2 }, nullable: false },
      ],
      key: [],
      partitions: [],
      checks: [],
    },
  }
  const workspace = {
    'pnpm-workspace.yaml': "packages:\n  - 'pipelines/*'\n",
    'pipelines/flights/package.json': '{ "name": "@acme/flights" }',
    'pipelines/flights/contract.json': contract('flights', flights),
    'pipelines/delays/package.json': '{ "name": "@acme/delays", "type": "module" }',
    'pipelines/delays/contract.json': contract('delays', {
      'delays.airport': { ...flights['aviation.flights'] },
    }),
  }

  /** The command in a folder of a project. */
  const inDelays = (app: Project, ...args: string[]) =>
    execa(process.execPath, [join(root, 'packages/cli/bin/levada.mjs'), 'new', 'expects', ...args], {
      cwd: join(app.dir, 'pipelines/delays'),
      reject: false,
      env: { NO_COLOR: '1', CI: '1' },
    })

  test('takes units and open enums over, and leaves out what is deprecated', async () => {
    const columns = [
      { name: 'delay', type: { kind: 'int' }, nullable: true, unit: 'minutes' },
      { name: 'status', type: { kind: 'enum', values: ['landed'], open: true }, nullable: false },
      { name: 'old', type: { kind: 'int' }, nullable: false, deprecated: { since: '1.1.0' } },
    ]
    using app = project({
      ...workspace,
      'pipelines/flights/contract.json': contract('flights', {
        'aviation.flights': { ...flights['aviation.flights'], columns },
      }),
    })
    await inDelays(app, 'aviation.flights')
    expect(text(app, 'pipelines/delays/src/expects-flights.ts')).toContain(`  z.object({
    delay: z.int().meta({ unit: 'minutes' }).nullable(),
    status: col.openEnum(['landed']),
  }),
`)
    await compiles(app)
  })

  test('writes the columns that are used, from a contract of the workspace', async () => {
    using app = project(workspace)
    const { exitCode, stdout } = await inDelays(app, 'aviation.flights', '--columns', 'origin,flight_date')
    expect(exitCode).toBe(0)
    expect(stdout).toContain('src/expects-flights.ts: aviation.flights from the contract of @acme/flights')
    const file = 'pipelines/delays/src/expects-flights.ts'
    expect(text(app, file)).toBe(`// Written by \`levada new expects\` from the contract of @acme/flights.
// It is yours to edit: once edited it is not written again.
import { col, expects } from '@levada/core'
import { z } from 'zod'

/** One row per flight. */
export const flights = expects(
  'aviation.flights',
  z.object({
    flight_date: col.date(),
    origin: z.string().nullable(),
  }),
)
`)
    expect((await inDelays(app, 'aviation.flights', '--columns', 'flight_date,origin')).stdout).toContain(
      'unchanged',
    )
    const other = await inDelays(app, 'aviation.flights')
    expect([other.exitCode, other.stderr]).toEqual([2, expect.stringContaining('error FILE_EXISTS')])
    rmSync(join(app.dir, file))
    await inDelays(app, 'aviation.flights')
    expect(text(app, file)).toContain('fare: col.decimal(9, 2),')
    await compiles(app)
  })

  test.each([
    [
      ['aviation.flight'],
      "ASSET_UNKNOWN No contract of @acme/flights has 'aviation.flight'. Did you mean 'aviation.flights'?",
    ],
    [
      ['aviation.flights', '--columns', 'orign'],
      "COLUMN_UNKNOWN 'aviation.flights' has no column 'orign'. Did you mean 'origin'?",
    ],
    [['delays.airport'], 'ASSET_UNKNOWN'],
    [
      ['aviation.gates'],
      'STALE_PORTS contract.json is not valid JSON',
      { 'pipelines/gates/contract.json': '{ "format": 1,' },
    ],
    [['aviation.flights'], 'CONFIG_SYNTAX pnpm-workspace.yaml', { 'pnpm-workspace.yaml': 'packages: [' }],
  ] as [string[], string, Record<string, string>?][])('refuses %s', async (args, message, files = {}) => {
    using app = project({ ...workspace, ...files })
    const { exitCode, stderr } = await inDelays(app, ...args)
    expect([exitCode, stderr]).toEqual([2, expect.stringContaining(message)])
  })

  test('finds the contract of an installed package', async () => {
    using app = project({
      'package.json': '{ "name": "@acme/report", "dependencies": { "@acme/flights": "1.0.0" } }',
      'node_modules/@acme/flights/package.json': '{ "name": "@acme/flights", "version": "1.0.0" }',
      'node_modules/@acme/flights/contract.json': contract('flights', flights),
    })
    const { code, out } = await app.levada('new', 'expects', 'aviation.flights', '--json')
    expect(code).toBe(0)
    expect(JSON.parse(out)).toMatchObject({ state: 'written', from: '@acme/flights' })
  })
})
