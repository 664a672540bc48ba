// Every command, really run, with both generations. One of 1.x takes seconds to start, so a test has several.
import { existsSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, inject, test } from 'vitest'
import { readCatalog, readFreshness, readManifest, type DbtEvent, type DbtRun } from '../src/index.ts'
import { shop } from './shop.ts'

const environments = inject('dbt').filter(({ executable }) => executable !== undefined)
const nodes = {
  raw_orders: 'success',
  orders: 'success',
  totals: 'success',
  orders_history: 'success',
  unique_orders_id: 'pass',
  not_null_orders_id: 'pass',
}
const names = async (run: DbtRun): Promise<readonly string[]> => {
  const { success, nodes } = await run
  expect(success).toBe(true)
  return nodes.map(({ name }) => name).toSorted()
}

describe.each(environments)('$title', { timeout: 300_000 }, (environment) => {
  test('the whole pipeline: deps, seed, build and docs, with events while they run', async () => {
    await using it = shop(environment)
    const events: DbtEvent[] = []
    const seen = new Set<string>()
    const { success, stages } = await it.dbt.runFullPipeline({
      onEvent(stage, event) {
        seen.add(stage)
        if (stage === 'build') events.push(event)
      },
    })
    expect(stages.map(({ stage, status }) => `${stage} ${status}`)).toEqual([
      'deps success',
      'seed success',
      'build success',
      'docs success',
    ])
    expect(success).toBe(true)
    expect([...seen]).toEqual(['deps', 'seed', 'build', 'docs'])

    const build = stages[2]!.result!
    expect(build).toMatchObject({ success: true, exitCode: 0, counts: { success: 4, pass: 2 } })
    expect(Object.fromEntries(build.nodes.map(({ name, status }) => [name, status]))).toEqual(nodes)
    expect(build.version).toMatch(environment.name === 'dbt1' ? /^1\./ : /^2\./)
    const finished = events.flatMap((event) => (event.kind === 'node_finished' ? event.node.name : []))
    expect(finished.toSorted()).toEqual(Object.keys(nodes).toSorted())
    const started = events.flatMap((event) => (event.kind === 'node_started' ? event.node.name : []))
    expect(started.toSorted()).toEqual(finished.toSorted())
    expect(events.find(({ kind }) => kind === 'completed')).toMatchObject({ success: true })

    const manifest = await readManifest(build)
    expect(manifest).toMatchObject({ adapter: 'duckdb', projectName: 'shop' })
    expect(manifest.nodes.get('model.shop.totals')?.dependsOn).toEqual(['model.shop.orders'])
    const { tables } = await readCatalog(stages[3]!.result!)
    expect(tables.get('model.shop.orders')?.columns.map(({ name }) => name)).toEqual(['id', 'amount'])
  })

  test('each command does its part', async () => {
    await using it = shop(environment)
    expect(await names(it.dbt.seed({ fullRefresh: true }))).toEqual(['raw_orders'])
    expect(await names(it.dbt.run({ select: ['orders', 'totals'], exclude: 'totals' }))).toEqual(['orders'])
    expect(await names(it.dbt.test({ select: 'orders' }))).toEqual(['not_null_orders_id', 'unique_orders_id'])
    expect(await names(it.dbt.snapshot())).toEqual(['orders_history'])
    const { targetPath } = await it.dbt.compile({ select: 'totals' })
    const compiled = readFileSync(join(targetPath, 'compiled/shop/models/totals.sql'), 'utf8')
    expect(compiled).toContain('select sum(amount)')
    const [source] = await readFreshness(await it.dbt.sourceFreshness())
    expect(source).toMatchObject({ id: 'source.shop.raw.raw_orders', status: 'warn' })
    expect(source!.ageSeconds).toBeGreaterThan(86_400)
  })

  test('what there is to know of a project, and what is not about nodes', async () => {
    await using it = shop(environment)
    expect(await it.dbt.projectInfo()).toMatchObject({
      name: 'shop',
      profile: 'shop',
      adapter: 'duckdb',
      counts: { model: 2, seed: 1, snapshot: 1, test: 2, source: 1 },
    })
    expect(await it.dbt.validateProject()).toMatchObject({ valid: true, errors: [] })
    const { printed } = await it.dbt.ls({ resourceTypes: 'model' })
    const listed = printed.map((line) => (JSON.parse(line) as { name: string }).name)
    expect(listed.toSorted()).toEqual(['orders', 'totals'])
    const said = await it.dbt.invoke(['run-operation', 'say', '--args', '{word: good morning}'])
    expect(said.success).toBe(true)
    expect(said.printed).toContain('good morning')
    expect(await it.dbt.clean()).toMatchObject({ success: true })
    expect(existsSync(join(it.dir, 'target'))).toBe(false)

    rmSync(join(it.dir, 'profiles.yml'))
    const homeless = it.with({ env: { ...environment.env, HOME: join(it.dir, 'no-home') } })
    expect(await homeless.deps()).toMatchObject({ success: true })
  })

  test('another target, threads and variables; a profile that is made of settings', async () => {
    await using it = shop(environment, {
      'models/totals.sql': "select {{ var('factor') }} * sum(amount) as amount from {{ ref('orders') }}\n",
    })
    const dbt = it.with({ target: 'prod', threads: 1, vars: { factor: 1 } })
    const result = await dbt.build({ vars: { factor: 7 }, select: '+totals' })
    expect(result.success).toBe(true)
    expect(existsSync(join(it.dir, 'prod.duckdb'))).toBe(true)
    expect(existsSync(join(it.dir, 'dev.duckdb'))).toBe(false)
    const manifest = await readManifest(result)
    expect(manifest.nodes.get('model.shop.totals')?.schema).toBe('live')
    const compiled = readFileSync(join(result.targetPath, 'compiled/shop/models/totals.sql'), 'utf8')
    expect(compiled).toContain('select 7 * sum')

    rmSync(join(it.dir, 'prod.duckdb'))
    const said = await dbt.invoke(['seed', '--vars', '{factor: 1}', '--log-level-file', 'debug'])
    expect(said).toMatchObject({ success: true, counts: { success: 1 } })
    expect(readFileSync(join(said.logPath, 'dbt.log'), 'utf8')).toMatch(/^\{.*\n\{.*\n/)
    expect(existsSync(join(said.logPath, 'logs/dbt.log'))).toBe(true)
    expect(existsSync(join(it.dir, 'prod.duckdb'))).toBe(true)

    it.write('profiles.yml', 'other: {}\n')
    const made = it.with({
      connection: { type: 'duckdb', threads: 1 },
      credentials: { path: join(it.dir, 'made.duckdb') },
      vars: { factor: 1 },
    })
    expect(await made.seed()).toMatchObject({ success: true })
    expect(existsSync(join(it.dir, 'made.duckdb'))).toBe(true)
  })
})
