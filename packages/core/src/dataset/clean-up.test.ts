import { mkdir, mkdtemp, readdir, rm, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { contents, day, open, publishing, stage } from '../../test/dataset/kit.ts'
import { cleanUp } from './clean-up.ts'
import { openManifests } from './manifests.ts'

let root: string
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'levada-clean-up-'))
})
afterEach(() => rm(root, { recursive: true, force: true }))

const days = (count: number): number => Date.now() + count * 86_400_000 + 60_000
const clean = (now: number): Promise<void> => cleanUp(root, openManifests(root, 'a.b'), now)
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

test('cleanUp removes nothing when it cannot tell what is used', async () => {
  const ids = [await publish('1'), await publish('1'), await publish('1')]
  await writeFile(join(root, 'manifests', '00000002.json'), '{')
  await expect(clean(days(1))).rejects.toMatchObject({ code: 'MANIFEST_DAMAGED' })
  expect(await names('data')).toEqual(ids.toSorted())
})

test('publish() fails clearly when its files were removed meanwhile', async () => {
  await mkdir(root, { recursive: true })
  const staging = await stage(open(root), [day('1')])
  await rm(join(root, 'data', staging.version), { recursive: true })
  await expect(staging.publish(publishing)).rejects.toMatchObject({ code: 'STORAGE' })
  expect(await open(root).head()).toBeUndefined()
})
