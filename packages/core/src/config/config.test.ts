import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, describe, expect, test } from 'vitest'
import { z } from 'zod'
import { codeFrame, codes, toLevadaErrors, type LevadaError } from '../errors/index.ts'
import { environments, loadConfig, matchEntry, secret, toPlain, type Config } from './index.ts'

const folders: string[] = []
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true })
})

function app(files: Readonly<Record<string, string>>): string {
  const dir = mkdtempSync(join(tmpdir(), 'levada-config-'))
  folders.push(dir)
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(join(dir, dirname(name)), { recursive: true })
    writeFileSync(join(dir, name), text)
  }
  return dir
}

const load = (
  files: Readonly<Record<string, string>>,
  env = 'dev',
  processEnv: Record<string, string> = {},
): Config => loadConfig({ appDir: app(files), env, processEnv })

function errorsOf(act: () => unknown): readonly LevadaError[] {
  try {
    act()
  } catch (error) {
    return toLevadaErrors(error)
  }
  throw new Error('nothing was thrown')
}

const plain = (config: Config, file: Parameters<Config['section']>[0]): unknown =>
  toPlain(config.resolve(config.section(file)))

describe('environments', () => {
  test('are the folders of conf/ and dev', () => {
    const dir = app({
      'conf/base/globals.yml': '',
      'conf/local/.gitignore': '*',
      'conf/prod/.gitkeep': '',
      'conf/README.md': '',
    })
    expect(environments(dir)).toEqual(['dev', 'prod'])
    expect(environments(app({}))).toEqual(['dev'])
  })

  test('may be links', () => {
    const dir = app({ 'conf/base/globals.yml': '', 'mounted/globals.yml': 'a: 1' })
    symlinkSync(join(dir, 'mounted'), join(dir, 'conf/prod'))
    expect(environments(dir)).toEqual(['dev', 'prod'])
    expect(plain(loadConfig({ appDir: dir, env: 'prod', processEnv: {} }), 'globals')).toEqual({ a: 1 })
  })
})

describe('loadConfig', () => {
  test('lays base, environment and local over each other', () => {
    const config = load({
      'conf/base/globals.yml': 'a: base\nb: base\nc: base',
      'conf/dev/globals.yml': 'b: dev\nc: dev',
      'conf/local/globals.yml': 'c: local',
    })
    expect(plain(config, 'globals')).toEqual({ a: 'base', b: 'dev', c: 'local' })
  })

  test('needs no conf/ at all', () => {
    expect(plain(load({}), 'catalog')).toEqual({})
  })

  test('leaves conf/local out of a protected environment', () => {
    const files = {
      'conf/prod/environment.yml': 'protected: true',
      'conf/prod/globals.yml': 'a: prod\nkey: ${secret:key}',
      'conf/local/globals.yml': 'a: local',
      'conf/local/credentials.yml': 'key: local',
    }
    const config = load(files, 'prod')
    expect(config.protected).toBe(true)
    expect(config.section('globals').entries.get('a')!.value).toMatchObject({ value: 'prod' })
    expect(errorsOf(() => plain(config, 'globals'))).toMatchObject([{ code: 'CREDENTIAL_MISSING' }])
    expect(plain(load(files), 'globals')).toEqual({ a: 'local' })
  })

  test.each([
    ['conf/prod/environment.yml', 'protected: "${env:X,false}"', 12],
    ['conf/local/environment.yml', 'protected: true', 1],
  ])('refuses %s: %s', (file, text, column) => {
    const [error] = errorsOf(() => load({ [file]: text, 'conf/prod/.gitkeep': '' }, 'prod'))
    expect(error).toMatchObject({ code: 'CONFIG_INVALID', place: { file, line: 1, column } })
  })

  test.each([
    ['base', "'base' is no environment: conf/base is a layer of others."],
    ['local', "'local' is no environment: conf/local is a layer of others."],
    ['', "There is no environment ''."],
    ['../prod', "There is no environment '../prod'."],
  ])('%j is ENV_UNKNOWN, and no folder to create', (env, message) => {
    const [error] = errorsOf(() => load({ 'conf/prod/globals.yml': '' }, env))
    expect(error).toMatchObject({ code: 'ENV_UNKNOWN', message, hint: 'Choose one of: dev, prod.' })
  })

  test('a file that is not UTF-8 is CONFIG_SYNTAX at its place', () => {
    const dir = app({ 'conf/base/globals.yml': '' })
    writeFileSync(join(dir, 'conf/base/catalog.yml'), Buffer.from('a: 1\nb: \u00e9', 'latin1'))
    writeFileSync(join(dir, 'conf/base/globals.yml'), Buffer.from('a: 1\n', 'utf16le'))
    const errors = errorsOf(() => loadConfig({ appDir: dir, env: 'dev', processEnv: {} }))
    expect(errors).toMatchObject([
      {
        code: 'CONFIG_SYNTAX',
        message: 'conf/base/catalog.yml is not UTF-8.',
        place: { file: 'conf/base/catalog.yml', line: 2, column: 4 },
      },
      {
        code: 'CONFIG_SYNTAX',
        message: 'conf/base/globals.yml is UTF-16, and has to be UTF-8.',
        place: { file: 'conf/base/globals.yml', line: 1, column: 1 },
      },
    ])
  })

  test('a secret of any file is taken out of code frames, also of places that were made before it was known', () => {
    const config = load({ 'conf/base/catalog.yml': 'a:\n  token: hunter2\n  size: many\n  ${x}: 1\n' })
    const place = config.section('catalog').entries.get('a')!.key
    expect(codeFrame(place)).toContain('hunter2')
    const errors = errorsOf(() =>
      config.read(
        config.section('catalog').entries.get('a')!.value,
        z.object({ token: secret(), size: z.int() }),
      ),
    )
    expect(errors.map((error) => codeFrame(error.place!)).join('\n')).not.toContain('hunter2')
    expect(codeFrame(place)).toBe('> 1 | a:\n    | ^\n  2 |   token: ***')
  })

  test('an unknown environment is ENV_UNKNOWN with the nearest', () => {
    const [error] = errorsOf(() => load({ 'conf/prod/globals.yml': '' }, 'prd'))
    expect(error).toMatchObject({
      code: 'ENV_UNKNOWN',
      message: "There is no environment 'prd'. Did you mean 'prod'?",
    })
    for (const env of ['base', 'local', '../conf', '']) {
      expect(errorsOf(() => load({ 'conf/base/globals.yml': '' }, env))).toMatchObject([
        { code: 'ENV_UNKNOWN' },
      ])
    }
  })

  test('reports all that is wrong in all files at once', () => {
    const errors = errorsOf(() =>
      load({
        'conf/base/catalogs.yml': '',
        'conf/base/jobs/x.yml': '',
        'conf/base/engines.yaml': '',
        'conf/base/credentials.yml': '',
        'conf/base/globals.yml': 'a: [',
        'conf/dev/jobs.yml': '- a',
        'conf/local/resources.yml': 'a: 1\na: 2',
        'conf/globals.yml': '',
        'conf/base/README.md': 'fine',
        'conf/base/.gitkeep': 'fine',
      }),
    )
    expect(errors.map(({ code, place }) => `${code} ${place?.file}`)).toEqual([
      'CONFIG_FILE_UNKNOWN conf/globals.yml',
      'CONFIG_FILE_UNKNOWN conf/base/catalogs.yml',
      'CREDENTIAL_PLACE conf/base/credentials.yml',
      'CONFIG_FILE_UNKNOWN conf/base/engines.yaml',
      'CONFIG_SYNTAX conf/base/globals.yml',
      'CONFIG_FILE_UNKNOWN conf/base/jobs',
      'CONFIG_INVALID conf/dev/jobs.yml',
      'CONFIG_SYNTAX conf/local/resources.yml',
    ])
    expect(errors[1]!.message).toContain("Did you mean 'catalog.yml'?")
  })
})

test('loadConfig: a file that cannot be read is STORAGE', () => {
  const dir = app({ 'conf/base/jobs.yml': '' })
  symlinkSync(dir, join(dir, 'conf/base/globals.yml'))
  const errors = errorsOf(() => loadConfig({ appDir: dir, env: 'dev', processEnv: {} }))
  expect(errors).toMatchObject([{ code: 'STORAGE', place: { file: 'conf/base/globals.yml' } }])
})

describe('Config.resolve', () => {
  test('every resolver, whole and inside a text', () => {
    const config = load(
      {
        'conf/base/globals.yml': 'bucket: s3://b\nversion: 1.10\nlist: [1, "${bucket}/x"]\nport: 5432',
        'conf/base/parameters.yml': 'delays: { late_after_minutes: 20 }',
        'conf/base/catalog.yml': [
          'aviation.flights: { path: "${globals:bucket}/v${globals:version}", port: "${globals:port}" }',
          'copy: { path: "${aviation.flights.path}", list: "${globals:list}", late: "${params:delays.late_after_minutes}" }',
          'env: { a: "${env:HOME_DIR}", b: "${env:NONE,7}", c: "x${env:NONE,}", d: "$${env:X}" }',
        ].join('\n'),
      },
      'dev',
      { HOME_DIR: '/home' },
    )
    expect(plain(config, 'catalog')).toEqual({
      'aviation.flights': { path: 's3://b/v1.10', port: 5432 },
      copy: { path: 's3://b/v1.10', list: [1, 's3://b/x'], late: 20 },
      env: { a: '/home', b: 7, c: 'x', d: '${env:X}' },
    })
  })

  test('takes place after the merge', () => {
    const config = load({ 'conf/base/globals.yml': 'a: 1\nb: "${a}"', 'conf/dev/globals.yml': 'a: 2' })
    expect(plain(config, 'globals')).toEqual({ a: 2, b: 2 })
  })

  test('resolving twice changes nothing', () => {
    const config = load({ 'conf/base/globals.yml': 'a: "$${b}"\nb: "${env:X}"' }, 'dev', { X: '${a}' })
    const once = config.resolve(config.section('globals'))
    expect(toPlain(once)).toEqual({ a: '${b}', b: '${a}' })
    expect(toPlain(config.resolve(once))).toEqual(toPlain(once))
  })

  test.each([
    [
      'a: "${globals:bukket}"',
      "catalog.a: ${globals:bukket}: globals.yml has no 'bukket'. Did you mean 'bucket'?",
    ],
    ['a: "${params:x}"', "catalog.a: ${params:x}: parameters.yml has no 'x'."],
    ['a: "${env:HOMEE}"', "catalog.a: ${env:HOMEE}: the variable HOMEE is not set. Did you mean 'HOME'?"],
    ['a: "${bb.cc}"\nbb: { cd: 1 }', "catalog.a: ${bb.cc}: catalog.yml has no 'bb.cc'. Did you mean 'cd'?"],
    [
      'a: "${global:bucket}"',
      "catalog.a: ${global:bucket} has the unknown resolver 'global'. Did you mean 'globals'?",
    ],
    ['a: "x${b}"\nb: [1]', 'catalog.a: ${b} is a list, so it cannot be part of a text.'],
    ['a: "x${b}"\nb:', 'catalog.a: ${b} has no value, so it cannot be part of a text.'],
    ['a: "${env:X,[1]}"', 'catalog.a: the default of ${env:X, ***} is not one YAML value.'],
    ['a: "${b"', 'catalog.a: a ${ is never closed by }.'],
    ['a: "${env:${b}}"', 'catalog.a: a ${…} inside another may stand in its default only.'],
    [
      'a: "${b}"\nb: "x${c.d}"\nc: { d: "${a}" }',
      'catalog.a refers to itself: catalog.a → catalog.b → catalog.c.d → catalog.a.',
    ],
    ['a: { b: "${a}" }', 'catalog.a.b refers to itself: catalog.a.b → catalog.a.b.'],
  ])('%s is CONFIG_INTERPOLATION', (text, message) => {
    const config = load({ 'conf/base/catalog.yml': text, 'conf/base/globals.yml': 'bucket: b' }, 'dev', {
      HOME: '/',
    })
    const errors = errorsOf(() => plain(config, 'catalog'))
    expect(errors.map((error) => error.message)).toEqual([message])
    expect(errors[0]).toMatchObject({
      code: 'CONFIG_INTERPOLATION',
      place: { file: 'conf/base/catalog.yml', line: 1 },
    })
  })

  test('reports all errors, each once, and leaves the rest usable', () => {
    const config = load({
      'conf/base/globals.yml': 'root: "${env:ROOT}"',
      'conf/base/catalog.yml': 'a: "${globals:root}/a"\nb: "${globals:root}/b"\nc: "${env:OTHER}"\nd: fine',
    })
    const errors: LevadaError[] = []
    const node = config.resolve(config.section('catalog'), { report: (error) => errors.push(error) })
    expect(errors.map(({ place }) => place?.file)).toEqual(['conf/base/globals.yml', 'conf/base/catalog.yml'])
    expect(node).toMatchObject({ state: 'failed' })
    expect(plain(load({ 'conf/base/globals.yml': 'a: 1' }), 'globals')).toEqual({ a: 1 })
  })

  test('is lazy: an entry nobody reads may miss its secret', () => {
    const config = load({ 'conf/base/resources.yml': 'used: { a: 1 }\nunused: { p: "${secret:none}" }' })
    expect(toPlain(config.resolve(config.section('resources').entries.get('used')!.value))).toEqual({ a: 1 })
  })
})

describe('secrets', () => {
  const read = (text: string, files: Record<string, string> = {}, env: Record<string, string> = {}) => {
    const config = load({ ...files, 'conf/base/resources.yml': text }, 'dev', env)
    return { config, value: () => plain(config, 'resources') }
  }

  test('come from credentials.yml, then from the environment', () => {
    const credentials = { 'conf/local/credentials.yml': 'gcp: { levada: from-file, empty: "" }' }
    const env = {
      LEVADA_SECRET_GCP_LEVADA: 'from-env',
      LEVADA_SECRET_GCP_EMPTY: 'env',
      LEVADA_SECRET_A_B_C: 'abc-env',
      PW: 'pw-env',
    }
    const { value, config } = read(
      'a: ${secret:gcp/levada}\nb: ${secret:gcp.empty}\nc: ${secret:a/b-c}\nd: ${secret:env/PW}\ne: ${secret:file/key.txt}',
      { ...credentials, 'key.txt': ' from-key\n' },
      env,
    )
    expect(value()).toEqual({ a: 'from-file', b: 'env', c: 'abc-env', d: 'pw-env', e: 'from-key' })
    expect(config.redact('from-file abc-env pw-env from-key')).toBe('*** *** *** ***')
  })

  test('a map of secrets keeps its types', () => {
    const { value, config } = read('a: ${secret:db}', {
      'conf/local/credentials.yml': 'db: { user: joe-user, port: 54321 }',
    })
    expect(value()).toEqual({ a: { user: 'joe-user', port: 54321 } })
    expect(config.redact('joe-user:54321')).toBe('***:***')
  })

  test('mark what is composed from them', () => {
    const { value, config } = read(
      'url: "pg://u:${secret:env/PW}@h"\nagain: "${url}?x"',
      {},
      { PW: 'hunter2' },
    )
    value()
    expect(config.explain('resources.again')).toMatchObject({ value: '***' })
    expect(config.redact('at pg://u:hunter2@h, hunter2')).toBe('at ***, ***')
  })

  test.each([
    [
      '${secret:gcp/levda}',
      'Add it to conf/local/credentials.yml, or set the variable LEVADA_SECRET_GCP_LEVDA.',
    ],
    ['${secret:env/PW}', 'Set the variable PW.'],
    ['${secret:file/none}', 'Put it in the file none, relative to the app.'],
  ])('%s is CREDENTIAL_MISSING when it is not there', (text, hint) => {
    const { value } = read(
      `a: ${text}`,
      { 'conf/local/credentials.yml': 'gcp: { levada: hunter2 }' },
      { PW: '' },
    )
    const [error] = errorsOf(value)
    expect(error).toMatchObject({ code: 'CREDENTIAL_MISSING', hint, place: { line: 1, column: 4 } })
    expect(error!.message).not.toContain('hunter2')
    if (text.includes('gcp')) expect(error!.message).toContain("Did you mean 'levada'?")
  })

  test('a default stands in, and is none itself', () => {
    const { value, config } = read('a: ${secret:x,postgres}')
    expect(value()).toEqual({ a: 'postgres' })
    expect(config.redact('postgres')).toBe('postgres')
  })
})

describe('Config.read', () => {
  const read = (text: string, schema: z.ZodType, env: Record<string, string> = {}) => {
    const config = load({ 'conf/base/resources.yml': text }, 'dev', env)
    return { config, value: () => config.read(config.section('resources'), schema) }
  }
  const server = z.object({
    db: z.object({
      host: z.string(),
      port: z.int().min(1).default(5432),
      mode: z.enum(['read', 'write']).optional(),
      tls: z.boolean().optional(),
      password: secret().min(3).optional(),
    }),
  })

  test('gives the typed value', () => {
    expect(read('db: { host: h }', server).value()).toEqual({ db: { host: 'h', port: 5432 } })
  })

  test.each([
    ['db: { host: 1 }', 'resources.db.host: expected a text, received the number 1.', 13],
    ['db: { host: }', 'resources.db.host: expected a text, received nothing.', 13],
    ['db: { port: 1 }', 'resources.db.host is missing; expected a text.', 1],
    ['db: 5', 'resources.db: expected a map, received a number.', 5],
    [
      'db: { host: h, port: 1.5 }',
      'resources.db.port: expected a whole number, received the number 1.5.',
      22,
    ],
    ['db: { host: h, port: "1" }', "resources.db.port: expected a number, received the text '1'.", 22],
    [
      'db: { host: h, mode: raed }',
      "resources.db.mode: expected one of 'read', 'write', received the text 'raed'. Did you mean 'read'?",
      22,
    ],
    ['db: { host: h, prot: 1 }', "resources.db has the unknown key 'prot'. Did you mean 'port'?", 16],
    ['db: { host: h }\nbd: 1', "resources has the unknown key 'bd'. Did you mean 'db'?", 1],
  ])('%s', (text, message, column) => {
    const errors = errorsOf(read(text, server).value)
    expect(errors.map((error) => error.message)).toEqual([message])
    expect(errors[0]).toMatchObject({
      code: 'CONFIG_INVALID',
      place: { file: 'conf/base/resources.yml', column },
    })
  })

  test("keeps zod's own words where they say more, with what was received", () => {
    const [error] = errorsOf(read('db: { host: h, port: 0 }', server).value)
    expect(error!.message).toBe(
      'resources.db.port: Too small: expected number to be >=1, received the number 0.',
    )
  })

  test('reports everything at once, unresolved values included and not twice', () => {
    const errors = errorsOf(read('db: { host: "${env:NONE}", port: x, nope: 1 }', server).value)
    expect(errors.map(({ code, place }) => `${code} ${place?.column}`)).toEqual([
      'CONFIG_INTERPOLATION 13',
      'CONFIG_INVALID 37',
      'CONFIG_INVALID 34',
    ])
  })

  test('a text from the environment becomes the number or truth value it spells', () => {
    const text = 'db: { host: "${env:H}", port: "${env:P}", tls: "${env:T}" }'
    expect(read(text, server, { H: '1', P: '5433', T: 'true' }).value()).toEqual({
      db: { host: '1', port: 5433, tls: true },
    })
    const errors = errorsOf(read(text, server, { H: 'h', P: '5433x', T: 'true' }).value)
    expect(errors[0]!.message).toBe(
      "resources.db.port: expected a number, received the text '5433x' from ${env:P}.",
    )
  })

  test('whatever reaches a secret() field is redacted, in errors as well', () => {
    const good = read('db: { host: h, password: literal-pw }', server)
    good.value()
    expect(good.config.redact('the literal-pw')).toBe('the ***')
    const [error] = errorsOf(read('db: { host: h, password: "${env:P}" }', server, { P: 'zz' }).value)
    expect(error!.message).not.toContain('zz')
    const number = errorsOf(read('db: { host: h, password: 12345678 }', server).value)
    expect(number[0]!.message).toBe('resources.db.password: expected a text, received the number ***.')
  })

  test('finds secrets and unknown keys behind unions, records and lazies', () => {
    const auth = z.discriminatedUnion('kind', [
      z.object({ kind: z.literal('key'), key: secret() }),
      z.object({ kind: z.literal('login'), user: z.string(), password: secret().nullable() }),
    ])
    const schema = z.record(
      z.string(),
      z.object({ auth: z.lazy(() => auth).optional(), any: z.looseObject({}).optional() }),
    )
    const good = read('a: { auth: { kind: login, user: u, password: top-secret }, any: { x: 1 } }', schema)
    expect(good.value()).toMatchObject({ a: { any: { x: 1 } } })
    expect(good.config.redact('top-secret')).toBe('***')
    const errors = errorsOf(
      read('a: { auth: { kind: key, key: abcd, user: u } }\nb: { auth: { kind: kye } }', schema).value,
    )
    expect(errors.map((error) => error.message)).toEqual([
      "resources.a.auth has the unknown key 'user'.",
      "resources.b.auth.kind: expected one of 'key', 'login', received the text 'kye'. Did you mean 'key'?",
    ])
  })

  test('a plain union names its choices, or the one that came closest', () => {
    const schema = z.object({ a: z.union([z.string(), z.object({ b: z.number() })]) })
    expect(errorsOf(read('a: { b: x }', schema).value)[0]!.message).toBe(
      "resources.a.b: expected a number, received the text 'x'.",
    )
    const simple = z.object({ a: z.union([z.string(), z.number()]) })
    expect(errorsOf(read('a: true', simple).value)[0]!.message).toBe(
      'resources.a: expected a text or a number, received true.',
    )
  })
})

describe('Config.explain', () => {
  const files = {
    'conf/base/globals.yml': 'curated: s3://c\nurl: "pg://${secret:env/PW}"\nbroken: "${env:NONE}"',
    'conf/base/catalog.yml':
      'aviation.flights: { type: parquet, path: a }\n"{domain}.{table}": { path: "${globals:curated}/{domain}/{table}" }',
    'conf/dev/catalog.yml': '\naviation.flights: { path: b }',
  }
  const config = () => load(files, 'dev', { PW: 'hunter2' })

  test('names the winner and the losers', () => {
    expect(config().explain('catalog.aviation.flights.path')).toMatchObject({
      value: 'b',
      layer: 'dev',
      place: { file: 'conf/dev/catalog.yml', line: 2, column: 27 },
      overridden: [{ file: 'conf/base/catalog.yml', line: 1, column: 42 }],
      interpolation: undefined,
    })
  })

  test('goes through patterns and shows the text in the file', () => {
    expect(config().explain('catalog.sales.orders.path')).toMatchObject({
      path: 'catalog.{domain}.{table}.path',
      value: 's3://c/sales/orders',
      interpolation: '${globals:curated}/{domain}/{table}',
      place: { line: 2 },
    })
    expect(config().explain('catalog.sales.orders')).toMatchObject({ value: { path: 's3://c/sales/orders' } })
  })

  test('hides secrets and tells what is broken', () => {
    const found = config().explain('globals.url')!
    expect(found).toMatchObject({ value: '***', interpolation: 'pg://${secret:env/PW}' })
    expect(config().explain('globals.broken')).toMatchObject({
      value: undefined,
      errors: [{ code: 'CONFIG_INTERPOLATION' }],
    })
  })

  test('is undefined for what is not there', () => {
    for (const path of ['catalog.aviation.flights.nope', 'nothing.a', 'globals.x', ''])
      expect(config().explain(path)).toBeUndefined()
    expect(config().explain('globals')).toMatchObject({ path: 'globals' })
  })
})

test('a catalog entry, from pattern to typed value', () => {
  const config = load({
    'conf/base/globals.yml': 'curated: data/curated',
    'conf/base/catalog.yml':
      '"{domain}.{table}": { type: parquet, path: "${globals:curated}/{domain}/{table}" }',
  })
  const entry = matchEntry(config.section('catalog'), 'aviation.flights')!
  const parquet = z.object({ type: z.literal('parquet'), path: z.string() })
  expect(config.read(entry.node, parquet)).toEqual({ type: 'parquet', path: 'data/curated/aviation/flights' })
  expect(codes.CATALOG_MISSING).toBeDefined()
})
