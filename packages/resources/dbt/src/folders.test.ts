import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { removeOld } from './folders.ts'

let dir: string
beforeEach(() => (dir = mkdtempSync(join(tmpdir(), 'levada-folders-'))))
afterEach(() => rmSync(dir, { recursive: true }))

/** A folder of a command that began some hours ago, with files. */
function folder(hoursAgo: number, ...files: readonly string[]): string {
  const time = new Date(Date.now() - hoursAgo * 3_600_000).toISOString().replaceAll(/[-:.]/g, '')
  const name = `${time}-00000a-build`
  mkdirSync(join(dir, name))
  for (const file of files) writeFileSync(join(dir, name, file), '')
  return name
}

test('removeOld keeps the newest 20, the one to retry, what may still run, and what is none of ours', async () => {
  const newest = Array.from({ length: 20 }, (_, i) => folder(i, 'ended'))
  const running = folder(30)
  const toRetry = folder(40, 'ended', 'run_results.json')
  folder(41, 'ended', 'run_results.json')
  folder(42, 'ended')
  folder(8 * 24, 'dbt.log')
  mkdirSync(join(dir, 'mine'))
  await removeOld(dir)
  expect(readdirSync(dir).toSorted()).toEqual([...newest, running, toRetry, 'mine'].toSorted())
})

test('removeOld leaves up to 20 as they are', async () => {
  const all = Array.from({ length: 20 }, (_, i) => folder(i * 1000))
  await removeOld(dir)
  expect(readdirSync(dir).toSorted()).toEqual(all.toSorted())
})
