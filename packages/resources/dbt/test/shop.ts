// A small project for tests: what is to go wrong is given as files.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import type { ProvidedContext } from 'vitest'
import { createDbt, type Dbt, type DbtOptions } from '../src/index.ts'

const files: Readonly<Record<string, string>> = {
  'dbt_project.yml': `name: shop
version: '1.0'
config-version: 2
profile: shop
model-paths: [models]
seed-paths: [seeds]
snapshot-paths: [snapshots]
test-paths: [tests]
macro-paths: [macros]
clean-targets: [target, dbt_packages]
`,
  'profiles.yml': `shop:
  target: dev
  outputs:
    dev: { type: duckdb, path: dev.duckdb, threads: 2 }
    prod: { type: duckdb, path: prod.duckdb, schema: live, threads: 2 }
`,
  'seeds/raw_orders.csv':
    'id,amount,loaded_at\n1,10,2020-01-01 00:00:00\n2,20,2020-01-02 00:00:00\n3,30,2020-01-03 00:00:00\n',
  'models/orders.sql': "{{ config(materialized='table') }}\nselect id, amount from {{ ref('raw_orders') }}\n",
  'models/totals.sql': "select sum(amount) as amount from {{ ref('orders') }}\n",
  'models/schema.yml': `version: 2
models:
  - name: orders
    columns:
      - name: id
        data_tests: [unique, not_null]
sources:
  - name: raw
    schema: main
    tables:
      - name: raw_orders
        config:
          loaded_at_field: loaded_at
          freshness: { warn_after: { count: 1, period: day } }
`,
  'snapshots/orders_history.yml': `snapshots:
  - name: orders_history
    relation: ref('orders')
    config: { unique_key: id, strategy: check, check_cols: all }
`,
  'macros/say.sql': '{% macro say(word) %}{% do print(word) %}{% endmacro %}\n',
}

export interface Shop extends AsyncDisposable {
  readonly dir: string
  readonly dbt: Dbt
  write(file: string, content: string): void
  /** The same project with other options. */
  with(options: Partial<DbtOptions>): Dbt
}

/** A project of its own in a temporary folder, with a dbt of either generation. */
export function shop(
  { executable, env }: ProvidedContext['dbt'][number],
  changes: Readonly<Record<string, string>> = {},
): Shop {
  const dir = mkdtempSync(join(tmpdir(), 'levada-dbt-shop-'))
  const write = (file: string, content: string): void => {
    mkdirSync(dirname(join(dir, file)), { recursive: true })
    writeFileSync(join(dir, file), content)
  }
  for (const [file, content] of Object.entries({ ...files, ...changes })) write(file, content)
  const options = { projectDir: dir, executable, env }
  return {
    dir,
    dbt: createDbt(options),
    write,
    with: (others) => createDbt({ ...options, ...others }),
    async [Symbol.asyncDispose]() {
      rmSync(dir, { recursive: true, force: true })
    },
  }
}
