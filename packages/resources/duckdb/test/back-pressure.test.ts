import { execFileSync, spawn } from 'node:child_process'
import duckdb from '@duckdb/node-bindings'
import { Instance } from '../src/instance.ts'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { openSession } from '../src/session.ts'
import { column, query } from './harness.ts'

const piece = 2048
const id = column('id', 'int', false)

async function numberFrom(instance: Instance, text: string): Promise<number> {
  const connection = await instance.connect()
  const [row] = (await connection.runAndReadAll(text)).getRowsJson()
  connection.closeSync()
  return Number(row![0])
}

test('who reads slowly holds the engine back: few rows are on their way', async () => {
  const instance = new Instance(await duckdb.open(':memory:'))
  const connection = await instance.connect()
  await connection.run('create sequence made')
  await using session = await openSession(instance)
  // The sequence counts what the engine has made.
  const made = query(`select nextval('memory.main.made') as id from range(20_000_000)`)
  let read = 0
  let most = 0
  for await (const rows of (await session.read(made, [id])).rows()) {
    read += rows.length
    await new Promise((resolve) => setTimeout(resolve, 20))
    const last = await numberFrom(
      instance,
      `select last_value from duckdb_sequences() where sequence_name = 'made'`,
    )
    most = Math.max(most, last - read)
    if (read >= 200_000) break
  }
  expect(read).toBeGreaterThanOrEqual(200_000)
  // A thread has a megabyte of rows ready; all of them would be 20 million.
  expect(most).toBeLessThan(500_000)
})

test('who writes fast waits for the files: two parts of rows are in memory, no more', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'levada-duckdb-'))
  const instance = new Instance(await duckdb.open(':memory:'))
  await using session = await openSession(instance)
  const target = { kind: 'files', format: 'parquet', directory, partitionBy: [], options: {} } as const
  // A disk that takes nothing yet: who writes to a pipe waits until somebody reads it.
  const first = join(directory, 'data_0.parquet')
  execFileSync('mkfifo', [first])
  const writer = await session.writer([id], target)
  const pieces = 1500
  let given = 0
  const all = (async (): Promise<void> => {
    for (let i = 0; i < pieces; i++) {
      await writer.write(Array.from({ length: piece }, (_, k) => ({ id: i * piece + k })))
      given += piece
    }
  })()
  // It goes on as long as it is let.
  for (let seen = -1; seen < given;) {
    seen = given
    await new Promise((resolve) => setTimeout(resolve, 500))
  }
  const waiting = given
  const reader = spawn('cat', [first], { stdio: 'ignore' })
  await all
  const { rows } = await writer.finish()
  reader.kill()
  rmSync(directory, { recursive: true })
  expect(rows).toBe(pieces * piece)
  expect(waiting).toBeGreaterThan(0)
  expect(waiting).toBeLessThanOrEqual(2 * 491_520)
})

test('rows that were written are gone from memory, also while those are still read of which they are made', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'levada-duckdb-'))
  const instance = new Instance(await duckdb.open(':memory:'))
  await using session = await openSession(instance)
  const target = { kind: 'files', format: 'parquet', directory, partitionBy: [], options: {} } as const
  const writer = await session.writer([id], target)
  let most = 0
  let written = 0
  for await (const rows of (
    await session.read(query('select range as id from range(4_000_000)'), [id])
  ).rows()) {
    await writer.write(rows)
    written += rows.length
    if (written % (100 * piece) > 0) continue
    const held = await numberFrom(
      instance,
      `select sum(memory_usage_bytes) from duckdb_memory() where tag = 'IN_MEMORY_TABLE'`,
    )
    most = Math.max(most, held)
  }
  await writer.finish()
  rmSync(directory, { recursive: true })
  expect(written).toBe(4_000_000)
  expect(most).toBeGreaterThan(0)
  // Of eight parts of eight bytes each row.
  expect(most).toBeLessThan(3 * 491_520 * 8)
})
