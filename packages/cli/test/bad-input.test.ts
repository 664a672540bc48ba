// What people get wrong, through the real command: a code, the place, what to do; never a stack trace or half of a result.
import { spawnSync } from 'node:child_process'
import {
  chmodSync,
  cpSync,
  existsSync,
  globSync,
  mkdirSync,
  readFileSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { execa } from 'execa'
import { describe, expect, test } from 'vitest'
import { orderShop } from './example-projects.ts'
import { bin, project, type Outcome, type Project } from './project.ts'

type Files = Readonly<Record<string, string>>
const shopWith = (files: Files): Project => project({ ...orderShop, ...files })
const catalog = orderShop['conf/base/catalog.yml']!
const source = orderShop['orders.ts']!
const published = (app: Project): readonly string[] => globSync('data/*/manifests/*.json', { cwd: app.dir })

function expectError(
  { code, out, err }: Outcome,
  expected: { code: string; at: string; says: string; exit: number },
): void {
  const all = `${out}\n${err}`
  expect(all).toContain(`error ${expected.code} `)
  if (expected.at !== '') expect(all).toContain(`at ${expected.at}\n`)
  expect(all).toContain(expected.says)
  expect(all).toContain(`(levada explain ${expected.code})`)
  expect(all).not.toContain('INTERNAL')
  expect(all).not.toMatch(/^\s+at .*(:\d+:\d+\)|node:internal)/m)
  // A value of a megabyte is not echoed.
  expect(all.length).toBeLessThan(10_000)
  expect(code).toBe(expected.exit)
}

const long = 'x'.repeat(1_000_000)
const laughs = ['a: &a [x, x, x, x, x, x, x, x, x, x]']
for (const [one, next] of ['ab', 'bc', 'cd', 'de', 'ef', 'fg'].map((pair) => pair.split('')))
  laughs.push(`${next}: &${next} [${Array.from({ length: 10 }, () => `*${one}`).join(', ')}]`)

describe('configuration', () => {
  test.each<[string, Files, string, string, string]>([
    [
      'an unknown key',
      { 'conf/base/catalog.yml': catalog.replace('path: landing', 'pth: landing') },
      'CONFIG_INVALID',
      'conf/base/catalog.yml:1:31',
      "Did you mean 'path'?",
    ],
    [
      'a key twice',
      { 'conf/base/parameters.yml': 'orders:\n  factor: 1\n  factor: 2\n' },
      'CONFIG_SYNTAX',
      'conf/base/parameters.yml:3:3',
      'unique',
    ],
    [
      'bad indentation',
      { 'conf/base/parameters.yml': 'orders:\n    factor: 1\n  other: 2\n' },
      'CONFIG_SYNTAX',
      'conf/base/parameters.yml:3:3',
      'column',
    ],
    [
      'a list instead of a text',
      { 'conf/base/catalog.yml': catalog.replace('landing/orders.csv', '[landing]') },
      'CONFIG_INVALID',
      'conf/base/catalog.yml:1:37',
      'expected a text, received a list',
    ],
    [
      'a number where a time is expected',
      { 'conf/base/environment.yml': 'retention: { age: 7 }\n' },
      'CONFIG_INVALID',
      'conf/base/environment.yml:1:19',
      'retention.age: expected a time with its unit, such as 30s, 90m, 36h or 7d, received the number 7.',
    ],
    [
      'a time without its unit',
      { 'conf/base/environment.yml': "retention: { grace: '7' }\n" },
      'CONFIG_INVALID',
      'conf/base/environment.yml:1:21',
      "retention.grace: expected a time with its unit, such as 30s, 90m, 36h or 7d, received the text '7'.",
    ],
    [
      'a text instead of a map',
      { 'conf/base/parameters.yml': 'orders\n' },
      'CONFIG_INVALID',
      'conf/base/parameters.yml:1:1',
      'must hold a map',
    ],
    [
      'a tab',
      { 'conf/base/parameters.yml': 'orders:\n\tfactor: 2\n' },
      'CONFIG_SYNTAX',
      'conf/base/parameters.yml:2:1',
      'abs',
    ],
    [
      'a text of 1 MB as number',
      { 'conf/base/parameters.yml': `orders:\n  factor: ${long}\n` },
      'PARAM_INVALID',
      'conf/base/parameters.yml:2:11',
      'orders.factor',
    ],
    [
      'a text of 1 MB as engine',
      { 'conf/base/engines.yml': `default: ${long}\n` },
      'PLUGIN_MISSING',
      'conf/base/engines.yml:1:10',
      'duckdb',
    ],
    [
      'a key of 1 MB',
      { 'conf/base/resources.yml': `duckdb: { ${long}: 1 }\n` },
      'CONFIG_INVALID',
      'conf/base/resources.yml:1:11',
      'unknown key',
    ],
    [
      'anchors that explode',
      { 'conf/base/globals.yml': `${laughs.join('\n')}\n` },
      'CONFIG_SYNTAX',
      'conf/base/globals.yml:',
      'repeat more than',
    ],
    [
      'an anchor in itself',
      { 'conf/base/globals.yml': 'a: &a { b: *a }\n' },
      'CONFIG_SYNTAX',
      'conf/base/globals.yml:1:12',
      'without end',
    ],
    [
      'a variable that is not set',
      {
        'conf/base/catalog.yml': catalog
          .replace('landing/', '"${env:LEVADA_NOT_SET}/')
          .replace('.csv', '.csv"'),
      },
      'CONFIG_INTERPOLATION',
      'conf/base/catalog.yml:1:37',
      'LEVADA_NOT_SET is not set',
    ],
    [
      'a reference to itself',
      {
        'conf/base/globals.yml': 'a: ${globals:b}\nb: ${globals:a}\n',
        'conf/base/parameters.yml': 'orders: { factor: "${globals:a}" }\n',
      },
      'CONFIG_INTERPOLATION',
      'conf/base/globals.yml:',
      'refers to itself: globals.a → globals.b → globals.a',
    ],
    [
      'two patterns that match alike',
      { 'conf/base/catalog.yml': `${catalog}"shop.{name}": { type: parquet, path: other }\n` },
      'CATALOG_AMBIGUOUS',
      'conf/base/catalog.yml:3:1',
      "'shop.{table}' (conf/base/catalog.yml:2:1)",
    ],
  ])('%s', async (_, files, code, at, says) => {
    using app = shopWith(files)
    const { err, out, code: exit } = await app.levada('check')
    if (at.endsWith(':')) expect(err).toMatch(new RegExp(`at ${at}\\d+:\\d+\n`))
    expectError({ out, err, code: exit }, { code, at: at.endsWith(':') ? '' : at, says, exit: 1 })
    expect((await app.levada('run')).code).toBe(2)
    expect(published(app)).toEqual([])
  })

  test('a byte order mark is nothing', async () => {
    using app = shopWith({
      'conf/base/parameters.yml': '\ufefforders:\n  factor: 2\n',
      'total.sql': `\ufeff${orderShop['total.sql']}`,
    })
    expect((await app.levada('run')).code).toBe(0)
  })

  test('an environment that is not there', async () => {
    using app = shopWith({ 'conf/prod/globals.yml': '' })
    for (const command of ['run', 'plan', 'check', 'list', 'show shop.orders'])
      expectError(await app.levada(...command.split(' '), '--env', 'prdo'), {
        code: 'ENV_UNKNOWN',
        at: '',
        says: "Did you mean 'prod'?",
        exit: command === 'check' ? 1 : 2,
      })
  })

  test('a line of a megabyte is shown around its column', async () => {
    using app = shopWith({
      'total.sql': `select day, sum(amount) as amount /* ${long} */ from orders group by dya`,
    })
    const { err } = await app.levada('check')
    expect(err).toContain('error SQL_BIND')
    const [line = '', caret = ''] = err.split('\n').filter((text) => /^ {2}[> ] +\d* \|/.test(text))
    expect(line.length).toBeLessThan(250)
    expect(line.slice(caret.indexOf('^'))).toMatch(/^dya/)
  })
})

/** A Parquet file with one row, made by an app of its own. */
async function parquet(app: Project, file: string, schema: string, select: string): Promise<void> {
  using maker = project({
    ...orderShop,
    'orders.ts': `import { asset, col, definePipeline, sql, sqlNode } from '@levada/core'
import { z } from 'zod'
const made = asset('shop.made', { schema: z.object({ ${schema} }) })
export const orders = definePipeline('orders', { nodes: [sqlNode('make', { output: made, sql: sql\`select ${select}\` })] })
`,
  })
  await maker.levada('run')
  const { out } = await maker.levada('show', 'shop.made', '--files')
  cpSync(out.trim(), join(app.dir, file))
}

describe('data', () => {
  const csv = (text: string): Files => ({ 'landing/orders.csv': text })
  const head = 'id,day,amount\n'
  test.each<[string, Files, string, string, readonly string[]]>([
    [
      'a bad number',
      csv(`${head}1,2026-01-01,10\n2,2026-01-01,twenty\n`),
      'DATA_UNREADABLE',
      'landing/orders.csv:3',
      ['line 3', 'column amount', "'twenty'"],
    ],
    [
      'another delimiter',
      csv('id;day;amount\n1;2026-01-01;10\n'),
      'SOURCE_SCHEMA',
      '',
      ['orders.csv', 'id;day;amount'],
    ],
    [
      'ragged rows',
      csv(`${head}1,2026-01-01,10\n2,2026-01-01\n`),
      'DATA_UNREADABLE',
      'landing/orders.csv:3',
      ['line 3', '2 values instead of 3'],
    ],
    ['a missing column', csv('id,amount\n1,10\n'), 'SOURCE_SCHEMA', '', ["no column 'day'", 'id,amount']],
    ['an empty file', csv(''), 'SOURCE_SCHEMA', '', ['orders.csv']],
    ['a file of NULs', csv('\0'.repeat(1000)), 'SOURCE_SCHEMA', '', ['orders.csv']],
  ])('CSV with %s', async (_, files, code, at, words) => {
    using app = shopWith(files)
    const outcome = await app.levada('run')
    expectError(outcome, { code, at, says: words[0]!, exit: 1 })
    for (const word of words) expect(outcome.out).toContain(word)
    expect(published(app)).toEqual([])
  })

  test('CSV in another encoding', async () => {
    using app = shopWith({})
    writeFileSync(
      join(app.dir, 'landing/orders.csv'),
      Buffer.from(`${head}1,2026-01-01,10\n2,2026-01-01,f\u00fcnf\n`, 'latin1'),
    )
    expectError(await app.levada('run'), { code: 'DATA_UNREADABLE', at: '', says: 'orders.csv', exit: 1 })
    expect(published(app)).toEqual([])
  })

  const asParquet = {
    'conf/base/catalog.yml': catalog.replace(
      'type: csv, path: landing/orders.csv',
      'type: parquet, path: landing/orders.parquet',
    ),
  }
  const columns = 'id: z.int(), day: col.date(), amount: z.number()'
  const row = "1 as id, date '2026-01-01' as day, 10::double as amount"
  test.each<[string, string, string, string, readonly string[]]>([
    ['is truncated', columns, row, 'DATA_UNREADABLE', ['orders.parquet']],
    ['is of another kind', columns, row, 'DATA_UNREADABLE', ['orders.parquet']],
    [
      'lacks a column',
      columns.replace('amount', 'price'),
      row.replace('amount', 'price'),
      'SOURCE_SCHEMA',
      ["'amount'", 'orders.parquet'],
    ],
    [
      'has a column of another type',
      columns.replace('number', 'string'),
      row.replace('10::double', "'ten'"),
      'SOURCE_SCHEMA',
      ['amount', 'string', 'float'],
    ],
  ])('Parquet that %s', async (title, schema, select, code, words) => {
    using app = shopWith(asParquet)
    await parquet(app, 'landing/orders.parquet', schema, select)
    const file = join(app.dir, 'landing/orders.parquet')
    if (title === 'is truncated') truncateSync(file, 60)
    if (title === 'is of another kind') writeFileSync(file, 'PK\u0003\u0004 no table at all')
    const outcome = await app.levada('run')
    expectError(outcome, { code, at: '', says: words[0]!, exit: 1 })
    for (const word of words) expect(outcome.out).toContain(word)
    expect(published(app)).toEqual([])
  })

  test('a file that is not there: the plan tells, with the line of the catalog', async () => {
    using app = shopWith({ 'conf/base/catalog.yml': catalog.replace('orders.csv', 'order.csv') })
    expectError(await app.levada('run'), {
      code: 'DATA_MISSING',
      at: 'conf/base/catalog.yml:1:18',
      says: 'order.csv',
      exit: 2,
    })
    expect(published(app)).toEqual([])
  })
})

describe('declarations and words', () => {
  test.each<[string, Files, string, string, string, number]>([
    [
      'SQL that does not parse',
      { 'total.sql': 'select day,\n  sum(amount as amount\nfrom orders' },
      'SQL_SYNTAX',
      'total.sql:2:14',
      '> 2 |   sum(amount as amount',
      1,
    ],
    [
      'nodes in a circle',
      {
        'orders.ts': source.replace(
          'inputs: { raw }',
          "inputs: { raw, earlier: expects('shop.totals', z.object({ day: col.date() })) }",
        ),
      },
      'CYCLE',
      '',
      'orders/stage → orders/total → orders/stage',
      1,
    ],
    [
      'an illegal name of an asset',
      { 'orders.ts': source.replace("'shop.totals'", "'shop.Totals; drop'") },
      'ASSET_NAME',
      'orders.ts:12:16',
      "'shop.Totals; drop'",
      2,
    ],
    [
      'an illegal name of a node',
      { 'orders.ts': source.replace("sqlNode('stage'", "sqlNode('../stage'") },
      'NODE_INVALID',
      'orders.ts:16:15',
      "'../stage'",
      2,
    ],
    [
      'an illegal name of an app',
      { 'levada.config.ts': orderShop['levada.config.ts']!.replace("'shop'", "'My Shop'") },
      'PIPELINE_INVALID',
      'levada.config.ts:7:16',
      "'My Shop'",
      2,
    ],
    [
      'an app without a name',
      { 'levada.config.ts': orderShop['levada.config.ts']!.replace("name: 'shop',", '') },
      'PIPELINE_INVALID',
      'levada.config.ts:7:16',
      "'undefined'",
      2,
    ],
    [
      'a plugin that is none',
      { 'levada.config.ts': orderShop['levada.config.ts']!.replace('duckdb()', 'undefined as never') },
      'PIPELINE_INVALID',
      'levada.config.ts:7:16',
      'plugins[0]',
      2,
    ],
    [
      'a job without a selection',
      {
        'levada.config.ts': orderShop['levada.config.ts']!.replace(
          '[orders],',
          '[orders],\n  jobs: { nightly: {} as never },',
        ),
      },
      'PIPELINE_INVALID',
      'levada.config.ts:7:16',
      "'nightly'",
      2,
    ],
    [
      'TypeScript that does not parse',
      { 'orders.ts': source.replace('const row = {', 'const row = = {') },
      'MODULE_FAILED',
      'orders.ts:4:13',
      '> 4 | const row = = {',
      2,
    ],
    [
      'W2: an import of a file that is not there',
      { 'levada.config.ts': orderShop['levada.config.ts']!.replace('./orders.ts', './order.ts') },
      'MODULE_FAILED',
      'levada.config.ts:5:24',
      'correct the path',
      2,
    ],
    [
      'an import of a name that is not there',
      { 'levada.config.ts': orderShop['levada.config.ts']!.replace('{ orders }', '{ order as orders }') },
      'MODULE_FAILED',
      'levada.config.ts:5:10',
      "named 'order'",
      2,
    ],
    [
      'a module that throws nothing',
      { 'levada.config.ts': 'throw undefined\n' },
      'MODULE_FAILED',
      '',
      'levada.config.ts',
      2,
    ],
  ])('%s', async (_, files, code, at, says, exit) => {
    using app = shopWith(files)
    expectError(await app.levada('check'), { code, at, says, exit })
    // What does not depend on the fault may run.
    expect([1, 2]).toContain((await app.levada('run')).code)
    expect(published(app).filter((file) => file.includes('totals'))).toEqual([])
  })

  test.each<[string, string, string]>([
    ['run shop.orderz', 'SELECTION_UNKNOWN', "Did you mean 'shop.orders'?"],
    ['plan pipeline:order', 'SELECTION_UNKNOWN', "Did you mean 'orders'?"],
    ['run --job nightly', 'SELECTION_UNKNOWN', 'there are none'],
    ['run shop..orders', 'SELECTION_', 'shop..orders'],
    ['run --param orders.factor', 'USAGE', 'orders.factor'],
    ['run --partition yesterday', 'PARTITION_UNKNOWN', 'yesterday'],
    ['show shop.total', 'ASSET_UNKNOWN', "Did you mean 'shop.totals'?"],
    [`show ${'a'.repeat(100_000)}`, 'ASSET_UNKNOWN', 'left out'],
  ])('levada %s', async (words, code, says) => {
    using app = shopWith({})
    const outcome = await app.levada(...words.split(' '))
    expect(outcome.err).toContain(`error ${code}`)
    expectError(outcome, { code: /error (\w+)/.exec(outcome.err)![1]!, at: '', says, exit: 2 })
    expect(published(app)).toEqual([])
  })
})

describe('the machine', () => {
  const isRoot = process.getuid?.() === 0
  // Root may write everywhere, so another user has to run the command; others cannot mount.
  const asNobody = isRoot ? { uid: 65_534, gid: 65_534 } : {}
  const asOther = async (app: Project, ...args: string[]): Promise<Outcome> => {
    const env = { NO_COLOR: '1', CI: '1', HOME: app.dir, NODE_DISABLE_COMPILE_CACHE: '1' }
    const { exitCode, stdout, stderr } = await execa(process.execPath, [bin, ...args], {
      cwd: app.dir,
      reject: false,
      env,
      ...asNobody,
    })
    return { code: exitCode ?? -1, out: stdout, err: stderr }
  }

  test('a folder that may not be written', async () => {
    using app = shopWith({})
    mkdirSync(join(app.dir, '.levada'))
    chmodSync(join(app.dir, '.levada'), 0o777)
    mkdirSync(join(app.dir, 'data'))
    for (const folder of ['', 'data']) chmodSync(join(app.dir, folder), 0o555)
    const outcome = await asOther(app, 'run')
    for (const folder of ['', 'data']) chmodSync(join(app.dir, folder), 0o755)
    expectError(outcome, { code: 'STORAGE', at: '', says: 'right to read and write', exit: 2 })
    expect(outcome.err).toContain('EACCES')
    expect(published(app)).toEqual([])
  })

  test('an app whose folder may not be written', async () => {
    using app = shopWith({})
    chmodSync(app.dir, 0o555)
    const outcome = await asOther(app, 'run')
    chmodSync(app.dir, 0o755)
    expectError(outcome, { code: 'STORAGE', at: '', says: '.levada', exit: 2 })
  })

  test.each([
    ['a source', 'landing/orders.csv', 'run', 'orders.csv', 1],
    ['configuration', 'conf/base/catalog.yml', 'run', 'conf/base/catalog.yml', 2],
    ['SQL', 'total.sql', 'check', 'total.sql', 1],
  ] as const)('%s that may not be read', async (_, file, command, says, exit) => {
    using app = shopWith({})
    chmodSync(app.dir, 0o777)
    chmodSync(join(app.dir, file), 0)
    const outcome = await asOther(app, command)
    chmodSync(join(app.dir, file), 0o644)
    expectError(outcome, { code: 'STORAGE', at: '', says, exit })
    expect(published(app)).toEqual([])
  })

  test('a disk that is full: nothing is published, and it works when there is room', async (context) => {
    using app = shopWith({
      'stage.sql':
        'select id * 1000000 + i as id, day, random() as amount\nfrom raw, range(300000) as numbers(i)\nwhere day >= $partition_start and day < $partition_end\n',
    })
    const data = join(app.dir, 'data')
    mkdirSync(data)
    const mounted = isRoot && spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', data]).status === 0
    if (!mounted) {
      console.warn('SKIPPED: a full disk needs a mount, which only root can make.')
      context.skip()
    }
    try {
      expectError(await app.levada('run'), { code: 'STORAGE', at: '', says: 'space', exit: 1 })
      expect(published(app)).toEqual([])
      spawnSync('mount', ['-o', 'remount,size=200m', data])
      expect((await app.levada('run', 'shop.orders')).code).toBe(0)
    } finally {
      spawnSync('umount', [data])
    }
  })

  test('a disk that is wholly full: gc makes room on it', async (context) => {
    using app = shopWith({})
    const data = join(app.dir, 'data')
    mkdirSync(data)
    const mounted = isRoot && spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', data]).status === 0
    if (!mounted) {
      console.warn('SKIPPED: a full disk needs a mount, which only root can make.')
      context.skip()
    }
    try {
      for (const words of [[], ['--force']]) expect((await app.levada('run', ...words)).code).toBe(0)
      app.write('conf/base/environment.yml', 'retention: { versions: 1, grace: 0m }\n')
      expect(() => writeFileSync(join(data, 'other'), Buffer.alloc(2_000_000))).toThrow('ENOSPC')
      const { code, out, err } = await app.levada('gc', '--yes')
      expect([code, out, err]).toEqual([0, expect.stringMatching(/^Removed: \d/m), ''])
    } finally {
      spawnSync('umount', [data])
    }
  })

  test.each(["it's here", 'with "quotes"', 'größe 数据', 'a;b$(c)', '50% #1?', '[x]{y}*'])(
    'an app in a folder named %s',
    async (name) => {
      using app = project(
        Object.fromEntries(Object.entries(orderShop).map(([file, text]) => [join(name, file), text])),
      )
      const { exitCode, stdout } = await app.start(['run', '--app', join(app.dir, name)])
      expect(stdout).toContain('succeeded')
      expect(exitCode).toBe(0)
      app.write(join(name, 'total.sql'), 'select dya from orders')
      const { stderr } = await app.start(['check', '--app', join(app.dir, name)])
      expect(stderr).toContain('at total.sql:1:8')
    },
  )
})

describe('copies of core', () => {
  const core = join(import.meta.dirname, '../../core')
  /** The pipeline as a package with a core of its own. */
  function withOwnCore(change: (app: Project) => void): Project {
    const app = shopWith({
      'vendor/orders/package.json': '{ "name": "@acme/orders", "type": "module" }\n',
      'vendor/orders/orders.ts': source.replaceAll("URL('./", "URL('../../"),
      'levada.config.ts': orderShop['levada.config.ts']!.replace('./orders.ts', './vendor/orders/orders.ts'),
    })
    cpSync(join(core, 'src'), join(app.dir, 'own-core/src'), { recursive: true })
    cpSync(join(core, 'package.json'), join(app.dir, 'own-core/package.json'))
    mkdirSync(join(app.dir, 'vendor/orders/node_modules/@levada'), { recursive: true })
    symlinkSync(join(app.dir, 'own-core'), join(app.dir, 'vendor/orders/node_modules/@levada/core'))
    change(app)
    return app
  }

  test('of one protocol work together, and both are named', async () => {
    using app = withOwnCore(() => undefined)
    const { code, out } = await app.levada('run')
    expect(out).toContain(
      `! Pipeline 'orders' has a copy of @levada/core of its own, ${join(app.dir, 'own-core')}, beside ${core}`,
    )
    expect(code).toBe(0)
    expect(published(app)).toHaveLength(2)
    expect((await app.levada('check')).out).toContain(join(app.dir, 'own-core'))
    using alone = shopWith({})
    expect((await alone.levada('check')).out).not.toContain('of its own')
  })

  test('of two protocols do not, and both are named', async () => {
    using app = withOwnCore(({ dir }) => {
      const file = join(dir, 'own-core/src/pipeline/pipeline.ts')
      expect(existsSync(file)).toBe(true)
      writeFileSync(file, readFileSync(file, 'utf8').replaceAll("'pipeline@1'", "'pipeline@2'"))
    })
    expectError(await app.levada('check'), {
      code: 'PROTOCOL',
      at: 'levada.config.ts:7:16',
      says: `speaks pipeline@2 (${join(app.dir, 'own-core')}), this core speaks pipeline@1 (${core})`,
      exit: 2,
    })
  })

  test('an error of another copy is still one of ours', async () => {
    using app = withOwnCore(({ dir }) => {
      const file = join(dir, 'vendor/orders/orders.ts')
      writeFileSync(file, readFileSync(file, 'utf8').replace("'shop.totals'", "'Totals'"))
    })
    expectError(await app.levada('check'), {
      code: 'ASSET_NAME',
      at: 'vendor/orders/orders.ts:12:16',
      says: "'Totals'",
      exit: 2,
    })
  })
})
