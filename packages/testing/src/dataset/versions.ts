import type { Retention } from '@levada/core/spi'
import { codeOf, type Case } from '../runner.ts'
import { provenanceOf, publishing, row, whole, type Lab } from './lab.ts'

const one = [row({}, 1)]
const two = [row({}, 2), row({}, 3)]

/** For datasets that keep versions. */
export const versionCases: readonly Case<Lab>[] = [
  {
    title: 'a version says who wrote what from what',
    async run(lab) {
      const inputs = { 'shop.customers': 'v7' }
      const staging = await lab.stage(whole, two, { version: 'mine' })
      const { createdAt, sizeBytes, partitions, ...version } = await staging.publish({
        ...publishing,
        inputs,
      })
      const { columns } = whole
      lab
        .expect(version)
        .toEqual({ ...version, id: 'mine', number: 1, app: 'shop', runId: 'run-1', inputs, columns, rows: 2 })
      lab
        .expect(partitions.map(({ key, rows, version: id, columns: stored }) => ({ key, rows, id, stored })))
        .toEqual([{ key: {}, rows: 2, id: 'mine', stored: columns }])
      lab.expect(sizeBytes).toEqual(partitions[0]?.sizeBytes)
      lab.expect(new Date(createdAt).toISOString()).toEqual(createdAt)
    },
  },
  {
    title: 'head() of another instance is what publish() returned',
    async run(lab) {
      lab.expect(await (await lab.open(whole)).head()).toEqual(undefined)
      for (const number of [1, 2]) {
        const version = await lab.publish(whole, one)
        lab.expect(version.number).toEqual(number)
        lab.expect(await (await lab.open(whole)).head()).toEqual(version)
      }
    },
  },
  {
    title: 'headNow(), where there is one, is what head() is, whatever is known of folders',
    async run(lab) {
      const seen = async (): Promise<readonly unknown[]> => {
        const dataset = await lab.open(whole)
        const head = await dataset.head()
        return dataset.headNow ? [head, dataset.headNow({ has: () => undefined })] : [head, head]
      }
      lab.expect(await seen()).toEqual([undefined, undefined])
      const version = await lab.publish(whole, one)
      lab.expect(await seen()).toEqual([version, version])
    },
  },
  {
    title: 'a version keeps what it was made from',
    async run(lab) {
      const staging = await lab.stage(whole, one)
      await staging.publish({ ...publishing, provenance: provenanceOf('first') })
      const head = await (await lab.open(whole)).head()
      lab.expect(head?.whole).toEqual({ version: head?.id, mixed: false, ...provenanceOf('first')() })
      lab.expect(head?.partitions.map(({ provenance }) => provenance)).toEqual([provenanceOf('first')({})])
    },
  },
  {
    title: 'the version before stays readable',
    async run(lab) {
      const version = await lab.publish(whole, one)
      await lab.publish(whole, two)
      lab.expect(await lab.read(whole, await (await lab.open(whole)).locate(version))).toEqual(one)
    },
  },
  {
    title: 'version() of another instance tells each that is kept, with the step that published it',
    async run(lab) {
      const first = await (await lab.stage(whole, one)).publish({ ...publishing, step: 'shop/first' })
      const second = await lab.publish(whole, two)
      const dataset = await lab.open(whole)
      lab.expect(await dataset.version?.(1)).toEqual(first)
      lab.expect(first.step).toEqual('shop/first')
      lab.expect(await dataset.version?.(2)).toEqual(second)
      lab.expect(await dataset.version?.(3)).toEqual(undefined)
    },
  },
  {
    title: 'locate() of a version that is not there is DATA_MISSING',
    async run(lab) {
      const version = await lab.publish(whole, one)
      const dataset = await lab.open(whole)
      lab.expect(await codeOf(dataset.locate({ ...version, id: 'other' }))).toEqual('DATA_MISSING')
      lab.expect(await codeOf(dataset.locate({ ...version, id: 'other', number: 9 }))).toEqual('DATA_MISSING')
    },
  },
  {
    title: 'publish() on an old base is CONFLICT, and changes nothing',
    async run(lab) {
      const staging = await lab.stage(whole, one)
      await lab.publish(whole, two)
      lab.expect(await codeOf(staging.publish(publishing))).toEqual('CONFLICT')
      lab.expect(await lab.current(whole)).toEqual(two)
    },
  },
  {
    title: 'of two that publish at once, one is told CONFLICT',
    async run(lab) {
      const stagings = [await lab.stage(whole, one), await lab.stage(whole, one)]
      const codes = await Promise.all(stagings.map((staging) => codeOf(staging.publish(publishing))))
      lab.expect(codes.toSorted()).toEqual(['CONFLICT', 'no error'])
      lab.expect(await lab.current(whole)).toEqual(one)
    },
  },
  {
    title: 'versions() lists what is kept, newest first, and nothing that was only staged',
    async run(lab) {
      lab.expect(await (await lab.open(whole)).versions?.()).toEqual({ versions: [], damaged: [] })
      const first = await lab.publish(whole, one)
      const second = await lab.publish(whole, two)
      await lab.stage(whole, one)
      const dataset = await lab.open(whole)
      lab.expect(await dataset.versions?.()).toEqual({ versions: [second, first], damaged: [] })
      // Those of a list can be read.
      const { versions } = await dataset.versions!()
      lab.expect(await lab.read(whole, await dataset.locate(versions[1]))).toEqual(one)
    },
  },
  {
    title: 'an asset of another app is FOREIGN_ASSET',
    async run(lab) {
      await lab.publish(whole, one)
      const staging = await lab.stage(whole, two)
      lab.expect(await codeOf(staging.publish({ ...publishing, app: 'other' }))).toEqual('FOREIGN_ASSET')
      lab.expect(await lab.current(whole)).toEqual(one)
    },
  },
]

/** For datasets that publish an earlier version again. */
export const restoreCases: readonly Case<Lab>[] = [
  {
    title: 'restore() publishes the rows of an earlier version as a new one',
    async run(lab) {
      const staging = await lab.stage(whole, one)
      const old = await staging.publish({ ...publishing, provenance: provenanceOf('first') })
      await lab.publish(whole, two)
      const dataset = await lab.open(whole)
      const version = await dataset.restore(old, 'again', publishing)
      lab.expect([version.id, version.number, version.rows]).toEqual(['again', 3, 1])
      lab.expect([version.whole, version.partitions]).toEqual([old.whole, old.partitions])
      lab.expect(version.restores).toEqual(1)
      lab.expect(await (await lab.open(whole)).head()).toEqual(version)
      lab.expect(await lab.current(whole)).toEqual(one)
      lab.expect((await lab.publish(whole, two)).restores).toEqual(undefined)
      lab.expect(await lab.current(whole)).toEqual(two)
    },
  },
  {
    title: 'restore() of a version that is not there is DATA_MISSING',
    async run(lab) {
      const version = await lab.publish(whole, one)
      const dataset = await lab.open(whole)
      lab
        .expect(await codeOf(dataset.restore({ ...version, id: 'other', number: 9 }, 'again', publishing)))
        .toEqual('DATA_MISSING')
      lab.expect(await lab.current(whole)).toEqual(one)
    },
  },
  {
    title: 'restore() by another app is FOREIGN_ASSET',
    async run(lab) {
      const version = await lab.publish(whole, one)
      await lab.publish(whole, two)
      const dataset = await lab.open(whole)
      lab
        .expect(await codeOf(dataset.restore(version, 'again', { ...publishing, app: 'other' })))
        .toEqual('FOREIGN_ASSET')
      lab.expect(await lab.current(whole)).toEqual(two)
    },
  },
]

const nothing: Retention = { versions: 1, ageMs: 0, graceMs: 0 }
const numbersOf = (versions: readonly { readonly number: number }[]): readonly number[] =>
  versions.map(({ number }) => number)

/** For datasets that let go of versions. */
export const cleaningCases: readonly Case<Lab>[] = [
  {
    title: 'clean() tells what its retention lets go of, and removes it when it is told to',
    async run(lab) {
      const first = await lab.publish(whole, one)
      await lab.publish(whole, two)
      const third = await lab.publish(whole, one)
      const dataset = await lab.open(whole, { retention: nothing })
      const asked = { pinned: new Set<string>(), remove: false }
      const dry = await dataset.clean!(asked)
      lab.expect(numbersOf(dry.removed)).toEqual([2, 1])
      lab.expect(dry.kept.map(({ version, why }) => [version.number, why])).toEqual([[3, 'current']])
      lab.expect(numbersOf((await dataset.versions!()).versions)).toEqual([3, 2, 1])
      lab.expect(await lab.read(whole, await dataset.locate(first))).toEqual(one)
      await dataset.clean?.({ ...asked, remove: true })
      lab.expect((await (await lab.open(whole)).versions!()).versions).toEqual([third])
      lab.expect(await codeOf(dataset.locate(first))).toEqual('DATA_MISSING')
      lab.expect(await lab.current(whole)).toEqual(one)
      lab.expect(await dataset.clean?.({ ...asked, remove: true })).toEqual({
        kept: [{ version: third, why: 'current' }],
        removed: [],
        leftovers: 0,
        sizeBytes: 0,
        damaged: [],
      })
    },
  },
  {
    title: 'clean() keeps the newest versions, what was current of late, and what unfinished runs read',
    async run(lab) {
      for (let i = 0; i < 3; i++) await lab.publish(whole, one)
      const first = await lab.publish(whole, two)
      await lab.publish(whole, one)
      await lab.publish(whole, one)
      const asked = { pinned: new Set([first.id]), remove: true }
      const whyOf = async (retention: Retention): Promise<unknown> =>
        (await (await lab.open(whole, { retention })).clean!(asked)).kept.map(({ version, why }) => [
          version.number,
          why,
        ])
      const rest = [3, 2, 1]
      const kept = [
        [6, 'current'],
        [5, 'newest'],
        [4, 'pinned'],
      ]
      lab
        .expect(await whyOf({ versions: 2, ageMs: 3_600_000, graceMs: 0 }))
        .toEqual([...kept, ...rest.map((number) => [number, 'age'])])
      lab
        .expect(await whyOf({ versions: 2, ageMs: 0, graceMs: 3_600_000 }))
        .toEqual([...kept, ...rest.map((number) => [number, 'grace'])])
      lab.expect(await whyOf({ versions: 2, ageMs: 0, graceMs: 0 })).toEqual(kept)
      lab.expect(await lab.read(whole, await (await lab.open(whole)).locate(first))).toEqual(two)
    },
  },
  {
    title: 'what a kept version shares with one that goes stays',
    async run(lab) {
      const first = await lab.publish(whole, one)
      await lab.publish(whole, two)
      const dataset = await lab.open(whole, { retention: nothing })
      await dataset.restore(first, 'again', publishing)
      await dataset.clean?.({ pinned: new Set(), remove: true })
      lab.expect(numbersOf((await dataset.versions!()).versions)).toEqual([3])
      lab.expect(await lab.current(whole)).toEqual(one)
    },
  },
  {
    title: 'publish() lets go of what its retention does, but not of what unfinished runs read',
    async run(lab) {
      const dataset = await lab.open(whole, { retention: nothing })
      const first = await lab.publish(whole, one)
      await lab.publish(whole, two)
      const publish = async (pinned: readonly string[]): Promise<void> => {
        const base = await dataset.head()
        const version = `kept-${base?.number}`
        const staging = await dataset.stage({ version, ...whole, replace: undefined, base })
        await staging.seal(await lab.write(staging, whole, two))
        await staging.publish({ ...publishing, pinned: async () => new Set(pinned) })
      }
      /** It may go on after the version is published. */
      const left = async (count: number): Promise<readonly number[]> => {
        for (let tries = 0; ; tries++) {
          const numbers = numbersOf((await dataset.versions!()).versions)
          if (numbers.length === count || tries === 100) return numbers
          await new Promise((resolve) => setTimeout(resolve, 20))
        }
      }
      await publish([first.id])
      lab.expect(await left(2)).toEqual([3, 1])
      await publish([])
      lab.expect(await left(1)).toEqual([4])
    },
  },
]
