import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { execa } from 'execa'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { appFiles, moves } from '../src/scenario.ts'

// Processes whose clocks differ share a folder: what is young by the file system is young for all of them.
const bin = join(import.meta.dirname, '../../../packages/cli/bin/levada.mjs')
const faults = new URL('../src/faults.ts', import.meta.url).href
const tmp = join(import.meta.dirname, '../tmp')
const year = 8760
let first: string
let dir: string

/** @param clock so many hours off */
async function levada(words: string, clock = 0, env: Record<string, string> = {}): Promise<string> {
  const trace = `${dir}.trace`
  for (const name of [trace, `${trace}.count`, `${trace}.fired`]) rmSync(name, { force: true })
  const { stdout } = await execa(process.execPath, [bin, ...words.split(' ')], {
    cwd: dir,
    reject: false,
    env: {
      NO_COLOR: '1',
      CI: '1',
      NODE_OPTIONS: `--import ${faults}`,
      CRASH_ROOT: dir,
      CRASH_TRACE: trace,
      CRASH_CLOCK: String(clock),
      ...env,
    },
  })
  return stdout
}
const versions = async (): Promise<readonly { number: number; id: string }[]> =>
  (JSON.parse(await levada('versions bank.moves --json')) as { versions: { number: number; id: string }[] })
    .versions
const numbers = async (): Promise<number[]> => (await versions()).map(({ number }) => number)
const write = (file: string, text: string): void => {
  mkdirSync(dirname(join(dir, file)), { recursive: true })
  writeFileSync(join(dir, file), text)
}
const retention = (text: string): void => write('conf/base/environment.yml', `retention: ${text}\n`)
const use = (name: string): void => {
  dir = join(dirname(first), name)
  cpSync(first, dir, { recursive: true, preserveTimestamps: true })
}

beforeAll(async () => {
  mkdirSync(tmp, { recursive: true })
  first = dir = join(mkdtempSync(join(tmp, 'clocks-')), 'first')
  for (const [file, text] of Object.entries(appFiles('parquet', undefined))) write(file, text)
  write('landing/moves.csv', moves(false))
  retention('{ versions: 1, grace: 30m }')
  for (let i = 0; i < 2; i++) await levada('run stage --force')
})
afterAll(() => rmSync(dirname(first), { recursive: true, force: true }))

test('a clock that is ahead removes no version early, neither by gc nor by publishing', async () => {
  use('ahead')
  expect(await levada('gc bank.moves --yes', 1)).toBe('There is nothing to remove.')
  expect(await levada('run stage --force', year)).toContain('succeeded')
  expect(await numbers()).toEqual([3, 2, 1])
})

test('what a clock in the past has published is not old for others', async () => {
  use('behind')
  expect(await levada('run stage --force', -year)).toContain('succeeded')
  expect(await levada('gc bank.moves --yes')).toBe('There is nothing to remove.')
  expect(await levada('run stage --force')).toContain('succeeded')
  expect(await numbers()).toEqual([4, 3, 2, 1])
})

test('what somebody writes is not removed by one whose clock is a year ahead', async () => {
  use('writing')
  write('data/bank/moves/data/20000101T000000000Z-alive/day=2021-03-01/data_0.parquet', 'half of it')
  expect(await levada('run stage --force', year)).toContain('succeeded')
  expect(await levada('gc bank.moves --yes', year)).toBe('There is nothing to remove.')
  expect(
    existsSync(join(dir, 'data/bank/moves/data/20000101T000000000Z-alive/day=2021-03-01/data_0.parquet')),
  ).toBe(true)
})

test('what a run reads whose clock was a year behind stays until it has ended', async () => {
  use('pinned')
  const [head] = await versions()
  // It is killed when it has written down what it reads.
  await levada('run sum --force', -year, { CRASH_AT: '40' })
  const [run] = readdirSync(join(dir, '.levada/runs'))
  expect(run).toMatch(/^2025/)
  await levada('run stage --force')
  retention('{ versions: 1, grace: 0m }')
  const out = await levada('gc bank.moves --yes')
  expect(out).toContain(`levada run --resume ${run}`)
  expect(await numbers()).toContain(head!.number)
  expect(await levada(`run --resume ${run}`)).toContain('succeeded')
})
