// Names and values that would do harm if they were spliced into SQL.
import { quoteName, quoteText } from '@levada/resource-postgres'
import { beforeAll, describe, expect, test } from 'vitest'
import { project } from './project.ts'
import { run, server } from './server.ts'

const password = `it's "a" \\ pass;word -- $$ é {x} #`
const user = `o'brien "x"; drop table canary; --`
beforeAll(async () => {
  await run('create table if not exists public.canary ()')
  await run(`create role ${quoteName(user)} login password ${quoteText(password)}`)
  await run(`grant create on database ${quoteName(server.database)} to ${quoteName(user)}`)
})

/** What must not be lost, whatever was done. */
const canary = async (): Promise<void> =>
  expect(await run(`select to_regclass('public.canary')`)).toEqual([['canary']])

const columns = [
  `a "quoted" one`,
  `semi; drop table canary; --`,
  `it's`,
  'a $$dollar$$ $1',
  'naïve 🐟',
  'select',
  'A',
]
const expected = {
  ...Object.fromEntries(columns.map((name, i) => [name, i])),
  text: `NA'); drop table canary; --`,
}

const app = (catalog: string, engineName: string) => ({
  'levada.config.ts': `
import { defineApp } from '@levada/core'
import { files } from '@levada/io-files'
import { parquet } from '@levada/io-parquet'
import { postgresTables } from '@levada/io-postgres'
import { duckdb } from '@levada/resource-duckdb'
import { postgres } from '@levada/resource-postgres'
import { pipeline } from './pipeline.ts'

export default defineApp({ name: 'shop', plugins: [duckdb(), parquet(), files(), postgres(), postgresTables()], pipelines: [pipeline] })
`,
  'pipeline.ts': `
import { asset, between, definePipeline, matches, node, sql, sqlNode } from '@levada/core'
import { z } from 'zod'

const columns = ${JSON.stringify(columns)}
const schema = z.object({ ...Object.fromEntries(columns.map((name) => [name, z.int()])), text: z.enum([${JSON.stringify(expected.text)}, "'"]) })
const first = asset('shop.first', { schema, key: [columns[1]], checks: columns.map((name) => between(name, 0, 10)) })
const second = asset('shop.second', { schema, key: columns, checks: [matches('text', /^NA'\\); drop/)] })
const make = node('make', {
  inputs: {}, outputs: { first },
  async run(_, { outputs }) {
    await outputs.first.write({ ...Object.fromEntries(columns.map((name, i) => [name, i])), text: ${JSON.stringify(expected.text)} })
  },
})
const copy = sqlNode('copy', {
  inputs: { first }, output: second, params: { text: z.string() },
  sql: sql\`select * from first where text = $text\`,
})
export const pipeline = definePipeline('orders', { nodes: [make, copy] })
`,
  'conf/base/catalog.yml': catalog,
  'conf/base/engines.yml': `default: ${engineName}\n`,
  'conf/base/parameters.yml': JSON.stringify({ orders: { text: expected.text } }),
  'conf/base/resources.yml': JSON.stringify({
    postgres: { ...server, user, password: '${env:HOSTILE}' },
  }),
  'conf/dev/.gitkeep': '',
})

/** As Levada's own configuration says a text that is not to be interpolated. */
const literal = (text: string): string => JSON.stringify(text)

describe('names and values of configuration and schema are names and values', () => {
  const schema = `s "1"; drop table canary; --`
  const long = 'ü'.repeat(31)
  test.each<[string, string, string]>([
    [
      'on PostgreSQL',
      'postgres',
      ['first', 'second']
        .map(
          (name) =>
            `shop.${name}: { type: postgres.table, schema: ${literal(schema)}, table: ${literal(`${name}'s "x"; $$ é -- \\ . y`)}, versions: ${literal(`v'"; --`)} }\n`,
        )
        .join(''),
    ],
    [
      'on PostgreSQL, with the longest names, that share all but their end',
      'postgres',
      `shop.first: { type: postgres.table, schema: ${long}1, table: ${long}1, versions: ${long}v }\nshop.second: { type: postgres.table, schema: ${long}1, table: ${long}2, versions: ${long}v }\n`,
    ],
    [
      'on DuckDB, in Parquet',
      'duckdb',
      `"shop.{table}": { type: parquet, path: ${literal(`data/it's "a"; -- $$ é {table} #%2F`).replace('{table}', '${globals:x}{table}')} }\n`,
    ],
    [
      'on DuckDB, in CSV',
      'duckdb',
      `"shop.{table}": { type: csv, path: ${literal(`data/it's "a"; -- $$ é {table}`)}, delimiter: "'", nullText: ${literal(`); drop table canary; --`)} }\n`,
    ],
    [
      'from DuckDB into PostgreSQL',
      'duckdb',
      `"shop.{table}": { type: postgres.table, schema: "s'2 \\"", versions: "v'2 \\"", table: '{table} ; --' }\n`,
    ],
    [
      'from PostgreSQL into Parquet',
      'postgres',
      `"shop.{table}": { type: parquet, path: "data/'; {table}" }\n`,
    ],
  ])('%s', async (_, engineName, catalog) => {
    using shop = project({ ...app(catalog, engineName), 'conf/base/globals.yml': `x: "'"\n` })
    const env = { HOSTILE: password }
    const { exitCode, stdout, stderr } = await shop.start(['run'], env)
    expect(stderr + stdout).toContain('2 succeeded')
    expect(exitCode).toBe(0)
    expect((await shop.start(['run'], env)).exitCode).toBe(0)
    for (const name of ['first', 'second']) {
      const shown = await shop.start(['show', `shop.${name}`, '--json'], env)
      expect((JSON.parse(shown.stdout) as { rows: unknown }).rows).toEqual([expected])
    }
    const query = await shop.start(['query', 'select count(*) as n from shop.second', '--json'], env)
    expect(query.stdout).toMatch(/"n": ?"?1/)
    await canary()
  })

  test('a password is redacted, whatever is in it', async () => {
    using shop = project(app(`"shop.{table}": { type: postgres.table, table: '{table}' }\n`, 'postgres'))
    const { exitCode, stdout, stderr } = await shop.start(['run'], { HOSTILE: `${password}wrong` })
    expect(exitCode).not.toBe(0)
    expect(stderr + stdout).toContain('refuses the login')
    expect(stderr + stdout).not.toContain('pass;word')
  })

  test.each([
    ['table', `shop.first: { type: postgres.table, table: ${'x'.repeat(64)} }`],
    ['schema', `shop.first: { type: postgres.table, schema: ${'é'.repeat(32)}, table: t }`],
    ['view', `shop.first: { type: postgres.view, view: ${'x'.repeat(64)} }`],
  ])('names that the server would cut are refused: %s', async (key, entry) => {
    using shop = project(app(`${entry}\nshop.second: { type: parquet, path: data/second }\n`, 'postgres'))
    const { exitCode, stderr } = await shop.start(['check'], { HOSTILE: password })
    expect(exitCode).toBe(1)
    expect(stderr).toContain('CONFIG_INVALID')
    expect(stderr).toContain(key)
    expect(stderr).toContain('at most 63 bytes')
  })

  test('a right that the user lacks is told', async () => {
    await run('create schema forbidden')
    using shop = project(
      app(
        `"shop.{table}": { type: postgres.table, schema: forbidden, versions: forbidden, table: '{table}' }\n`,
        'postgres',
      ),
    )
    const { exitCode, stderr, stdout } = await shop.start(['run'], { HOSTILE: password })
    expect(exitCode).toBe(2)
    expect(stderr + stdout).toContain("STORAGE Engine 'postgres': Permission denied for schema forbidden.")
    expect(stderr + stdout).toContain('Give that right to the user of resources.yml')
  })

  test('so is a column', async () => {
    const files = app(
      `"shop.{table}": { type: postgres.table, schema: columns, versions: columns, table: '{table}' }\n`,
      'postgres',
    )
    using shop = project({
      ...files,
      'pipeline.ts': files['pipeline.ts'].replaceAll('naïve 🐟', 'n'.repeat(64)),
    })
    const { exitCode, stderr, stdout } = await shop.start(['run'], { HOSTILE: password })
    expect(exitCode).toBe(1)
    expect(stderr + stdout).toContain('longer than the 63 bytes')
  })
})
