import { cpSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, inject, onTestFinished, test } from 'vitest'
import { project, type Project } from './project.ts'

const shop = join(import.meta.dirname, '../../../apps/dbt-orders')
const parts = ['dbt_project.yml', 'profiles.yml', 'macros', 'models', 'seeds', 'snapshots', 'tests']

const config = `
import { defineApp } from '@levada/core'
import { dbt } from '@levada/resource-dbt'
export default defineApp({ name: 'shop', plugins: [], resources: { dbt: dbt() }, pipelines: [] })
`

describe.each(inject('dbt'))('levada dbt with $title', ({ executable, env }) => {
  function app(files: Readonly<Record<string, string>> = {}): Project {
    const made = project({
      'levada.config.ts': config,
      'conf/base/resources.yml': JSON.stringify({
        dbt: { project_dir: 'shop', executable, env: { ...env, ORDERS_DATABASE: 'shop.duckdb' } },
      }),
      'conf/prod/resources.yml': 'dbt: { target: prod }\n',
      ...files,
    })
    onTestFinished(() => made[Symbol.dispose]())
    for (const part of parts) cpSync(join(shop, part), join(made.dir, 'shop', part), { recursive: true })
    return made
  }

  test.skipIf(!executable)(
    'an environment changes the target; each model is told, and what came of it',
    async () => {
      const { levada } = app()
      const { code, out, err } = await levada(
        'dbt',
        'build',
        '--select',
        '+stg_customers',
        '--indirect-selection',
        'cautious',
        '--env',
        'prod',
      )
      expect({ code, err }).toEqual({ code: 0, err: '' })
      expect(out).toMatch(/^✓ raw_customers · \w+( · 100 rows)? [\d.]+ s$/m)
      expect(out).toMatch(/^✓ stg_customers · view [\d.]+ s$/m)
      expect(out).toMatch(/^dbt succeeded · .*4 pass · [\d.]+ s$/m)
      const shown = await levada(
        'dbt',
        'show',
        '--inline',
        "select '{{ target.name }}' as target",
        '--env',
        'prod',
      )
      expect(shown.out).toContain('prod')
    },
  )

  test.skipIf(!executable)(
    'a model that fails is told with what the database said, and exit code 1; retry goes on',
    async () => {
      const made = app({
        'shop/models/marts/broken.sql':
          "select 1 / cast(no_column as int) as x from {{ ref('stg_customers') }}",
      })
      const failed = await made.levada(
        'dbt',
        'build',
        '--select',
        '+stg_customers',
        'broken',
        '--indirect-selection',
        'cautious',
      )
      expect(failed.code).toBe(1)
      expect(failed.out).toMatch(/^✗ broken · \w+ · error/m)
      expect(failed.out).toMatch(/^ {4}.*no_column/m)
      expect(failed.out).toMatch(/^dbt failed · .*1 error/m)
      made.write('shop/models/marts/broken.sql', 'select 1 as x')
      const { code, out } = await made.levada('dbt', 'retry')
      expect(code).toBe(0)
      expect(out).toMatch(/^✓ broken/m)
      expect(out).not.toContain('stg_customers')
    },
  )

  test.skipIf(!executable)('--json prints each event and then the result', async () => {
    const { code, out } = await app().levada('dbt', 'seed', '--json')
    expect(code).toBe(0)
    const lines = out.split('\n').map((line) => JSON.parse(line) as Record<string, unknown>)
    expect(lines.filter(({ kind }) => kind === 'node_finished')).toHaveLength(3)
    expect(lines.at(-1)).toMatchObject({ kind: 'result', success: true, exitCode: 0 })
  })

  test.skipIf(!executable)('doctor connects, and says what to install where dbt is missing', async () => {
    const made = app()
    const good = await made.levada('doctor')
    expect(good.out).toMatch(/^✓ dbt: .*\d+\.\d+\.\d+/m)
    made.write('conf/prod/resources.yml', 'dbt: { executable: not-there }\n')
    const bad = await made.levada('doctor', '--env', 'prod')
    expect(bad.code).toBe(1)
    expect(bad.out).toMatch(/^✗ dbt: .*not-there.*\n {2}→ .*install/im)
  })
})

test('without an app, outside of a dbt project, or without the package: what to do', async () => {
  using none = project({
    'levada.config.ts':
      "import { defineApp } from '@levada/core'\nexport default defineApp({ name: 'shop', plugins: [], pipelines: [] })\n",
  })
  expect((await none.levada('dbt', 'build')).err).toMatch(
    /PLUGIN_MISSING .*no dbt among its resources[^]*resources: \{ dbt: dbt\(\) \}/,
  )
  using project_ = project({ 'dbt_project.yml': 'name: shop\n' })
  expect((await project_.levada('dbt', 'build', '--env', 'prod')).err).toMatch(/USAGE --env is for an app/)
})
