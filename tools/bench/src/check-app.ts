// check-app.ts ours <app> <pipelines> | bare: binds the SQL of 1,000 nodes, by levada check as it is published or by the bare client, and prints the CPU
// time of that in milliseconds.
import { DuckDBInstance } from '@duckdb/node-api'
import { checkApp } from '@levada/core/run'
import { columns, inputsOf, largeApp, size, textOf } from './large-app.ts'

const [what, appDir, pipelines] = process.argv.slice(2) as [string, string, string]

/** All of the check; the app is composed before. */
async function ours(): Promise<number> {
  const app = largeApp(Number(pipelines))
  const started = process.cpuUsage()
  const { environments, errors } = await checkApp(app, { appDir })
  const { user, system } = process.cpuUsage(started)
  const [only] = environments
  if (errors.length > 0 || only!.errors.length > 0 || only!.bound !== size)
    throw new Error(`levada check: ${JSON.stringify([errors, only!.errors.slice(0, 2), only!.bound])}`)
  return (user + system) / 1000
}

/** The same tables, views and prepares in one transaction. */
async function bare(): Promise<number> {
  const started = process.cpuUsage()
  const instance = await DuckDBInstance.create(':memory:')
  const connection = await instance.connect()
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
  return (user + system) / 1000
}

console.log(what === 'ours' ? await ours() : await bare())
