// What goes wrong: commands that fail are results, what keeps dbt from running is thrown.
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, inject, test } from 'vitest'
import type { DbtResult } from '../src/index.ts'
import { shop } from './shop.ts'

const environments = inject('dbt').filter(({ executable }) => executable !== undefined)
const statuses = ({ nodes }: DbtResult): Readonly<Record<string, string>> =>
  Object.fromEntries(nodes.map(({ name, status }) => [name, status]))
const table = (select: string): string =>
  `{{ config(materialized='table') }}\n${select} from {{ ref('raw_orders') }}\n`
const twice = 'id,amount,loaded_at\n1,10,2020-01-01 00:00:00\n1,20,2020-01-02 00:00:00\n'
const schema = (test: string): string => `version: 2
models:
  - name: orders
    columns:
      - name: id
        data_tests:
          - ${test}
      - name: amount
        data_tests:
          - accepted_values: { arguments: { values: [10], quote: false }, config: { severity: warn } }
`

describe.each(environments)('$title', { timeout: 300_000 }, (environment) => {
  test('a failing test, a warning, a test and a model with a database error, what is skipped; a retry', async () => {
    await using it = shop(environment, {
      'seeds/raw_orders.csv': twice,
      'models/broken.sql': table("select error('no rates today') as e"),
      'models/after.sql': "select * from {{ ref('broken') }}\n",
      'models/schema.yml': schema('unique'),
      'tests/crashes.sql':
        "select id from {{ ref('orders') }} where cast(error('no luck today') as int) = id\n",
    })
    const run = it.dbt.build()
    const told: Record<string, string> = {}
    for await (const event of run) if (event.kind === 'node_finished') told[event.node.name] = event.status
    const built = await run
    expect(built.success).toBe(false)
    expect(told).toMatchObject({ unique_orders_id: 'fail', crashes: 'error' })
    expect(statuses(built)).toMatchObject({
      raw_orders: 'success',
      orders: 'success',
      unique_orders_id: 'fail',
      accepted_values_orders_amount__False__10: 'warn',
      broken: 'error',
      after: 'skipped',
      totals: 'skipped',
      crashes: 'error',
    })
    const named = (name: string): object | undefined => built.nodes.find((node) => node.name === name)
    expect(named('unique_orders_id')).toMatchObject({ failures: 1, resourceType: 'test' })
    expect(named('crashes')).toMatchObject({ message: expect.stringContaining('no luck today') as string })
    expect(named('broken')).toMatchObject({ message: expect.stringContaining('no rates today') as string })
    expect(built.messages.some(({ level }) => level === 'error')).toBe(true)

    it.write('models/broken.sql', table('select id'))
    it.write('models/schema.yml', schema('unique: { config: { severity: warn } }'))
    it.write('tests/crashes.sql', "select id from {{ ref('raw_orders') }} where id > 7\n")
    const again = await it.dbt.retry()
    expect(again.success).toBe(true)
    expect(statuses(again)).toMatchObject({ broken: 'success', after: 'success', totals: 'success' })
    expect(Object.keys(statuses(again))).not.toContain('raw_orders')
  })

  test('a warning is a success, unless warnings are errors; a source that is too old is not', async () => {
    await using it = shop(environment, {
      'models/schema.yml': `version: 2
sources:
  - name: raw
    schema: main
    tables:
      - name: raw_orders
        config:
          loaded_at_field: loaded_at
          freshness: { error_after: { count: 1, period: day } }
`,
      'tests/late.sql': "{{ config(severity='warn') }}\nselect id from {{ ref('raw_orders') }}\n",
    })
    const built = await it.dbt.build({ select: 'raw_orders late' })
    expect(statuses(built)).toMatchObject({ late: 'warn' })
    expect(built.success).toBe(true)
    expect(await it.dbt.test({ select: 'late', warnError: true })).toMatchObject({ success: false })
    expect(await it.dbt.sourceFreshness()).toMatchObject({
      success: false,
      nodes: [{ id: 'source.shop.raw.raw_orders', name: 'raw_orders', status: 'error' }],
    })
  })

  test('a model that does not compile, and a project that cannot be read', async () => {
    await using it = shop(environment, {
      'models/totals.sql': "select {{ exceptions.raise_compiler_error('not today') }}\n",
    })
    await expect(it.dbt.build()).rejects.toMatchObject({
      code: 'DBT_PROJECT',
      message: expect.stringContaining('not today') as string,
    })
    it.write('models/schema.yml', 'models: [\n')
    const { valid, errors } = await it.dbt.validateProject()
    expect(valid).toBe(false)
    expect(errors[0]!.text).toContain('schema.yml')
    expect(errors[0]!.place).toMatchObject({ file: join(it.dir, 'models/schema.yml'), line: 2 })
  })

  test('what keeps dbt from running is thrown, with what to do', async () => {
    await using it = shop(environment)
    const code = (expected: string): object => ({ code: expected })
    await expect(it.with({ executable: join(it.dir, 'no') }).build()).rejects.toMatchObject(
      code('DBT_MISSING'),
    )
    await expect(it.with({ projectDir: join(it.dir, 'models') }).run()).rejects.toMatchObject(
      code('DBT_PROJECT'),
    )
    await expect(it.dbt.build({ profile: 'none' })).rejects.toMatchObject(code('DBT_PROFILE'))
    await expect(it.dbt.build({ target: 'none' })).rejects.toMatchObject(code('DBT_PROFILE'))
    await expect(it.dbt.retry()).rejects.toMatchObject(code('DBT_PROJECT'))
    writeFileSync(join(it.dir, 'file'), '')
    await expect(it.with({ targetDir: join(it.dir, 'file') }).build()).rejects.toMatchObject(code('STORAGE'))
    it.write(
      'profiles.yml',
      'shop:\n  target: dev\n  outputs:\n    dev: { type: delphi, schema: x, path: x }\n',
    )
    await expect(it.dbt.build()).rejects.toMatchObject({
      ...code('DBT_MISSING'),
      message: expect.stringContaining("no adapter 'delphi'") as string,
    })
  })

  test('two commands at once do not disturb each other', async () => {
    await using it = shop(environment)
    const other = it.with({ target: 'prod' })
    const [one, two] = await Promise.all([it.dbt.build(), other.build({ select: '+orders' })])
    expect([one.success, two.success]).toEqual([true, true])
    expect(one.nodes).toHaveLength(6)
    expect(two.targetPath).not.toBe(one.targetPath)
    expect(Object.keys(statuses(two))).not.toContain('totals')
  })
})
