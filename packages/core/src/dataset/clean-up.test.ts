import { mkdir, mkdtemp, readdir, rename, rm, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { contents, day, open, publishing, stage } from '../../test/dataset/kit.ts'
import { clean as gc, cleanUp, type CleanUpOptions } from './clean-up.ts'
import type { Cleaning } from './dataset.ts'
import { openManifests } from './manifests.ts'
import { defaultRetention, type Retention } from './retention.ts'

let root: string
let pinned: readonly string[] = []
beforeEach(async () => {
  pinned = []
  root = await mkdtemp(join(tmpdir(), 'levada-clean-up-'))
})
afterEach(() => rm(root, { recursive: true, force: true }))

const days = (count: number): number => Date.now() + count * 86_400_000 + 60_000
const optionsOf = (now: number, retention: Partial<Retention> = {}): CleanUpOptions => ({
  root,
  manifests: openManifests(root, 'a.b'),
  retention: { ...defaultRetention, ...retention },
  now,
  pinned: async () => new Set(pinned),
})
const clean = (now: number, retention?: Partial<Retention>): Promise<void> =>
  cleanUp(optionsOf(now, retention))
const report = (now: number, remove = false, retention?: Partial<Retention>): Promise<Cleaning> =>
  gc(optionsOf(now, retention), { pinned: new Set(pinned), remove })
const names = async (folder: string): Promise<string[]> => (await readdir(join(root, folder))).toSorted()
const publish = async (...values: string[]): Promise<string> => {
  const keys = values.map(day)
  const staging = await stage(open(root), keys, { replace: keys })
  return (await staging.publish(publishing)).id
}

test('cleanUp keeps what is younger than a day', async () => {
  for (const value of ['1', '1', '1', '1']) await publish(value)
  await stage(open(root), [day('2')])
  await clean(days(0.9))
  expect(await names('manifests')).toHaveLength(4)
  expect(await names('data')).toHaveLength(5)
})

test('cleanUp keeps two versions and every file that they name', async () => {
  const ids = [await publish('1', '2'), await publish('1'), await publish('2'), await publish('3')]
  await clean(days(1))
  expect(await names('manifests')).toEqual(['00000003.json', '00000004.json'])
  expect(await names('data')).toEqual(ids.slice(1).toSorted())
  expect(Object.keys(await contents(await open(root).locate(undefined)))).toHaveLength(3)
})

test('cleanUp keeps a version for a day after it was replaced, however old it is', async () => {
  for (const value of ['1', '1', '1']) await publish(value)
  const longAgo = new Date(days(-30))
  await utimes(join(root, 'manifests', '00000001.json'), longAgo, longAgo)
  await clean(Date.now())
  expect(await names('manifests')).toHaveLength(3)
})

test('cleanUp removes what dead attempts left, and leaves one that still writes', async () => {
  const [dead, alive] = [await stage(open(root), [day('1')]), await stage(open(root), [day('1')])]
  await publish('1')
  await writeFile(join(root, 'manifests', '.x.tmp'), '{')
  const file = join(root, 'data', alive.version, 'day=1', 'data_0.json')
  await utimes(file, new Date(days(1)), new Date(days(1)))
  await clean(days(1))
  expect(await names('data')).not.toContain(dead.version)
  expect(await names('data')).toContain(alive.version)
  expect(await names('manifests')).toEqual(['00000001.json'])
})

test.each([
  ['cleanUp', () => clean(Date.now())],
  ['gc', () => report(Date.now(), true)],
])('what is left of an attempt by a %s that was killed is removed by the next one', async (_, next) => {
  const { version } = await stage(open(root), [day('1')])
  const folder = join(root, 'data', version)
  await publish('1')
  await rename(folder, `${folder}.gone`)
  await rm(join(`${folder}.gone`, 'day=1'), { recursive: true })
  await next()
  expect(await names('data')).toHaveLength(1)
})

test('a manifest of a version that was taken away and cannot be read is removed, and later what it named', async () => {
  const [first] = [await publish('1'), await publish('1')]
  const manifest = join(root, 'manifests', '00000001.json')
  await rename(manifest, `${manifest}.gone`)
  await writeFile(`${manifest}.gone`, '{')
  await report(Date.now(), true)
  expect(await names('manifests')).toEqual(['00000002.json'])
  expect(await names('data')).toContain(first)
  await report(days(1), true)
  expect(await names('data')).not.toContain(first)
})

test('cleanUp removes no rows when it cannot tell what is used', async () => {
  const ids = [await publish('1'), await publish('1'), await publish('1')]
  await writeFile(join(root, 'manifests', '00000002.json'), '{')
  await clean(days(1))
  expect(await names('data')).toEqual(ids.toSorted())
})

test('cleanUp removes of a version that goes the files that no other names, and leaves the rest of its folder', async () => {
  const [first] = [await publish('1', '2'), await publish('1'), await publish('3')]
  await clean(days(1))
  expect(await names('manifests')).toEqual(['00000002.json', '00000003.json'])
  expect(await names(join('data', first))).toContain('day=2')
  expect(await readdir(join(root, 'data', first, 'day=1'))).toEqual([])
})

test('cleanUp keeps what the retention says, and what unfinished runs read', async () => {
  const ids = [
    await publish('1'),
    await publish('1'),
    await publish('1'),
    await publish('1'),
    await publish('1'),
  ]
  await clean(days(2), { ageMs: 3 * 86_400_000 })
  expect(await names('manifests')).toHaveLength(5)
  pinned = [ids[1]!]
  await clean(days(2), { versions: 1 })
  expect(await names('manifests')).toEqual(['00000002.json', '00000005.json'])
  expect(Object.keys(await contents(await open(root).locate(await open(root).head())))).toEqual(['day=1'])
  expect(await names('data')).toEqual([ids[1]!, ids[4]!].toSorted())
})

test('cleanUp reads all that stays only when a tenth of it goes', async () => {
  for (let i = 0; i < 12; i++) await publish('1')
  // Of 12 one alone is old enough.
  const longAgo = new Date(days(-3))
  await utimes(join(root, 'manifests', '00000002.json'), longAgo, longAgo)
  await clean(Date.now(), { versions: 1 })
  expect(await names('manifests')).toHaveLength(12)
})

test('with a clock that is far in the past nothing is removed by age', async () => {
  for (const value of ['1', '1', '1', '1']) await publish(value)
  const stray = await stage(open(root), [day('2')])
  for (const remove of [false, true]) {
    const { removed, leftovers, kept } = await report(Date.parse('1970-01-02'), remove)
    expect([removed, leftovers, kept.length]).toEqual([[], 0, 4])
  }
  await clean(Date.parse('1970-01-02'))
  expect(await names('manifests')).toHaveLength(4)
  expect(await names('data')).toContain(stray.version)
})

test('clean() tells why each version stays, and removes nothing until it is told to', async () => {
  const ids = [await publish('1'), await publish('1', '2'), await publish('1'), await publish('1')]
  await stage(open(root), [day('3')])
  pinned = [ids[0]!]
  const dry = await report(days(1.5), false, { versions: 1, graceMs: 0, ageMs: 0 })
  expect(dry.kept.map(({ version, why }) => [version.number, why])).toEqual([
    [4, 'current'],
    [1, 'pinned'],
  ])
  expect(dry.removed.map(({ number }) => number)).toEqual([3, 2])
  expect(dry.leftovers).toBe(1)
  expect(dry.sizeBytes).toBeGreaterThan(0)
  expect(await names('manifests')).toHaveLength(4)
  expect(await names('data')).toHaveLength(5)
  expect(await report(days(1.5), true, { versions: 1, graceMs: 0, ageMs: 0 })).toMatchObject({
    leftovers: 1,
    sizeBytes: dry.sizeBytes,
  })
  expect(await names('manifests')).toEqual(['00000001.json', '00000004.json'])
  expect(await names('data')).toEqual([ids[0]!, ids[1]!, ids[3]!].toSorted())
  expect(await report(days(1.5), true)).toMatchObject({ removed: [], leftovers: 0, sizeBytes: 0 })
})

test('clean() removes files of a folder that is still used, which cleanUp had no time for', async () => {
  const [first] = [await publish('1', '2'), await publish('1'), await publish('3')]
  await rm(join(root, 'manifests', '00000001.json'))
  expect(await report(days(1.5), true)).toMatchObject({ removed: [], leftovers: 0 })
  expect(await readdir(join(root, 'data', first, 'day=1'))).toEqual([])
  expect(Object.keys(await contents(await open(root).locate(undefined)))).toHaveLength(3)
})

test('what a cleaning that was killed has taken away from readers is removed by the next one, young as it is', async () => {
  for (const next of [
    () => report(Date.now(), true),
    async () => {
      await publish('1')
      await publish('1')
      await clean(days(2))
    },
  ]) {
    const ids = [await publish('1'), await publish('1'), await publish('1')]
    const before = await names('data')
    const manifests = openManifests(root, 'a.b')
    await manifests.retire([(await manifests.top()) - 2])
    expect(await names('data')).toEqual(before)
    expect((await open(root).versions!()).versions.map(({ id }) => id)).not.toContain(ids[0])
    await next()
    expect(await names('data')).not.toContain(ids[0])
    expect((await names('manifests')).filter((name) => name.endsWith('.gone'))).toEqual([])
  }
})

test('clean() of damage removes no rows, and sets it aside', async () => {
  const ids = [await publish('1'), await publish('1'), await publish('1')]
  await writeFile(join(root, 'manifests', '00000002.json'), '{')
  const { damaged, sizeBytes } = await report(days(2), true, { versions: 1 })
  expect(damaged).toMatchObject([{ number: 2, at: join(root, 'manifests', '00000002.json') }])
  expect(sizeBytes).toBe(0)
  expect(await names('data')).toEqual(ids.toSorted())
  expect(await names('manifests')).toEqual(['00000001.json.gone', '00000003.json', 'damaged'])
  expect(await names(join('manifests', 'damaged'))).toEqual(['00000002.json'])
  await rm(join(root, 'manifests', 'damaged', '00000002.json'))
  await report(days(2), true)
  expect(await names('data')).toEqual([ids[2]])
})

test('publish() fails clearly when its files were removed meanwhile', async () => {
  await mkdir(root, { recursive: true })
  const staging = await stage(open(root), [day('1')])
  await rm(join(root, 'data', staging.version), { recursive: true })
  await expect(staging.publish(publishing)).rejects.toMatchObject({ code: 'STORAGE' })
  expect(await open(root).head()).toBeUndefined()
})
