import { codeOf, type Case } from '../runner.ts'
import { daily, mon, provenanceOf, publishing, row, tue, wed, whole, type Lab } from './lab.ts'

const adds = { adds: true } as const

/** For datasets to which rows can be added. */
export const appendCases: readonly Case<Lab>[] = [
  {
    title: 'rows are added to those that are there, version by version',
    async run(lab) {
      await lab.publish(whole, [row({}, 1)], adds)
      await lab.publish(whole, [row({}, 2)], adds)
      const version = await lab.publish(whole, [row({}, 3), row({}, 4)], adds)
      lab.expect(await lab.current(whole)).toEqual([1, 2, 3, 4].map((id) => row({}, id)))
      lab.expect([version.rows, version.partitions.length]).toEqual([4, 1])
      lab.expect((await (await lab.open(whole)).head())?.rows).toEqual(4)
    },
  },
  {
    title: 'what is added is a candidate beside what is there, and gone when it is discarded',
    async run(lab) {
      await lab.publish(whole, [row({}, 1)])
      const staging = await lab.stage(whole, [row({}, 2)], adds)
      lab.expect(await lab.read(whole, staging.increment())).toEqual([row({}, 2)])
      lab.expect(await lab.read(whole, staging.candidate())).toEqual([row({}, 1), row({}, 2)])
      await staging.discard()
      lab.expect(await lab.current(whole)).toEqual([row({}, 1)])
    },
  },
  {
    title: 'no rows that are added change nothing but the version',
    async run(lab) {
      const first = await lab.publish(whole, [row({}, 1)])
      const second = await lab.publish(whole, [], adds)
      lab.expect(await lab.current(whole)).toEqual([row({}, 1)])
      lab
        .expect(second.partitions.map(({ version, rows }) => ({ version, rows })))
        .toEqual([{ version: first.id, rows: 1 }])
    },
  },
  {
    title: 'earlier versions are without what was added later, and can be read and published again',
    async run(lab) {
      const first = await lab.publish(whole, [row({}, 1)])
      await lab.publish(whole, [row({}, 2)], adds)
      const dataset = await lab.open(whole)
      lab.expect(await lab.read(whole, await dataset.locate(first))).toEqual([row({}, 1)])
      if (dataset.capabilities.restorable !== true) return
      await dataset.restore(first, 'again', publishing)
      lab.expect(await lab.current(whole)).toEqual([row({}, 1)])
    },
  },
  {
    title: 'a full write replaces all that was added',
    async run(lab) {
      await lab.publish(whole, [row({}, 1)])
      await lab.publish(whole, [row({}, 2)], adds)
      await lab.publish(whole, [row({}, 3)])
      lab.expect(await lab.current(whole)).toEqual([row({}, 3)])
    },
  },
  {
    title: 'two that add to one version: one does, the other is CONFLICT',
    async run(lab) {
      await lab.publish(whole, [row({}, 1)])
      const stagings = [
        await lab.stage(whole, [row({}, 2)], adds),
        await lab.stage(whole, [row({}, 3)], adds),
      ]
      const upTo = { watermark: 7 }
      const codes = []
      for (const staging of stagings) codes.push(await codeOf(staging.publish({ ...publishing, upTo })))
      lab.expect(codes).toEqual(['no error', 'CONFLICT'])
      lab.expect(await lab.current(whole)).toEqual([row({}, 1), row({}, 2)])
    },
  },
  {
    title: 'the watermark is kept with the version, and comes back with it',
    async run(lab) {
      const dataset = await lab.open(whole)
      const publish = async (id: number, watermark: string | undefined) =>
        (await lab.stage(whole, [row({}, id)], adds)).publish({
          ...publishing,
          provenance: provenanceOf(String(id)),
          upTo: { watermark },
        })
      const first = await publish(1, '2001-03-05')
      const second = await publish(2, '2001-03-06')
      const head = await dataset.head()
      const made = { ...provenanceOf('2')(), version: second.id, mixed: false }
      lab.expect([head?.watermark, head?.whole]).toEqual(['2001-03-06', made])
      if (dataset.capabilities.restorable !== true) return
      lab.expect((await dataset.restore(first, 'again', publishing)).watermark).toEqual('2001-03-05')
      await lab.publish(whole, [row({}, 3)])
      lab.expect((await dataset.head())?.watermark).toEqual(undefined)
    },
  },
]

/** For those that have partitions, too. */
export const partitionedAppendCases: readonly Case<Lab>[] = [
  {
    title: 'rows are added to their partitions; others stay as they were written',
    async run(lab) {
      const first = await lab.publish(daily, [row(mon, 1), row(tue, 2)])
      const { partitions } = await lab.publish(daily, [row(tue, 3), row(wed, 4)], {
        version: 'mine',
        ...adds,
      })
      lab.expect(await lab.current(daily)).toEqual([row(mon, 1), row(tue, 2), row(tue, 3), row(wed, 4)])
      lab.expect(partitions.map(({ key, version, rows }) => ({ key, version, rows }))).toEqual([
        { key: mon, version: first.id, rows: 1 },
        { key: tue, version: 'mine', rows: 2 },
        { key: wed, version: 'mine', rows: 1 },
      ])
      const dataset = await lab.open(daily)
      const location = await dataset.locate(await dataset.head(), [tue])
      lab.expect(await lab.read(daily, location)).toEqual([row(tue, 2), row(tue, 3)])
    },
  },
  {
    title: 'a partition that is replaced is without what was added to it',
    async run(lab) {
      await lab.publish(daily, [row(mon, 1), row(tue, 2)])
      await lab.publish(daily, [row(mon, 3), row(tue, 4)], adds)
      await lab.publish(daily, [row(tue, 5)], { replace: [tue] })
      lab.expect(await lab.current(daily)).toEqual([row(mon, 1), row(mon, 3), row(tue, 5)])
    },
  },
]
