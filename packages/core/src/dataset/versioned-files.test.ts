import { existsSync } from 'node:fs'
import { chmod, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { columns, contents, day, open, publishing, stage, write } from '../../test/dataset/kit.ts'
import type { LevadaError } from '../errors/index.ts'
import type { Dataset, Version } from './index.ts'
import { openManifests } from './manifests.ts'
import { versionedFiles } from './versioned-files.ts'

let root: string
beforeEach(async () => {
  root = join(await mkdtemp(join(tmpdir(), 'levada-files-')), 'shop', 'orders')
})
afterEach(() => rm(join(root, '..', '..'), { recursive: true, force: true }))

const [mon, tue, wed] = [day('2001-03-05'), day('2001-03-06'), day('2001-03-07')]
const publish = async (...args: Parameters<typeof stage>): Promise<Version> =>
  (await stage(...args)).publish(publishing)
const current = async (): Promise<Record<string, string>> => contents(await open(root).locate(undefined))

describe('versionedFiles', () => {
  test('holds nothing at first', async () => {
    expect(await open(root).head()).toBeUndefined()
    expect(await open(root).exists()).toBe(false)
    await expect(open(root).locate(undefined)).rejects.toMatchObject({ code: 'DATA_MISSING' })
  })

  test('shows a staged write to nobody, then all of it', async () => {
    const staging = await stage(open(root), [mon, tue])
    expect(await open(root).exists()).toBe(false)
    const version = await staging.publish({ ...publishing, inputs: { b: '2', a: '1' } })
    expect(version).toMatchObject({
      id: staging.version,
      number: 1,
      app: 'shop',
      runId: 'run-1',
      rows: 2,
      columns,
    })
    expect(await open(root).head()).toEqual(version)
    expect(Object.keys(await current())).toEqual(['day=2001-03-05', 'day=2001-03-06'])
  })

  test('replaces the named partitions, and drops one that has no rows any more', async () => {
    const first = await publish(open(root), [mon, tue, wed])
    const second = await publish(open(root), [mon], { replace: [mon, tue] })
    expect(await current()).toEqual({ 'day=2001-03-05': second.id, 'day=2001-03-07': first.id })
    expect(second).toMatchObject({ number: 2, rows: 2 })
    expect(Object.keys(await contents(await open(root).locate(first)))).toHaveLength(3)
  })

  test('drops partitions that a full write does not produce', async () => {
    await publish(open(root), [mon, tue])
    const { id } = await publish(open(root), [wed])
    expect(await current()).toEqual({ 'day=2001-03-07': id })
  })

  test('candidate() is published minus replaced plus staged, increment() the staged rows', async () => {
    const { id } = await publish(open(root), [mon, tue])
    const staging = await stage(open(root), [tue, wed], { replace: [tue, wed] })
    const mine = { 'day=2001-03-06': staging.version, 'day=2001-03-07': staging.version }
    expect(await contents(staging.increment())).toEqual(mine)
    expect(await contents(staging.candidate())).toEqual({ 'day=2001-03-05': id, ...mine })
    expect(await contents((await stage(open(root), [wed])).candidate())).toHaveProperty('day=2001-03-07')
  })

  test('locates single partitions; one that is not stored has no files', async () => {
    const version = await publish(open(root), [mon, tue])
    expect(Object.keys(await contents(await open(root).locate(version, [tue, wed])))).toEqual([
      'day=2001-03-06',
    ])
    expect(await open(root).locate(version, [wed])).toMatchObject({ uris: [] })
  })

  test('discard() removes the files, and nothing once they are published', async () => {
    const staging = await stage(open(root), [mon])
    await staging.discard()
    expect(await readdir(join(root, 'data'))).toEqual([])
    const kept = await stage(open(root), [mon])
    await kept.publish(publishing)
    await kept.discard()
    expect(await current()).toEqual({ 'day=2001-03-05': kept.version })
  })

  test('refuses a seal with rows outside of what is replaced', async () => {
    const staging = await open(root).stage({
      version: 'v',
      columns,
      partitionBy: ['day'],
      replace: [mon],
      base: undefined,
    })
    await expect(staging.seal(await write(staging, 'v', [tue]))).rejects.toMatchObject({
      code: 'ROW_OUT_OF_RANGE',
    })
  })

  test('refuses one attempt twice', async () => {
    await stage(open(root), [mon], { version: 'v' })
    await expect(stage(open(root), [mon], { version: 'v' })).rejects.toMatchObject({
      code: 'STORAGE',
      details: { os: 'EEXIST' },
    })
  })
})

describe('publish', () => {
  test('rebases over other partitions', async () => {
    const [a, b] = [
      await stage(open(root), [mon], { replace: [mon] }),
      await stage(open(root), [tue], { replace: [tue] }),
    ]
    await a.publish(publishing)
    await b.publish(publishing)
    expect(await current()).toEqual({ 'day=2001-03-05': a.version, 'day=2001-03-06': b.version })
  })

  test.each([
    ['the same partition', [mon], true, /run other replaced day=2001-03-05, in version 2/],
    ['all partitions', undefined, true, /run other replaced all of it/],
    ['another partition, when that may not be rebased', [tue], false, /run other published other partitions/],
  ])('tells CONFLICT for %s', async (_, replace, mayRebase, message) => {
    await publish(open(root), [mon])
    const base = await open(root).head()
    const mine = await stage(open(root), replace ?? [tue], { replace })
    const other = await stage(open(root), [mon], { replace: [mon], base })
    await other.publish({ ...publishing, runId: 'other' })
    // The one that replaced it is named, not the newest.
    await (
      await stage(open(root), [wed], { replace: [wed] })
    ).publish({ ...publishing, runId: replace === undefined || !mayRebase ? 'other' : 'third' })
    await expect(mine.publish({ ...publishing, mayRebase })).rejects.toMatchObject({
      code: 'CONFLICT',
      retryable: true,
      message,
    })
    expect(await current()).toHaveProperty('day=2001-03-05', other.version)
  })

  test('H1: one of two that race for a partition is told CONFLICT', async () => {
    const stagings = await Promise.all(
      [mon, mon].map((key) => stage(open(root), [key], { replace: [key], base: undefined })),
    )
    const results = await Promise.allSettled(stagings.map((staging) => staging.publish(publishing)))
    expect(results.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected'])
    expect(results.find((result) => result.status === 'rejected')?.reason).toMatchObject({ code: 'CONFLICT' })
  })

  test('tells FOREIGN_ASSET when another app has published', async () => {
    await publish(open(root), [mon])
    const staging = await stage(open(root), [tue])
    await expect(staging.publish({ ...publishing, app: 'other' })).rejects.toMatchObject({
      code: 'FOREIGN_ASSET',
      message: /'shop'.*'other'/,
    })
  })
})

describe('a manifest', () => {
  const manifest = (number: number): string => join(root, 'manifests', `0000000${number}.json`)

  test('is deterministic and holds a schema once', async () => {
    await publish(open(root), [wed, mon, tue])
    const stored = JSON.parse(await readFile(manifest(1), 'utf8')) as {
      schemas: unknown
      partitions: { key: unknown }[]
      format: number
    }
    expect(stored).toMatchObject({ format: 1, asset: 'shop.orders', schemas: [columns] })
    expect(stored.partitions.map(({ key }) => key)).toEqual([mon, tue, wed])
    expect(await readdir(join(root, 'manifests'))).toEqual(['00000001.json'])
  })

  test('holds once what its partitions have in common', async () => {
    const fingerprint = { code: 'c', schema: 's', checks: 'k', engine: 'duckdb', params: {}, packages: {} }
    const provenance = () => ({ fingerprint, inputs: { 'shop.raw': '1' } })
    const staging = await stage(open(root), [mon, tue])
    await staging.publish({ ...publishing, provenance })
    const stored: unknown = JSON.parse(await readFile(manifest(1), 'utf8'))
    expect(stored).toMatchObject({
      fingerprints: [fingerprint],
      states: [{ 'shop.raw': '1' }],
      whole: { version: staging.version, mixed: false, made: [0, 0] },
      partitions: [{ made: [0, 0] }, { made: [0, 0] }],
    })
  })
  test('from before it said what partitions were made from can be read', async () => {
    const version = await publish(open(root), [mon])
    expect(version.partitions[0]).not.toHaveProperty('provenance')
    expect(JSON.parse(await readFile(manifest(1), 'utf8'))).not.toHaveProperty('fingerprints')
    expect(await open(root).head()).toEqual(version)
  })
  test('of a newer format is told with its file, and nothing goes on without it', async () => {
    await publish(open(root), [mon])
    await writeFile(manifest(2), '{"format":2}')
    await expect(open(root).head()).rejects.toMatchObject({
      code: 'NOT_SUPPORTED',
      message: expect.stringContaining(manifest(2)) as string,
    })
  })

  test('keeps how old partitions are read when the catalog changes', async () => {
    const csv = (delimiter: string) =>
      versionedFiles({
        type: 'csv',
        asset: 'shop.orders',
        root,
        format: 'csv',
        options: { delimiter },
        partitioned: true,
      })
    await publish(csv(','), [mon])
    await publish(csv(';'), [tue], { replace: [tue] })
    expect(await csv(';').locate(undefined)).toMatchObject({
      kind: 'union',
      parts: [{ options: { delimiter: ',' } }, { options: { delimiter: ';' } }],
    })
  })

  test('keeps files apart that hold other columns', async () => {
    await publish(open(root), [mon, tue])
    await publish(open(root), [wed], { replace: [wed], columns: columns.slice(0, 1) })
    const location = await open(root).locate(undefined)
    expect(location).toMatchObject({
      kind: 'union',
      parts: [{ uris: { length: 2 } }, { uris: { length: 1 } }],
    })
  })

  test('of other partition dimensions is not mixed with new ones', async () => {
    const version = await publish(open(root), [{}], { partitionBy: [] })
    await expect(stage(open(root), [mon], { replace: [mon] })).rejects.toMatchObject({ code: 'STALE_SCHEMA' })
    await expect(open(root).locate(version, [mon])).rejects.toMatchObject({
      code: 'STALE_SCHEMA',
      message: /in one piece.*partitioned by day/,
    })
    await publish(open(root), [mon])
    expect(Object.keys(await current())).toEqual(['day=2001-03-05'])
  })
})

describe('a manifest that is damaged', () => {
  const manifest = (number: number): string => join(root, 'manifests', `0000000${number}.json`)
  const told: LevadaError[] = []
  const opened = (): Dataset => open(root, { notice: (error) => void told.push(error) })
  beforeEach(() => void told.splice(0))

  test.each([
    ['cut off', (text: string) => text.slice(0, -40)],
    ['not as it was written', (text: string) => `${text}xx`],
    ['empty', () => ''],
    ['all zeros', (text: string) => '\0'.repeat(text.length)],
    ['no JSON', () => 'What was it?'],
    ['of another version', (_: string, first: string) => first],
    ['not complete', () => '{"format":1,"id":"x","number":2,"columns":0,"schemas":[],"partitions":[]}'],
  ])(
    'because it is %s: the last good one is found and told, publishing goes on, and it is set aside',
    async (why, damage) => {
      const { id } = await publish(open(root), [mon])
      await publish(open(root), [mon, tue])
      const broken = damage(await readFile(manifest(2), 'utf8'), await readFile(manifest(1), 'utf8'))
      await writeFile(manifest(2), broken)
      expect(await opened().head()).toMatchObject({ number: 1, id })
      expect(told.map(({ code }) => code)).toEqual(['MANIFEST_DAMAGED'])
      expect(told[0]!.message).toContain(manifest(2))
      if (why === 'cut off' || why === 'not as it was written')
        expect(told[0]!.message).toContain(`it is ${why}.`)
      expect(told[0]!.message).toContain("'shop.orders' goes on with version 1.")
      expect(await opened().versions!()).toMatchObject({
        versions: [{ number: 1 }],
        damaged: [{ number: 2, at: manifest(2) }],
      })
      // Reading changes nothing.
      expect(await readFile(manifest(2), 'utf8')).toBe(broken)

      const next = await (await stage(opened(), [wed], { replace: [wed] })).publish(publishing)
      expect(next.number).toBe(3)
      expect(Object.keys(await current())).toEqual(['day=2001-03-05', 'day=2001-03-07'])
      const aside = join(root, 'manifests', 'damaged', '00000002.json')
      await expect.poll(() => existsSync(aside)).toBe(true)
      expect(await readFile(aside, 'utf8')).toBe(broken)
      expect(await opened().versions!()).toMatchObject({
        versions: [{ number: 3 }, { number: 1 }],
        damaged: [{ number: 2, at: aside }],
      })
    },
  )

  test('whatever byte of it is another, is never read', async () => {
    await publish(open(root), [mon])
    await publish(open(root), [mon, tue])
    const bytes = await readFile(manifest(2))
    for (let at = 0; at < bytes.length; at++) {
      const other = Buffer.from(bytes)
      other[at]! ^= 1
      await writeFile(manifest(2), other)
      expect(
        await opened()
          .head()
          .then(
            (found) => found?.number,
            ({ code }) => code as string,
          ),
      ).toBe(1)
    }
  })

  test('when no other is there, the asset is as if it had never been built, and its numbers go on', async () => {
    await publish(open(root), [mon])
    await writeFile(manifest(1), '')
    expect(await opened().head()).toBeUndefined()
    expect(await opened().exists()).toBe(false)
    expect(told.at(-1)?.message).toContain('as if it had never been built')
    expect((await publish(opened(), [tue])).number).toBe(2)
    expect(Object.keys(await current())).toEqual(['day=2001-03-06'])
  })

  test('a step that stands on it is told CONFLICT', async () => {
    await publish(open(root), [mon])
    await publish(open(root), [mon])
    const staging = await stage(open(root), [mon], { replace: [mon] })
    await writeFile(manifest(2), '')
    await expect(staging.publish(publishing)).rejects.toMatchObject({
      code: 'CONFLICT',
      message: expect.stringContaining('its versions were removed') as string,
    })
  })

  test('that was repaired meanwhile is not set aside', async () => {
    await publish(open(root), [mon])
    await publish(open(root), [tue])
    const text = await readFile(manifest(2), 'utf8')
    await writeFile(manifest(2), '')
    const staging = await stage(opened(), [wed], { replace: [wed] })
    const manifests = openManifests(root, 'shop.orders')
    await manifests.head()
    await staging.publish(publishing)
    await expect.poll(() => existsSync(manifest(2))).toBe(false)
    await writeFile(manifest(2), text)
    await manifests.setAside()
    expect(await readFile(manifest(2), 'utf8')).toBe(text)
  })
})

test('restore() of a version whose files are gone is DATA_MISSING, and publishes nothing', async () => {
  const first = await publish(open(root), [mon, tue])
  await publish(open(root), [wed])
  await rm(join(root, 'data', first.id, 'day=2001-03-06'), { recursive: true })
  await expect(open(root).restore(first, 'again', publishing)).rejects.toMatchObject({
    code: 'DATA_MISSING',
    message: expect.stringContaining('day=2001-03-06') as string,
  })
  expect((await open(root).head())?.number).toBe(2)
})

test.runIf(process.getuid?.() !== 0)(
  'a folder that cannot be written is told with the code of the system',
  async () => {
    await publish(open(root), [mon])
    await chmod(join(root, 'data'), 0o500)
    await expect(stage(open(root), [mon])).rejects.toMatchObject({
      code: 'STORAGE',
      details: { os: 'EACCES' },
    })
    await chmod(join(root, 'data'), 0o700)
  },
)

test('a path that is a file is told with the code of the system', async () => {
  await writeFile(join(root, '..', '..', 'shop'), '')
  await expect(stage(open(root), [mon], { base: undefined })).rejects.toMatchObject({
    code: 'STORAGE',
    details: { os: 'ENOTDIR' },
  })
  expect(existsSync(root)).toBe(false)
})
