import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { contents, day, open, publishing, stage } from './kit.ts'

let root: string
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'levada-processes-'))
})
afterEach(() => rm(root, { recursive: true, force: true }))

const loop = (times: number, ...days: string[]): ChildProcess =>
  spawn(process.execPath, [join(import.meta.dirname, 'publish-loop.ts'), root, `${times}`, ...days], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })

/** Attempts that a process printed, by outcome. */
async function outcomes(child: ChildProcess): Promise<{ kept: string[]; conflict: string[] }> {
  const lines = (await text(child.stdout!)).split('\n').map((line) => line.split(' '))
  const of = (outcome: string): string[] => lines.flatMap(([word, id]) => (word === outcome ? [id!] : []))
  return { kept: of('kept'), conflict: of('conflict') }
}

/** All manifests there are, oldest first. */
async function history(): Promise<string[]> {
  const names = (await readdir(join(root, 'manifests'))).filter((name) => name.endsWith('.json')).toSorted()
  return Promise.all(
    names.map(
      async (name) =>
        (
          (await import(join(root, 'manifests', name), { with: { type: 'json' } })) as {
            default: { id: string }
          }
        ).default.id,
    ),
  )
}

test('a reader sees a complete version whenever a writer is killed', { timeout: 60_000 }, async () => {
  const keys = ['1', '2', '3']
  let published = 0
  for (let kill = 0; kill < 30; kill++) {
    const child = loop(1e9, ...keys)
    const exit = once(child, 'exit')
    await Promise.race([once(child.stdout!, 'data'), exit])
    await sleep(Math.random() * 30)
    child.kill('SIGKILL')
    // While it dies, and after.
    for (const wait of [undefined, exit]) {
      await wait
      const head = await open(root).head()
      const rows = await contents(await open(root).locate(head))
      expect(Object.keys(rows)).toEqual(keys.map((key) => `day=${key}`))
      expect(new Set(Object.values(rows))).toEqual(new Set([head!.id]))
      published = head!.number
    }
  }
  expect(published).toBeGreaterThan(30)
  expect(new Set(await history()).size).toBe(published)
  const staging = await stage(open(root), keys.map(day))
  expect((await staging.publish(publishing)).number).toBe(published + 1)
})

test(
  'of 150 commits by three processes to partitions of their own, 150 are kept',
  { timeout: 60_000 },
  async () => {
    const results = await Promise.all(['a', 'b', 'c'].map((prefix) => outcomes(loop(50, prefix))))
    const kept = results.flatMap((result) => result.kept)
    expect(kept).toHaveLength(150)
    expect((await history()).toSorted()).toEqual(kept.toSorted())
    const partitions = Object.values(await contents(await open(root).locate(undefined)))
    expect(partitions.toSorted()).toEqual(kept.toSorted())
  },
)

test(
  'of 60 commits by three processes to the same partitions, each is kept or told CONFLICT',
  { timeout: 60_000 },
  async () => {
    const results = await Promise.all([1, 2, 3].map(() => outcomes(loop(20, 'x', 'y'))))
    const kept = results.flatMap((result) => result.kept)
    expect(kept.length + results.flatMap(({ conflict }) => conflict).length).toBe(60)
    expect((await history()).toSorted()).toEqual(kept.toSorted())
    expect((await readdir(join(root, 'data'))).toSorted()).toEqual(kept.toSorted())
  },
)
