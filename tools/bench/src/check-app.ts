// check-app.ts ours <pipelines> <app> | bare <pipelines>: binds the SQL of 1,000 nodes, by levada check as it is published or by the bare client, and prints the CPU
// time of that in milliseconds.
import { DuckDBInstance } from '@duckdb/node-api'
import { checkApp } from '@levada/core/run'
import { columns, inputsOf, isExpected, largeApp, size, textOf } from './large-app.ts'

const [what, count, appDir] = process.argv.slice(2) as [string, string, string]
const pipelines = Number(count)

/** All of the check; the app is composed before. */
async function ours(): Promise<number> {
  const app = largeApp(pipelines)
  const started = process.cpuUsage()
  const { environments, errors } = await checkApp(app, { appDir })
  const { user, system } = process.cpuUsage(started)
  const [only] = environments
  if (errors.length > 0 || only!.errors.length > 0 || only!.bound !== size)
    throw new Error(`levada check: ${JSON.stringify([errors, only!.errors.slice(0, 2), only!.bound])}`)
  return (user + system) / 1000
}

/** The same tables, views and prepares in one transaction: each asset has a table, and each expectation of another pipeline's asset. */
async function bare(): Promise<number> {
  const started = process.cpuUsage()
  const instance = await DuckDBInstance.create(':memory:')
  const connection = await instance.connect()
  await connection.run('begin')
  const list = columns.map((name, c) => `${name} ${c % 2 ? 'VARCHAR' : 'BIGINT'}`).join(', ')
  for (let i = 0; i < size; i++) await connection.run(`create table t${i} (${list})`)
  for (let i = 0; i < size; i++) {
    await connection.run(`create schema s${i}`)
    for (const [k, from] of inputsOf(i).entries()) {
      const expected = isExpected(from, i, pipelines)
      if (expected) await connection.run(`create table memory.main.e${i}_${k} (${list})`)
      const table = expected ? `e${i}_${k}` : `t${from}`
      await connection.run(`create view s${i}.${'ab'[k]} as from memory.main.${table}`)
    }
    await connection.run(`use memory.s${i}`)
    const statement = await connection.prepare(textOf(i))
    if (statement.columnCount !== columns.length)
      throw new Error(`node ${i} has ${statement.columnCount} columns`)
    statement.destroySync()
  }
  await connection.run('rollback')
  const { user, system } = process.cpuUsage(started)
  return (user + system) / 1000
}

console.log(what === 'ours' ? await ours() : await bare())
