// What the README of @levada/resource-dbt shows is run as it stands there, with a real dbt of each generation.
import { cpSync, globSync, mkdirSync, readFileSync, rmSync, statSync, symlinkSync } from 'node:fs'
import { delimiter, dirname, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { execa } from 'execa'
import { describe, expect, inject, onTestFinished, test } from 'vitest'
import { bin, project, type Project } from './project.ts'

const readme = readFileSync(join(import.meta.dirname, '../../resources/dbt/README.md'), 'utf8')
const shop = join(import.meta.dirname, '../../../apps/dbt-orders')
const parts = ['dbt_project.yml', 'profiles.yml', 'macros', 'models', 'seeds', 'snapshots', 'tests']

/** The one code block of a language that has a text. */
function block(language: string, having: string): string {
  const blocks = [...readme.matchAll(/^```(\w+)\n([^]*?)^```$/gm)].filter(
    ([, of, code]) => of === language && code!.includes(having),
  )
  expect(blocks).toHaveLength(1)
  return blocks[0]![2]!
}

/** A pipeline whose node asks for dbt as the README says, and lists the models. */
const nodeThat = (asks: string): string => `
import { asset, definePipeline, node, resource } from '@levada/core'
import type { Dbt } from '@levada/resource-dbt'
import { z } from 'zod'
const models = asset('shop.models', { schema: z.object({ name: z.string() }) })
const list = node('list', {
  outputs: { models },
  ${asks},
  async run(_, { outputs, resources, signal }) {
    const { printed } = await resources.dbt.ls({ resourceTypes: 'model', signal })
    for (const line of printed) await outputs.models.write({ name: String(JSON.parse(line).name) })
  },
})
export const orders = definePipeline('orders', { nodes: [list] })
`

/** As `node` and `levada` are to whoever reads it. */
const env = (of: Project): Readonly<Record<string, string>> => ({
  PATH: [join(of.dir, 'bin'), join(of.dir, '.venv/bin'), dirname(process.execPath), process.env['PATH']].join(
    delimiter,
  ),
  NODE_OPTIONS: '--conditions=@levada/source',
  NO_COLOR: '1',
})

const shell = (of: Project, text: string, more: Readonly<Record<string, string>>) =>
  execa('/bin/sh', ['-ec', text], {
    cwd: of.dir,
    reject: false,
    forceKillAfterDelay: false,
    env: { ...env(of), ...more },
  })

// A query of minutes.
const slow = `{{ config(materialized='table') }}
select sum(a.range * b.range) as x from range(1000000) a, range(1000000) b
`

/** Waits until dbt has begun: not for the query, which 1.x does not interrupt before the grace is over. */
async function untilBegun(of: Project): Promise<void> {
  for (let n = 0; n < 1200; n++) {
    const [log] = globSync('dbt/target/levada/*/dbt.log', { cwd: of.dir })
    if (log && statSync(join(of.dir, log)).size > 0) return
    await sleep(50)
  }
  throw new Error('dbt did not begin within a minute.')
}

/** Processes with the project's folder among their words. */
async function processesBelow(of: Project): Promise<readonly string[]> {
  const { stdout } = await execa('ps', ['-eo', 'stat=,args='])
  return stdout.split('\n').filter((line) => line.includes(of.dir) && !line.startsWith('Z'))
}

describe.each(inject('dbt'))('with $title', ({ executable, env: dbtEnv }) => {
  /** A project of dbt in `dbt`, and a virtual environment that has dbt. */
  function made(files: Readonly<Record<string, string>> = {}): Project {
    const it = project(files)
    onTestFinished(() => it[Symbol.dispose]())
    for (const part of parts) cpSync(join(shop, part), join(it.dir, 'dbt', part), { recursive: true })
    for (const dir of ['bin', '.venv/bin']) mkdirSync(join(it.dir, dir), { recursive: true })
    symlinkSync(executable!, join(it.dir, '.venv/bin/dbt'))
    symlinkSync(bin, join(it.dir, 'bin/levada'))
    return it
  }

  test.skipIf(!executable)(
    'the first script tells each node, and exits with 1 for a test that fails',
    async () => {
      const it = made({ 'build.ts': block('ts', 'for await') })
      const good = await shell(it, 'node build.ts', dbtEnv)
      expect(good).toMatchObject({ exitCode: 0, stderr: '' })
      expect(good.stdout).toMatch(/^raw_customers success/m)
      expect(good.stdout).toMatch(/^orders success/m)
      expect(good.stdout).not.toContain('undefined')
      it.write('dbt/tests/none.sql', "select * from {{ ref('orders') }} limit 7\n")
      const bad = await shell(it, 'node build.ts', dbtEnv)
      expect(bad).toMatchObject({ exitCode: 1, stderr: '' })
      expect(bad.stdout).toMatch(/^none fail /m)
      expect(bad.stdout).toMatch(/^test\.orders\.none fail/m)
      expect(bad.stdout).not.toContain('undefined')
    },
  )

  test.skipIf(!executable)(
    "the orchestrator's step ends with the exit code, and hands SIGTERM on",
    async () => {
      const step = /bash_command="([^"]+)"/.exec(block('python', 'BashOperator'))![1]!
      const it = made({ 'build.ts': block('ts', 'SIGTERM') })
      expect(await shell(it, step, dbtEnv)).toMatchObject({ exitCode: 0, stdout: '', stderr: '' })
      rmSync(join(it.dir, 'dbt'), { recursive: true })
      it.write('dbt/dbt_project.yml', 'name: orders\nprofile: orders\n')
      it.write(
        'dbt/profiles.yml',
        'orders: { target: dev, outputs: { dev: { type: duckdb, path: dev.duckdb } } }\n',
      )
      it.write('dbt/models/slow.sql', slow)
      const running = shell(it, step, dbtEnv)
      await Promise.race([untilBegun(it), running])
      running.kill('SIGTERM')
      const { exitCode, signal, stderr } = await running
      expect({ exitCode, signal }).toEqual({ exitCode: 1, signal: undefined })
      expect(stderr).toContain('CANCELLED')
      expect(await processesBelow(it)).toEqual([])
    },
  )

  test.skipIf(!executable)('a profile that is made takes its path from the environment', async () => {
    const it = made({ 'build.ts': block('ts', 'credentials') })
    const warehouse = join(it.dir, 'warehouse.duckdb')
    const { exitCode, stderr } = await shell(it, 'node build.ts', { ...dbtEnv, WAREHOUSE: warehouse })
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' })
    expect(globSync('*.duckdb', { cwd: it.dir })).toEqual(['warehouse.duckdb'])
  })

  test.skipIf(!executable)(
    'the app: the commands, and a node, with the settings of the environment',
    async () => {
      const [base, prod] = block('yaml', 'project_dir').split('# conf/prod/resources.yml\n')
      const asked = /A node asks for it by `(resources: .*)`\.$/m.exec(readme)![1]!
      const it = made({
        'levada.config.ts': block('ts', 'defineApp'),
        'orders.ts': nodeThat(asked),
        'conf/base/resources.yml': base!,
        'conf/base/catalog.yml': 'shop.models: { type: parquet, path: data/models }\n',
        'conf/prod/resources.yml': prod!,
      })
      const [build, retry] = block('sh', 'levada dbt').trimEnd().split('\n')
      const asProd = { ...dbtEnv, LEVADA_SECRET_WAREHOUSE: join(it.dir, 'warehouse.duckdb') }
      it.write('dbt/models/marts/later.sql', "select no_column from {{ ref('stg_orders') }}\n")
      const failed = await shell(it, build!, asProd)
      expect(failed).toMatchObject({ exitCode: 1, stderr: '' })
      expect(failed.stdout).toMatch(/^✓ orders · table/m)
      expect(failed.stdout).toMatch(/^✗ later · table · error/m)
      it.write('dbt/models/marts/later.sql', "select order_id from {{ ref('stg_orders') }}\n")
      const retried = await shell(it, retry!, asProd)
      expect(retried).toMatchObject({ exitCode: 0, stderr: '' })
      expect(retried.stdout).toMatch(/^✓ later · table/m)
      expect(globSync('{.,dbt}/*.duckdb', { cwd: it.dir })).toEqual(['warehouse.duckdb'])
      const run = await shell(it, 'levada run && levada show shop.models', dbtEnv)
      expect(run).toMatchObject({ exitCode: 0 })
      expect(run.stdout).toContain('daily_revenue')
    },
  )
})
