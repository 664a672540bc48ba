import { codeOf, type Case } from '../runner.ts'
import {
  daily,
  hourly,
  mon,
  provenanceOf,
  publishing,
  regional,
  row,
  tue,
  wed,
  whole,
  type Lab,
} from './lab.ts'

const published = [row(mon, 1, 'old'), row(tue, 2, 'old')]

/** For datasets that replace single partitions. */
export const partitionCases: readonly Case<Lab>[] = [
  {
    title: 'a partition is replaced, and the others stay',
    async run(lab) {
      const old = await lab.publish(daily, published)
      const version = await lab.publish(daily, [row(tue, 3, 'new')], { version: 'mine', replace: [tue] })
      lab.expect(await lab.current(daily)).toEqual([published[0], row(tue, 3, 'new')])
      lab.expect(version.rows).toEqual(2)
      lab.expect(version.partitions.map(({ key, version: id, rows }) => ({ key, id, rows }))).toEqual([
        { key: mon, id: old.id, rows: 1 },
        { key: tue, id: 'mine', rows: 1 },
      ])
    },
  },
  {
    title: 'a replaced partition without rows is dropped',
    async run(lab) {
      await lab.publish(daily, published)
      const { partitions } = await lab.publish(daily, [row(wed, 3)], { replace: [tue, wed] })
      lab.expect(partitions.map(({ key }) => key)).toEqual([mon, wed])
    },
  },
  {
    title: 'partitions keep what they were made from, those without rows too, until they are written again',
    async run(lab) {
      const publish = async (
        name: string,
        ...[rows, request]: [typeof published, { replace?: (typeof mon)[] }?]
      ) => (await lab.stage(daily, rows, request)).publish({ ...publishing, provenance: provenanceOf(name) })
      const { id: version } = await publish('first', published)
      await publish('second', [], { replace: [mon, wed] })
      await publish('third', [row(wed, 3)], { replace: [wed] })
      const head = await (await lab.open(daily)).head()
      lab.expect(head?.whole).toEqual({ version, mixed: true, ...provenanceOf('first')() })
      lab.expect(head?.partitions.map(({ key, provenance }) => ({ key, provenance }))).toEqual([
        { key: tue, provenance: provenanceOf('first')(tue) },
        { key: wed, provenance: provenanceOf('third')(wed) },
      ])
      lab.expect(head?.empty).toEqual([{ key: mon, provenance: provenanceOf('second')(mon) }])
    },
  },
  {
    title: 'a write of all keeps which partitions it covers without rows, and what was there for the others',
    async run(lab) {
      const publish = async (
        name: string,
        ...[rows, request]: [typeof published, { replace?: (typeof mon)[] }?]
      ) =>
        (await lab.stage(daily, rows, request)).publish({
          ...publishing,
          provenance: provenanceOf(name),
          covers: { partitions: [mon, wed], others: { [name]: 'nothing' } },
        })
      await publish('first', published)
      await publish('second', [], { replace: [tue] })
      const head = await (await lab.open(daily)).head()
      lab.expect(head?.whole?.others).toEqual({ first: 'nothing' })
      lab.expect(head?.empty).toEqual([
        { key: tue, provenance: provenanceOf('second')(tue) },
        { key: wed, provenance: provenanceOf('first')(wed) },
      ])
      await publish('third', [row(wed, 3)])
      const after = await (await lab.open(daily)).head()
      lab.expect(after?.whole?.others).toEqual({ third: 'nothing' })
      lab.expect(after?.empty).toEqual([{ key: mon, provenance: provenanceOf('third')(mon) }])
    },
  },
  {
    title: 'a full write drops partitions that it does not produce',
    async run(lab) {
      await lab.publish(daily, published)
      await lab.publish(daily, [row(wed, 3)])
      lab.expect(await lab.current(daily)).toEqual([row(wed, 3)])
    },
  },
  {
    title: 'locate() finds single partitions; one that is not stored has no rows',
    async run(lab) {
      const version = await lab.publish(daily, [...published, row(wed, 3)])
      const read = async (...keys: (typeof mon)[]) =>
        lab.read(daily, await (await lab.open(daily)).locate(version, keys))
      lab.expect(await read(tue)).toEqual([published[1]])
      lab.expect(await read(mon, wed)).toEqual([published[0], row(wed, 3)])
      lab.expect(await read({ day: '1999-01-01' })).toEqual([])
      lab.expect(await read()).toEqual([])
    },
  },
  {
    title: 'the value of a partition is a value, whatever is in it',
    async run(lab) {
      const keys = [`'); drop table x; --`, '"/../=%2F', '$$ $1 \\ \u{1f41f} é', ' ', 'a\tb\nc'].map(
        (region) => ({
          ...mon,
          region,
        }),
      )
      await lab.publish(
        regional,
        keys.map((key, i) => row(key, i)),
      )
      await lab.publish(regional, [row(keys[0]!, 10)], { replace: [keys[0]!] })
      const version = await (await lab.open(regional)).head()
      for (const [i, key] of keys.entries()) {
        const location = await (await lab.open(regional)).locate(version, [key])
        lab.expect(await lab.read(regional, location)).toEqual([row(key, i === 0 ? 10 : i)])
      }
    },
  },
  {
    title: 'writes of different partitions are rebased',
    async run(lab) {
      await lab.publish(daily, published)
      const stagings = [
        await lab.stage(daily, [row(mon, 3)], { replace: [mon] }),
        await lab.stage(daily, [row(wed, 4)], { replace: [wed] }),
      ]
      const codes = await Promise.all(stagings.map((staging) => codeOf(staging.publish(publishing))))
      lab.expect(codes).toEqual(['no error', 'no error'])
      lab.expect(await lab.current(daily)).toEqual([published[1], row(mon, 3), row(wed, 4)])
    },
  },
  {
    title: 'nothing is rebased that may not be',
    async run(lab) {
      await lab.publish(daily, published)
      const staging = await lab.stage(daily, [row(mon, 3)], { replace: [mon] })
      await lab.publish(daily, [row(wed, 4)], { replace: [wed] })
      lab.expect(await codeOf(staging.publish({ ...publishing, mayRebase: false }))).toEqual('CONFLICT')
    },
  },
  {
    title: 'a partition that was replaced meanwhile is CONFLICT',
    async run(lab) {
      await lab.publish(daily, published)
      const staging = await lab.stage(daily, [row(mon, 3), row(wed, 4)], { replace: [mon, wed] })
      await lab.publish(daily, [row(wed, 5)], { replace: [wed] })
      lab.expect(await codeOf(staging.publish(publishing))).toEqual('CONFLICT')
      lab.expect(await lab.current(daily)).toEqual([...published, row(wed, 5)])
    },
  },
  {
    title: 'a partition that was dropped meanwhile is CONFLICT',
    async run(lab) {
      await lab.publish(daily, published)
      const staging = await lab.stage(daily, [row(mon, 3)], { replace: [mon] })
      await lab.publish(daily, [row(tue, 4)])
      lab.expect(await codeOf(staging.publish(publishing))).toEqual('CONFLICT')
    },
  },
  {
    title: 'two dimensions make a partition',
    async run(lab) {
      const [north, south] = [
        { ...mon, region: 'north' },
        { ...mon, region: 'south' },
      ]
      await lab.publish(regional, [row(north, 1), row(south, 2)])
      const version = await lab.publish(regional, [row(south, 3)], { replace: [south] })
      lab.expect(version.partitions.map(({ key }) => key)).toEqual([north, south])
      lab.expect(await lab.current(regional)).toEqual([row(north, 1), row(south, 3)])
    },
  },
  {
    title: 'hours of a zone are partitions, and the one that comes again is one of its own',
    async run(lab) {
      const at = (time: string, region: string, id: number) => row({ at: `2021-10-31T${time}Z`, region }, id)
      const [before, first, again, after] = [
        at('00:00:00', 'north', 1),
        at('00:59:59', 'south', 2),
        at('01:00:00', 'south', 3),
        at('02:00:00', 'south', 4),
      ]
      const version = await lab.publish(hourly, [before, first, again, after])
      const keys = version.partitions.map(({ key }) => key)
      const key = (hour: string, region: string) => ({ at: `2021-10-31T${hour}`, region })
      lab
        .expect(keys)
        .toEqual([key('01+00:00', 'south'), key('01', 'north'), key('01', 'south'), key('02', 'south')])
      const replaced = at('01:30:00', 'south', 5)
      await lab.publish(hourly, [replaced], { replace: [key('01+00:00', 'south'), key('02', 'south')] })
      lab.expect(await lab.current(hourly)).toEqual([before, first, replaced])
      const head = await (await lab.open(hourly)).head()
      const location = await (await lab.open(hourly)).locate(head, [key('01', 'south')])
      lab.expect(await lab.read(hourly, location)).toEqual([first])
    },
  },
  {
    title: 'what is stored by other partitions of the same column is neither read nor replaced by them',
    async run(lab) {
      const rows = [row({ at: '2021-10-31T00:00:00Z', region: 'north' }, 1)]
      await lab.publish(hourly, rows)
      const byDay = { ...hourly, grains: { at: { kind: 'daily', timeZone: 'Europe/Lisbon' } } } as const
      const replace = [{ at: '2021-10-31', region: 'north' }]
      lab.expect(await codeOf(lab.stage(byDay, rows, { replace }))).toEqual('STALE_SCHEMA')
      await lab.publish(byDay, rows)
      const head = await (await lab.open(byDay)).head()
      lab.expect(head?.partitions.map(({ key }) => key)).toEqual(replace)
    },
  },
  {
    title: 'any text is the value of a partition',
    async run(lab) {
      const values = [
        'a/b',
        '..',
        'x=y',
        '50 %',
        '%2F',
        "it's",
        '"q"',
        'ü→日本',
        '*[a]?',
        'a,b;c',
        ' ',
        '\\',
        '#&+:',
        'A',
        'a',
        'NULL',
      ]
      const keys = values.map((region) => ({ ...mon, region }))
      const rows = keys.map((key, i) => row(key, i))
      const version = await lab.publish(regional, rows)
      lab.expect(new Set(version.partitions.map(({ key }) => key['region']))).toEqual(new Set(values))
      lab.expect(await lab.current(regional)).toEqual(rows)
      for (const [i, key] of keys.entries()) {
        lab
          .expect(await lab.read(regional, await (await lab.open(regional)).locate(version, [key])))
          .toEqual([rows[i]])
      }
    },
  },
  {
    title: 'an asset is stored without partitions too',
    async run(lab) {
      await lab.publish(whole, [row({}, 1)])
      const version = await lab.publish(whole, [row({}, 2), row({}, 3)])
      lab.expect(version.partitions.map(({ key, rows }) => ({ key, rows }))).toEqual([{ key: {}, rows: 2 }])
      lab.expect(await lab.current(whole)).toEqual([row({}, 2), row({}, 3)])
    },
  },
]
