import { join } from 'node:path'
import { DuckDBInstance } from '@duckdb/node-api'
import { checkApp } from '@levada/core/run'
import { benchApp } from './bench-app.ts'
import { ratioFigure, type Figure } from './figure.ts'
import { columns, inputsOf, largeApp, size, textOf } from './large-app.ts'
import { alternate, median, wallMs } from './measure.ts'

/** The same tables, views and prepares in one transaction, by the bare client. */
async function bare(): Promise<number> {
  const instance = await DuckDBInstance.create(':memory:')
  const connection = await instance.connect()
  const started = process.cpuUsage()
  await connection.run('begin')
  const list = columns.map((name, c) => `${name} ${c % 2 ? 'VARCHAR' : 'BIGINT'}`).join(', ')
  for (let i = 0; i < size; i++) await connection.run(`create table t${i} (${list})`)
  for (let i = 0; i < size; i++) {
    await connection.run(`create schema s${i}`)
    for (const [k, from] of inputsOf(i).entries())
      await connection.run(`create view s${i}.${'ab'[k]} as from memory.main.t${from}`)
    await connection.run(`use memory.s${i}`)
    const statement = await connection.prepare(textOf(i))
    if (statement.columnCount !== columns.length)
      throw new Error(`node ${i} has ${statement.columnCount} columns`)
    statement.destroySync()
  }
  await connection.run('rollback')
  const { user, system } = process.cpuUsage(started)
  connection.closeSync()
  instance.closeSync()
  return (user + system) / 1000
}

/** `levada check` of 1,000 assets and nodes: all of it, in this process, against the bare binding; and when nothing has changed. */
export async function check(pairs: number): Promise<readonly Figure[]> {
  using app = benchApp('check', {
    'conf/base/catalog.yml': "'{domain}.{table}': { type: parquet, path: 'data/{domain}/{table}' }\n",
    'levada.config.ts': `export { default } from './large.ts'\n`,
    'large.ts': `import { largeApp } from '${join(import.meta.dirname, 'large-app.ts')}'\nexport default largeApp()\n`,
  })
  const large = largeApp()
  const ours = async (): Promise<number> => {
    app.reset()
    const started = process.cpuUsage()
    const { environments, errors } = await checkApp(large, { appDir: app.dir })
    const { user, system } = process.cpuUsage(started)
    const [only] = environments
    if (errors.length > 0 || only!.errors.length > 0 || only!.bound !== size)
      throw new Error(`levada check: ${JSON.stringify([errors, only!.errors.slice(0, 2), only!.bound])}`)
    return (user + system) / 1000
  }
  const cold = ratioFigure(
    'check: 1,000 nodes, CPU time of all of levada check, against the bare client binding them in one transaction',
    'ms',
    1.5,
    await alternate(pairs, ours, bare),
  )
  const warm: number[] = []
  for (let i = 0; i < pairs; i++) warm.push(await wallMs(app.levada('check')))
  const unchanged = median(warm)
  return [
    cold,
    {
      name: 'check: 1,000 nodes when nothing has changed, the whole process, against 1.5 s',
      unit: 'ms',
      ours: unchanged,
      other: 1500,
      ratio: unchanged / 1500,
      bar: 1,
      ok: unchanged <= 1500,
      pairs,
    },
  ]
}
