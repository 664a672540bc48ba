import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { failureOf, type Failure } from './failure.ts'

let projectDir: string
beforeAll(() => {
  projectDir = mkdtempSync(join(tmpdir(), 'levada-failure-'))
  mkdirSync(join(projectDir, 'models'))
  writeFileSync(join(projectDir, 'models/totals.sql'), '')
})
afterAll(() => rmSync(projectDir, { recursive: true }))

const failure = (said: string[], more: Partial<Failure> = {}): ReturnType<typeof failureOf> =>
  failureOf({
    command: 'dbt build',
    projectDir,
    logPath: '/log',
    exitCode: 2,
    signal: undefined,
    completed: true,
    said,
    ...more,
  })

describe('what dbt says of its end becomes an error', () => {
  test.each([
    [
      'Encountered an error:\nRuntime Error\n  Could not find adapter type delphi!',
      { code: 'DBT_MISSING', hint: 'Install it beside dbt: pip install dbt-delphi.' },
    ],
    [
      '[error] [InvalidConfig (dbt1005)]: Failed to parse profiles.yml: unknown variant `delphi`, expected one of `postgres`, `duckdb`',
      { code: 'DBT_MISSING', hint: 'Choose another type in profiles.yml; this dbt has postgres, duckdb.' },
    ],
    ["Runtime Error\n  Could not find profile named 'shop'", { code: 'DBT_PROFILE' }],
    [
      "Parsing Error\n  Env var required but not provided: 'SHOP_DB'",
      { code: 'DBT_PROJECT', hint: 'Set the environment variable SHOP_DB, for example by env.' },
    ],
    [
      "[error] [InvalidConfig (dbt1005)]: Jinja render error: 'env_var': environment variable 'SHOP_DB' not found",
      { code: 'DBT_PROJECT', hint: 'Set the environment variable SHOP_DB, for example by env.' },
    ],
    [
      '[Generic (dbt1000)]: No failed nodes found in run_results.json - nothing to retry.',
      { code: 'DBT_PROJECT', hint: 'All of it has succeeded: run what is to be done next.' },
    ],
    ['Database Error\n  could not connect to server', { code: 'RESOURCE_FAILED', retryable: true }],
  ])('%s', (said, expected) => expect(failure([said])).toMatchObject(expected))

  test.each([
    [
      "Usage: dbt build [OPTIONS]\nTry 'dbt build --help' for help.\n\nError: No such option '--nonsense'. Did you mean '--no-defer'?",
      "No such option '--nonsense'. Did you mean '--no-defer'?",
    ],
    ["Error: Option '--select' requires an argument.", "Option '--select' requires an argument."],
    [
      "error: unexpected argument '--nonsense' found\n\n\nFor more information, try ' --help'.",
      "Unexpected argument '--nonsense' found.",
    ],
    [
      "error: invalid value 'nope' for '--output <OUTPUT>'\n  [possible values: json, name]\n\nFor more information, try '--help'.",
      "Invalid value 'nope' for '--output <OUTPUT>' [possible values: json, name].",
    ],
  ])('words that dbt does not know are no fault of the project: %s', (said, told) => {
    expect(failure(said.split(/\n+/), { completed: false, command: 'dbt build --nonsense' })).toMatchObject({
      code: 'USAGE',
      message: `'dbt build --nonsense': ${told}`,
      hint: 'See dbt build --help for what there is.',
    })
  })

  test.each([
    "Error: No such command 'nonsense'.",
    "error: unrecognized subcommand 'nonsense'\n  tip: a similar subcommand exists: 'show'\nUsage: dbt [OPTIONS] <COMMAND>",
  ])('a command that dbt does not have: %s', (said) =>
    expect(failure([said], { completed: false, command: 'dbt nonsense' })).toMatchObject({
      code: 'USAGE',
      message: expect.stringMatching(/^'dbt nonsense': [^\n]* 'nonsense'\.$/) as string,
      hint: 'See dbt --help for what there is.',
    }),
  )

  test('with the place, when it is a file of the project', () => {
    const said =
      "Compilation Error\n  Model 'model.shop.totals' (models/totals.sql) depends on a node named 'nope'"
    expect(failure([said])).toMatchObject({
      code: 'DBT_PROJECT',
      message: "'dbt build': Model 'model.shop.totals' (models/totals.sql) depends on a node named 'nope'.",
      place: { file: join(projectDir, 'models/totals.sql') },
    })
    expect(failure(['[error] [X (dbt1)]: No\n  --> models/totals.sql:3:5'])).toMatchObject({
      place: { line: 3, column: 5 },
    })
    expect(failure(['No such (models/elsewhere.sql)']).place).toBeUndefined()
  })

  test('1.x names a YAML file that it cannot read without its folder', () => {
    const said = `Parsing Error
  Error reading shop: staging/orders.yml - Runtime Error
    Syntax error near line 2
    ------------------------------
    1  | models:
    2  | - name: [orders

    Raw Error:
    ------------------------------
    while parsing a flow sequence
      in "<unicode string>", line 2, column 9
    did not find expected ',' or ']'
      in "<unicode string>", line 3, column 1`
    expect(failure([said]).place).toBeUndefined()
    const file = join(projectDir, 'models/staging/orders.yml')
    mkdirSync(join(projectDir, 'models/staging'))
    writeFileSync(file, '')
    expect(failure([said])).toMatchObject({
      code: 'DBT_PROJECT',
      message:
        "'dbt build': Error reading shop: staging/orders.yml - Runtime Error Syntax error near line 2 did not find expected ',' or ']'.",
      place: { file, line: 2, column: 9 },
    })
    mkdirSync(join(projectDir, 'seeds/staging'), { recursive: true })
    writeFileSync(join(projectDir, 'seeds/staging/orders.yml'), '')
    expect(failure([said]).place).toBeUndefined()
  })

  test("no file of dbt's own is a place", () => {
    const elsewhere = mkdtempSync(join(tmpdir(), 'levada-site-packages-'))
    onTestFinished(() => rmSync(elsewhere, { recursive: true }))
    const file = join(elsewhere, 'connections.py')
    writeFileSync(file, '')
    const said = `Cannot open file\n  File "${file}", line 3, in open`
    expect(failure([said]).place).toBeUndefined()
    expect(failure([`${said}\n> in model totals (models/totals.sql)`])).toMatchObject({
      place: { file: join(projectDir, 'models/totals.sql') },
    })
  })

  test('an operation that 1.x cannot run has a heading of its own', () => {
    const said = 'Encountered an error while running operation: Runtime Error\n  There is no macro "x"'
    expect(failure([said]).message).toBe(`'dbt build': There is no macro "x".`)
  })

  test("without the stack of dbt's own code", () => {
    const said = [
      "Couldn't find model 'x'",
      'Traceback (most recent call last):\n  File "/lib/requires.py", line 187',
    ]
    expect(failure(said).message).toBe("'dbt build': Couldn't find model 'x'.")
  })

  test('nothing said, or killed, is a death', () => {
    expect(failure([], { completed: false })).toMatchObject({ code: 'WORKER_DIED', retryable: true })
    expect(failure(['Parsing Error'], { exitCode: undefined, signal: 'SIGKILL' })).toMatchObject({
      code: 'WORKER_DIED',
      message: "'dbt build' ended before it had a result (SIGKILL).",
    })
  })
})
