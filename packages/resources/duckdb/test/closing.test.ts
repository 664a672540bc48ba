import { spawnSync } from 'node:child_process'
import { expect, test } from 'vitest'

// In a process of its own, which it took with it, and whose only thread is busy when the database is closed.
const script = `
import { pbkdf2 } from 'node:crypto'
import { setTimeout } from 'node:timers/promises'
import { duckdb } from '${new URL('../src/index.ts', import.meta.url).href}'

const create = () => duckdb().engines.duckdb.create({}, { name: 'duckdb', root: process.cwd(), env: 'test' })
for (let i = 0; i < 3; i++) {
  const engine = await create()
  await (await engine.open())[Symbol.asyncDispose]()
  const busy = new Promise((resolve) => pbkdf2('password', 'salt', 700_000, 64, 'sha512', resolve))
  const told = engine.open().catch(({ message }) => message)
  await engine.close()
  await busy
  console.log(typeof (await told))
}
const engine = await create()
const columns = [{ name: 'id', type: { kind: 'int' }, nullable: false }]
const target = { kind: 'files', format: 'parquet', uri: 'file:///nowhere', partitionBy: [] }
const codes = new Set()
for (let i = 0; i < 120; i++) {
  const session = await engine.open()
  const writer = session.writer(columns, target).then(() => 'opened', ({ code }) => code)
  for (let turn = 0; turn < i % 40; turn++) await Promise.resolve()
  await session[Symbol.asyncDispose]()
  codes.add(await writer)
}
console.log([...codes].join())
const session = await engine.open()
await engine.close()
await setTimeout(200)
await session[Symbol.asyncDispose]()
await setTimeout(50)
console.log('ended')
`

test('what is closed while somebody opens something of it, or has done so, ends nothing else and waits for nothing', () => {
  const words = ['--conditions=@levada/source', '--input-type=module', '-e', script]
  const env = { ...process.env, UV_THREADPOOL_SIZE: '1' }
  const { stdout, signal } = spawnSync(process.execPath, words, { encoding: 'utf8', env, timeout: 60_000 })
  expect([stdout, signal]).toEqual(['object\nobject\nobject\nCANCELLED\nended\n', null])
})
