import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { asset } from '@levada/core'
import { datasetType, definePlugin, type Dataset } from '@levada/core/spi'
import { afterEach, describe, expect, test } from 'vitest'
import { z } from 'zod'
import { openCatalog, openEngines, type Catalog } from '../../src/catalog/index.ts'
import { loadConfig, matchEntry, toPlain, type Config } from '../../src/config/index.ts'
import { toLevadaErrors, type LevadaError } from '../../src/errors/index.ts'
import { resolveParams } from '../../src/plan/index.ts'
import { appOf, pipelineOf } from './kit.ts'

// The numbers are those of docs/semantics.md.

const folders: string[] = []
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true })
})

type Files = Readonly<Record<string, string>>

function load(files: Files, env = 'dev'): Config {
  const appDir = mkdtempSync(join(tmpdir(), 'levada-semantics-'))
  folders.push(appDir)
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(join(appDir, 'conf', dirname(name)), { recursive: true })
    writeFileSync(join(appDir, 'conf', name), text)
  }
  return loadConfig({ appDir, env, processEnv: {} })
}

const valuesOf = (config: Config, file: Parameters<Config['section']>[0]): unknown =>
  toPlain(config.resolve(config.section(file)))
const read = (file: 'globals' | 'catalog' | 'parameters', files: Files, env?: string): unknown =>
  valuesOf(load(files, env), file)

function errorsOf(act: () => unknown): readonly LevadaError[] {
  try {
    act()
  } catch (error) {
    return toLevadaErrors(error)
  }
  return []
}

/** What has been made, in order, with its settings. */
function catalogOf(
  text: string,
  names: readonly string[],
): { readonly catalog: Catalog; readonly made: unknown[] } {
  const made: unknown[] = []
  const csv = datasetType({
    config: z.strictObject({ path: z.string(), nested: z.unknown().optional() }),
    create(config, { asset: name }) {
      made.push({ name, ...config })
      return { type: 'csv', address: config.path } as Dataset
    },
  })
  const config = load({ 'base/catalog.yml': text })
  const plugins = [definePlugin('files', { datasets: { csv } })]
  const schema = z.object({ id: z.int() })
  const assets = new Map(names.map((name) => [name, { asset: asset(name as 'x.y', { schema }) }]))
  return { catalog: openCatalog(config, plugins, assets, openEngines(config, plugins)), made }
}

describe('patterns of the catalog', () => {
  const matched = (keys: readonly string[], name: string): string | undefined =>
    matchEntry(
      load({ 'base/catalog.yml': keys.map((key) => `"${key}": 1`).join('\n') }).section('catalog'),
      name,
    )?.key

  test('G1: more literal characters come first, one placeholder for all last', () => {
    const keys = ['{name}', 'path/{dataset}/file', 'path/to/{dataset}/data', 'data/{dataset}']
    for (const written of [keys, keys.toReversed()]) {
      expect(matched(written, 'path/to/x/data')).toBe('path/to/{dataset}/data')
      expect(matched(written, 'path/x/file')).toBe('path/{dataset}/file')
      expect(matched(written, 'data/x')).toBe('data/{dataset}')
      expect(matched(written, 'else')).toBe('{name}')
    }
    expect(() => matched(['a{x}', '{y}c'], 'abc')).toThrow(
      expect.objectContaining({ code: 'CATALOG_AMBIGUOUS' }),
    )
  })

  test('G2: two patterns that match equally well are an error that names both places', () => {
    const [error] = errorsOf(() => matched(['{name}', '{value}'], 'x'))
    expect(error).toMatchObject({ code: 'CATALOG_AMBIGUOUS', place: { line: 2 } })
    expect(error!.message).toMatch(/catalog\.yml:1:1.*catalog\.yml:2:1/)
  })

  test.each([
    ['a value', '{ type: csv, path: "{tabel}" }'],
    ['an item of a list', '{ type: csv, path: p, nested: ["{tabel}"] }'],
    ['a value below', '{ type: csv, path: p, nested: { a: { b: "x/{tabel}" } } }'],
    ['an item below', '{ type: csv, path: p, nested: [1, ["{tabel}"]] }'],
  ])('G4: a placeholder that the key does not have is an error, in %s', (_, entry) => {
    const { catalog } = catalogOf(`"{domain}.{table}": ${entry}\n`, ['x.y'])
    expect(catalog.checkAll()).toMatchObject([
      {
        code: 'CONFIG_INVALID',
        message: "{tabel} is no placeholder of '{domain}.{table}'. Did you mean 'table'?",
        place: { file: 'conf/base/catalog.yml', line: 1 },
      },
    ])
  })

  test('G5: placeholders are replaced at every depth', () => {
    const { catalog, made } = catalogOf(
      '"{domain}.{table}": { type: csv, path: "{table}.csv", nested: { a: { b: ["{domain}/{table}", 1] } } }\n',
      ['shop.orders'],
    )
    expect(catalog.entry('shop.orders').pattern).toBe('{domain}.{table}')
    expect(made).toEqual([
      { name: 'shop.orders', path: 'orders.csv', nested: { a: { b: ['shop/orders', 1] } } },
    ])
  })

  test('G7: literals inside of a part of the key', () => {
    const match = matchEntry(
      load({ 'base/catalog.yml': '"{namespace}.int_{name}": 1' }).section('catalog'),
      'data.int_customers',
    )
    expect(match!.bindings).toEqual({ namespace: 'data', name: 'customers' })
  })

  test('G8: the entry of the asset, then the best pattern; without any it is an error', () => {
    const text =
      '"{d}.{t}": { type: csv, path: any }\n"x.{t}": { type: csv, path: domain }\nx.a: { type: csv, path: own }\n'
    const { catalog } = catalogOf(text, ['x.a', 'x.b', 'y.c'])
    expect(['x.a', 'x.b', 'y.c'].map((name) => catalog.entry(name).dataset.address)).toEqual([
      'own',
      'domain',
      'any',
    ])
    expect(catalogOf('x.a: { type: csv, path: p }\n', ['x.a', 'x.b']).catalog.checkAll()).toMatchObject([
      { code: 'CATALOG_MISSING', message: expect.stringContaining("'x.b'") },
    ])
  })

  test('G10: a secret that is not there is an error at its place, with where to put it', () => {
    const { catalog } = catalogOf('x.a: { type: csv, path: p, nested: { key: "${secret:missing}" } }\n', [
      'x.a',
    ])
    expect(catalog.checkAll()).toMatchObject([
      {
        code: 'CREDENTIAL_MISSING',
        hint: 'Add it to conf/local/credentials.yml, or set the variable LEVADA_SECRET_MISSING.',
        place: { file: 'conf/base/catalog.yml', line: 1, column: 43 },
      },
    ])
  })

  test('G11: an entry that is no map is an error that tells of _', () => {
    expect(catalogOf('x.a: csv\n', ['x.a']).catalog.checkAll()).toMatchObject([
      { code: 'CONFIG_INVALID', place: { line: 1 }, hint: expect.stringContaining('start the key with _') },
    ])
  })

  test('G19: of a thousand entries only those are made that are asked for', () => {
    const names = Array.from({ length: 1000 }, (_, i) => `x.a${i}`)
    const { catalog, made } = catalogOf(
      names.map((name) => `${name}: { type: csv, path: p }\n`).join(''),
      names,
    )
    catalog.entry('x.a7')
    catalog.entry('x.a7')
    expect(made).toEqual([{ name: 'x.a7', path: 'p' }])
  })

  test('R2: a type of dataset that no plugin has is an error, with file and line', () => {
    expect(catalogOf('\nx.a: { type: cvs, path: p }\n', ['x.a']).catalog.checkAll()).toMatchObject([
      {
        code: 'PLUGIN_MISSING',
        message: expect.stringContaining("'cvs'"),
        place: { file: 'conf/base/catalog.yml', line: 2 },
      },
    ])
  })
})

describe('layers', () => {
  test('I1: maps merge deeply, keys that only one layer has stay', () => {
    expect(
      read('globals', {
        'base/globals.yml': 'trains: 1\ncars: { index: true, wheels: 4 }',
        'local/globals.yml': 'cars: { index: false }\nboats: 2',
      }),
    ).toEqual({ trains: 1, cars: { index: false, wheels: 4 }, boats: 2 })
  })

  test('I2: what stands beside a value that is replaced survives', () => {
    expect(
      read('globals', {
        'base/globals.yml':
          'tracking: { disable: false, experiment: { name: local, nested: true }, params: { n: 1 } }',
        'local/globals.yml': 'tracking: { experiment: { name: prod } }',
      }),
    ).toEqual({ tracking: { disable: false, experiment: { name: 'prod', nested: true }, params: { n: 1 } } })
  })

  test('I5: a key twice in a file is an error, and so is a second file of a kind', () => {
    expect(errorsOf(() => load({ 'base/catalog.yml': 'cars: 1\ntrains: 2\ncars: 3' }))).toMatchObject([
      { code: 'CONFIG_SYNTAX', place: { file: 'conf/base/catalog.yml', line: 3 } },
    ])
    expect(errorsOf(() => load({ 'base/catalog.yml': '', 'base/catalog.json': '{}' }))).toMatchObject([
      { code: 'CONFIG_FILE_UNKNOWN', place: { file: 'conf/base/catalog.json' } },
    ])
  })

  test('I7: a key that starts with _ only holds a value for others; twice it is an error', () => {
    const text = '_place: { path: p }\nx.a: { type: csv, path: "${_place.path}" }\n'
    const { catalog } = catalogOf(text, ['x.a'])
    expect(catalog.checkAll()).toEqual([])
    expect(catalog.entry('x.a').dataset.address).toBe('p')
    expect(errorsOf(() => load({ 'base/catalog.yml': '_a: 1\n_a: 2' }))).toMatchObject([
      { code: 'CONFIG_SYNTAX' },
    ])
  })

  test('I8: ${…} refers within its file, ${globals:…} across files', () => {
    const files = {
      'base/globals.yml': 'type: parquet',
      'base/catalog.yml': '_local: csv\na: "${_local}"\nb: "${globals:type}"',
    }
    expect(read('catalog', files)).toMatchObject({ a: 'csv', b: 'parquet' })
    expect(errorsOf(() => read('catalog', { ...files, 'base/catalog.yml': 'a: "${type}"' }))).toMatchObject([
      { code: 'CONFIG_INTERPOLATION', message: expect.stringContaining("catalog.yml has no 'type'") },
    ])
  })

  test('I10: an unknown key is an error with its place and the nearest', () => {
    const { catalog } = catalogOf('x.a: { type: csv, path: p, nestde: 1 }\n', ['x.a'])
    expect(catalog.checkAll()).toMatchObject([
      {
        code: 'CONFIG_INVALID',
        message: expect.stringContaining("Did you mean 'nested'?"),
        place: { line: 1, column: 28 },
      },
    ])
  })

  test('I11: an empty file is an empty map', () => {
    expect(read('globals', { 'base/globals.yml': '' })).toEqual({})
    expect(read('globals', { 'base/globals.yml': '# nothing\n', 'dev/globals.yml': 'a: 1' })).toEqual({
      a: 1,
    })
  })

  test('I14: a file that is none of the known is an error with the nearest', () => {
    expect(errorsOf(() => load({ 'base/catalog.ini': '' }))).toMatchObject([
      { code: 'CONFIG_FILE_UNKNOWN', message: expect.stringContaining("Did you mean 'catalog.yml'?") },
    ])
  })
})

describe('interpolation', () => {
  test('I16: globals are merged over all layers before they are used', () => {
    const files = {
      'base/globals.yml': 'x: 34\ny: 25',
      'local/globals.yml': 'y: 99',
      'base/parameters.yml': 'a: "${globals:y}"',
      'local/parameters.yml': 'b: "${globals:x}"',
    }
    expect(read('parameters', files)).toEqual({ a: 99, b: 34 })
  })

  test('I17: nested names and defaults; what is null is there', () => {
    const files = {
      'base/globals.yml': 'nested: { y: 42 }\nnothing: null',
      'base/parameters.yml': [
        'a: "${globals:nested.y}"',
        'b: "${globals:none,34}"',
        'c: "${globals:none,0}"',
        'd: "${globals:none,null}"',
        'e: "${globals:nothing,5}"',
      ].join('\n'),
    }
    expect(read('parameters', files)).toEqual({ a: 42, b: 34, c: 0, d: null, e: null })
  })

  test('I19: a global that is not there and has no default is an error', () => {
    const files = {
      'base/globals.yml': 'nested: { x: 1 }',
      'base/parameters.yml': 'a: "${globals:nested.y}"',
    }
    expect(errorsOf(() => read('parameters', files))).toMatchObject([
      {
        code: 'CONFIG_INTERPOLATION',
        message: expect.stringContaining("globals.yml has no 'nested.y'"),
        place: { line: 1 },
      },
    ])
  })

  test('I20: what starts with _ cannot be referred to from another file', () => {
    const files = { 'base/globals.yml': '_ignore: 1', 'base/parameters.yml': 'a: "${globals:_ignore}"' }
    expect(errorsOf(() => read('parameters', files))).toMatchObject([
      {
        code: 'CONFIG_INTERPOLATION',
        message: expect.stringContaining('what starts with _ is for its own file only'),
      },
    ])
  })

  test('I22: a default may be another reference, with a default of its own', () => {
    const of = (globals: string, parameters: string): unknown =>
      read('catalog', {
        'base/globals.yml': globals,
        'base/parameters.yml': parameters,
        'base/catalog.yml':
          'a: "${params:type,${globals:dataset.type,parquet}}"\nb: "x-${params:type,p-${globals:dataset.type,q}}"',
      })
    expect(of('', '')).toEqual({ a: 'parquet', b: 'x-p-q' })
    expect(of('dataset: { type: csv }', '')).toEqual({ a: 'csv', b: 'x-p-csv' })
    expect(of('dataset: { type: csv }', 'type: json')).toEqual({ a: 'json', b: 'x-json' })
  })

  test.each(['base', 'local'])('I23: params in globals are an error with the place, in %s', (layer) => {
    expect(errorsOf(() => read('globals', { [`${layer}/globals.yml`]: '\na: "${params:x}"' }))).toMatchObject(
      [
        {
          code: 'CONFIG_INTERPOLATION',
          message: 'globals.a: ${params:x}: globals.yml cannot refer to params.',
          place: { file: `conf/${layer}/globals.yml`, line: 2 },
        },
      ],
    )
  })

  test('I25: layers are merged first, then references are followed; a value that is given wins over both', () => {
    const config = load({
      'base/parameters.yml': '_env: base\np: { where: "${_env}" }',
      'local/parameters.yml': '_env: local',
    })
    expect(valuesOf(config, 'parameters')).toMatchObject({ p: { where: 'local' } })
    const app = withParam('where')
    const none = (error: LevadaError): never => {
      throw error
    }
    expect(resolveParams(app, config, {}, none)).toEqual({ p: { where: 'local' } })
    expect(resolveParams(app, config, { p: { where: 'call' } }, none)).toEqual({ p: { where: 'call' } })
  })

  test('I26: one value deep inside is replaced, all others are kept', () => {
    const files = {
      'base/globals.yml': 'aaa: { bbb: { aba: 1, abb: 2, abc: 14 } }\nxyz: { asdf: 123 }',
      'prod/globals.yml': 'def: { gg: 123 }\naaa: { bbb: { abb: 2011-11-11 } }',
    }
    expect(read('globals', files, 'prod')).toMatchObject({
      aaa: { bbb: { aba: 1, abc: 14 } },
      xyz: { asdf: 123 },
      def: { gg: 123 },
    })
    expect(
      String((read('globals', files, 'prod') as { aaa: { bbb: { abb: unknown } } }).aaa.bbb.abb),
    ).toContain('2011-11-11')
  })
})

/** An app with a pipeline `p` that takes one text. */
function withParam(name: string) {
  const one = pipelineOf('p', ['n: -> x.a'])
  const [made] = one.nodes
  return appOf({ ...one, nodes: [{ ...made!, params: { [name]: z.string() } }] } as never)
}
