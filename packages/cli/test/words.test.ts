import { execa } from 'execa'
import { expect, test } from 'vitest'
import { bin, project, shop, shopWith } from './project.ts'

test('a command line that is not understood is USAGE, as text and as JSON', async () => {
  using app = project(shop)
  const cases = [
    [['lits'], "Unknown command 'lits'. Did you mean list?"],
    [['list', '--jsno'], "Unknown option '--jsno'. Did you mean --json?"],
    [['show'], "Missing required argument 'asset'."],
    [
      ['show', 'shop.orders', 'more'],
      "Too many arguments for 'show'. Expected 1 argument but got 2: shop.orders, more.",
    ],
    [['new', 'dataset', 'x', '--app'], "Unknown option '--app'."],
    [['list', '--env'], "Option '--env <name>' argument missing."],
  ] as const
  for (const [args, message] of cases) {
    const { code, out, err } = await app.levada(...args)
    expect([code, out]).toEqual([2, ''])
    expect(err).toContain(`error USAGE ${message}\n`)
    const command = { lits: '', new: 'new dataset ', list: 'list ', show: 'show ' }[args[0]]
    expect(err).toContain(`→ Run levada ${command}--help to see what there is.`)
    expect(err.match(/error/gi)).toHaveLength(1)
  }
  const { out } = await app.levada('show', '--json')
  expect(JSON.parse(out)).toMatchObject({
    errors: [{ code: 'USAGE', message: "Missing required argument 'asset'." }],
  })
})

test('who reads no further ends no command, and sees no stack trace', async () => {
  // A reader that has gone before the first word is written.
  const help = `"${process.execPath}" "${bin}" run --help`
  const { stdout, stderr } = await execa('bash', ['-c', `(sleep 0.5; ${help}; echo "exit $?" >&2) | true`])
  expect([stdout, stderr]).toEqual(['', 'exit 0'])
})

test('without a command the help is printed, and no error', async () => {
  using app = project(shop)
  const { code, err } = await app.levada()
  expect([code, err.includes('Usage: levada'), /^error /m.test(err)]).toEqual([2, true, false])
})

test('what every object has is no kind of list, no job, no code', async () => {
  using app = project(shop)
  for (const [code, ...args] of [
    ['USAGE', 'list', 'constructor'],
    ['USAGE', 'explain', 'toString'],
    ['SELECTION_UNKNOWN', 'plan', '--job', 'constructor'],
  ] as const) {
    const { err } = await app.levada(...args)
    expect(err).toContain(`error ${code}`)
    expect(err).toContain(args.at(-1))
  }
})

test('--limit is a number of rows', async () => {
  using app = project(shop)
  for (const wrong of ['', ' ', '1.5', '-1', 'ten'])
    expect((await app.levada('show', 'shop.raw_orders', `--limit=${wrong}`)).err).toContain(
      'error USAGE --limit',
    )
})

test('what engines.yml says wrongly is told at its place, in each environment', async () => {
  using app = project(
    shopWith({
      'conf/base/engines.yml': 'default: duckdb\nshop.totals: dukdb\n',
      'conf/prod/engines.yml': 'defalt: duckdb\n',
    }),
  )
  const { code, err } = await app.levada('check')
  expect(code).toBe(1)
  expect(err).toContain(
    "engine 'dukdb'; there are duckdb. Did you mean 'duckdb'?\n  at conf/base/engines.yml:2:14",
  )
  expect(err).toContain("unknown key 'defalt'. Did you mean 'default'?\n  at conf/prod/engines.yml:1:1")
})

test('a contract that cannot be read, or is of another core, is told at its line', async () => {
  const contract = '{\n  "format": 1,\n  "protocol": "pipeline@1",\n  "name": "orders"\n}\n'
  using app = project({
    ...shop,
    'package.json': '{ "type": "module", "dependencies": { "shop-orders": "1.0.0" } }',
    'node_modules/shop-orders/package.json': '{ "name": "shop-orders", "version": "1.0.0" }',
    'node_modules/shop-orders/contract.json': contract,
  })
  const cases = [
    [contract.replace('1,', '2,'), 'PROTOCOL contract.json has the format 2', 2, 3],
    [contract.replace('@1', '@2'), 'PROTOCOL contract.json speaks "pipeline@2"', 3, 3],
    [contract.slice(0, 20), 'STALE_PORTS contract.json is not valid JSON', 3, 3],
    ['[]\n', 'STALE_PORTS contract.json is no contract', 1, 1],
    [contract, 'STALE_PORTS contract.json does not match the code', 4, 1],
  ] as const
  for (const [text, message, line, column] of cases) {
    app.write('node_modules/shop-orders/contract.json', text)
    const { code, err } = await app.levada('check')
    expect(code).toBe(1)
    expect(err).toContain(`error ${message}`)
    expect(err).toContain(`at node_modules/shop-orders/contract.json:${line}:${column}\n`)
  }
  app.write('package.json', '{ "dependencies": ')
  expect((await app.levada('generate')).err).toContain(
    'error MODULE_FAILED package.json is not valid JSON.\n  at package.json:1:19',
  )
})
