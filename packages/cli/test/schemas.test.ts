import { globSync, readFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { relaxationJsonSchema } from '@levada/contract'
import { confSchemas } from '@levada/core/run'
import { files } from '@levada/io-files'
import { parquet } from '@levada/io-parquet'
import { postgresTables } from '@levada/io-postgres'
import { duckdb } from '@levada/resource-duckdb'
import { postgres } from '@levada/resource-postgres'
import { Ajv } from 'ajv'
import { describe, expect, test } from 'vitest'
import { parse } from 'yaml'

const root = join(import.meta.dirname, '../../..')
const schemas: Readonly<Record<string, object>> = {
  ...confSchemas([duckdb(), postgres(), files(), parquet(), postgresTables()]),
  relaxation: relaxationJsonSchema(),
}
const ajv = new Ajv({ allErrors: true, allowUnionTypes: true, strictTypes: false, strictRequired: false })
const validators = new Map(Object.entries(schemas).map(([name, schema]) => [name, ajv.compile(schema)]))

function faults(name: string, text: string): string[] {
  const validate = validators.get(name)!
  return validate(parse(text))
    ? []
    : validate.errors!.map(({ instancePath, message }) => `${instancePath} ${message}`)
}

const conf = globSync(['apps/*/conf/*/*.yml', 'packages/create/template/apps/*/conf/*/*.yml'], {
  cwd: root,
}).toSorted()

describe('schemas of conf/', () => {
  test('there are files to look at', () => expect(conf.length).toBeGreaterThan(10))
  test.each(conf)('%s is valid', (file) =>
    expect(faults(basename(file, '.yml'), readFileSync(join(root, file), 'utf8'))).toEqual([]),
  )

  test.each([
    ['catalog', 'shop.orders: { type: parquet, path: data/orders, compression: snappy }'],
    ['catalog', "'{domain}.{table}': { path: other }"],
    ['catalog', 'shop.orders: { type: mine, anything: 1 }'],
    ['catalog', "shop.orders: { type: csv, path: x.csv, header: '${env:HEADER}' }"],
    ['engines', "default: duckdb\n'shop.{table}': postgres"],
    ['resources', 'duckdb: { memory_limit: 4gb, threads: 2 }\nnotifier: { url: https://example.com }'],
    ['resources', 'warehouse: { type: postgres, port: 5433 }'],
    ['environment', 'protected: true\nreads: prod\nexternals: { aviation.flights: { max_age: 36h } }'],
    ['environment', 'memory_limit: 2GB'],
    ['parameters', 'delays: { late_after_minutes: 20 }'],
    ['globals', ''],
    [
      'jobs',
      '_time: 4h\nnightly: { retries: 2, timeout: "${_time}", step_timeout: 30m, max_active_runs: 1 }',
    ],
    ['jobs', 'nightly: { retries: { delay: 5s, backoff: 3, jitter: 0 } }'],
    ['catalog', '_type: csv\n_place: { path: data }\nshop.orders: { type: "${_type}" }'],
    ['parameters', '_late: 20\ndelays: { late_after_minutes: "${_late}" }'],
    ['engines', '_main: duckdb\ndefault: "${_main}"'],
    ['resources', '_threads: 2\nduckdb: { threads: "${_threads}" }'],
    ['credentials', 'warehouse: { password: x }'],
    ['relaxation', 'accept: [column-removed]\nreason: nobody reads it\napprovedBy: ada'],
  ])('%s: %s is valid', (name, text) => expect(faults(name, text)).toEqual([]))

  test.each([
    [
      'catalog',
      'shop.orders: { type: parquet, pth: data }',
      '/shop.orders must NOT have additional properties',
    ],
    [
      'catalog',
      'shop.orders: { type: parquet, compression: lz }',
      '/shop.orders/compression must be equal to',
    ],
    ['catalog', 'shop.orders: { type: csv, header: 1 }', '/shop.orders/header must be boolean'],
    ['catalog', 'orders: { type: parquet }', 'property name must be valid'],
    ['catalog', 'shop.orders: parquet', '/shop.orders must be object'],
    ['engines', 'shop: duckdb', 'must NOT have additional properties'],
    ['engines', 'default: 1', '/default must be string'],
    ['resources', 'duckdb: { treads: 2 }', '/duckdb must NOT have additional properties'],
    ['resources', 'duckdb: { threads: 0 }', '/duckdb/threads must be >= 1'],
    ['resources', 'warehouse: { type: postgres, port: many }', '/warehouse/port must be integer'],
    ['environment', 'protect: true', 'must NOT have additional properties'],
    ['environment', 'externals: { a.b: { max_age: 3 weeks } }', '/externals/a.b/max_age must match pattern'],
    ['parameters', 'delays: 20', '/delays must be object'],
    ['jobs', 'nightly: { schedule: "@daily" }', '/nightly must NOT have additional properties'],
    ['jobs', 'nightly: { timeout: 4 days }', '/nightly/timeout must match pattern'],
    ['globals', '- a', 'must be object,null'],
    ['relaxation', 'accept: []\nreason: x', "must have required property 'approvedBy'"],
  ])('%s: %s is not', (name, text, fault) => expect(faults(name, text).join('\n')).toContain(fault))

  test('what is said of a file is said of a file that Levada reads', () => {
    const settings = JSON.parse(
      readFileSync(join(root, 'packages/create/template/.vscode/settings.json'), 'utf8'),
    ) as { 'yaml.schemas': Record<string, string> }
    expect(Object.keys(settings['yaml.schemas']).map((file) => basename(file, '.json'))).toEqual(
      Object.keys(schemas).toSorted(),
    )
  })
})
