import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { Column, Engine, FileFormat, Grain, Grains, Written } from '@levada/core/spi'
import type { Row } from '../rows.ts'
import type { Case } from '../runner.ts'
import { day, everyColumn, id, note } from './columns.ts'
import {
  failure,
  formats,
  given,
  query,
  written,
  type EngineLab,
  type FilesTarget,
  type Place,
  type PlaceKind,
} from './lab.ts'
import { forEveryRows } from './values.ts'

const days: readonly Row[] = [
  { day: '2001-03-05', id: 1, note: 'a' },
  { day: '2001-03-05', id: 2, note: null },
  { day: '2001-03-06', id: 3, note: '' },
]
const daily: readonly Column[] = [day, id, note]

/** The partition of times, by the grain of a column. */
const clocks: readonly (readonly [
  'date' | 'timestamp' | 'instant',
  Grain,
  Readonly<Record<string, string>>,
])[] = [
  ['date', { kind: 'weekly' }, { '2022-01-02': '2021-12-27', '2022-01-03': '2022-01-03' }],
  ['date', { kind: 'weekly', offset: 6 }, { '2022-01-01': '2021-12-26', '2022-01-02': '2022-01-02' }],
  ['date', { kind: 'monthly', offset: 14 }, { '2022-01-14': '2021-12', '2022-01-15': '2022-01' }],
  [
    'timestamp',
    { kind: 'hourly' },
    { '2022-01-01T05:59:59': '2022-01-01T05', '2022-01-01T06:00:00': '2022-01-01T06' },
  ],
  [
    'timestamp',
    { kind: 'daily', offset: 4 },
    { '2022-01-02T03:59:59': '2022-01-01', '2022-01-02T04:00:00': '2022-01-02' },
  ],
  ['timestamp', { kind: 'monthly' }, { '1969-12-31T23:59:59': '1969-12', '1970-01-01T00:00:00': '1970-01' }],
  [
    'instant',
    { kind: 'hourly', timeZone: 'Europe/Lisbon' },
    {
      '2021-03-28T00:59:59Z': '2021-03-28T00',
      '2021-03-28T01:00:00Z': '2021-03-28T02',
      '2021-10-31T00:59:59Z': '2021-10-31T01',
      '2021-10-31T01:00:00Z': '2021-10-31T01+00:00',
      '2021-10-31T01:59:59Z': '2021-10-31T01+00:00',
      '2021-10-31T02:00:00Z': '2021-10-31T02',
    },
  ],
  [
    'instant',
    { kind: 'hourly', timeZone: 'America/Sao_Paulo', offset: 30 },
    {
      '2017-02-19T01:29:59Z': '2017-02-18T22',
      '2017-02-19T01:30:00Z': '2017-02-18T23',
      '2017-02-19T02:30:00Z': '2017-02-18T23-03:00',
      '2017-02-19T03:30:00Z': '2017-02-19T00',
    },
  ],
  [
    'instant',
    { kind: 'daily', timeZone: 'America/New_York' },
    {
      '2021-11-07T03:59:59Z': '2021-11-06',
      '2021-11-07T04:00:00Z': '2021-11-07',
      '2021-11-08T04:59:59Z': '2021-11-07',
      '2021-11-08T05:00:00Z': '2021-11-08',
    },
  ],
  [
    'instant',
    { kind: 'weekly', timeZone: 'Asia/Kolkata' },
    { '2022-01-02T18:29:59Z': '2021-12-27', '2022-01-02T18:30:00Z': '2022-01-03' },
  ],
  [
    'instant',
    { kind: 'monthly', timeZone: 'UTC' },
    { '2022-01-31T23:59:59Z': '2022-01', '2022-02-01T00:00:00Z': '2022-02' },
  ],
]

interface Write {
  readonly columns: readonly Column[]
  readonly rows: readonly Row[]
  readonly partitionBy?: readonly string[]
  readonly grains?: Grains
  readonly kinds?: readonly PlaceKind[]
}

/** Writes rows in both ways that there are, to places of every kind that the engine can write. */
async function* bothWays(
  lab: EngineLab,
  { columns, rows, partitionBy = [], grains, kinds = [...formats, 'table'] }: Write,
): AsyncGenerator<{ place: Place; result: Written }> {
  const placed = async (kind: PlaceKind): Promise<Place | undefined> => {
    const place = await lab.place(kind, columns, partitionBy)
    return place && grains ? { ...place, target: { ...place.target, grains } as Place['target'] } : place
  }
  for (const kind of kinds) {
    const place = await placed(kind)
    if (!place) continue
    const t = given(columns, rows)
    yield { place, result: await lab.session.write(query('select * from t', { t }), columns, place.target) }
    const other = (await placed(kind))!
    const writer = await lab.session.writer(columns, other.target)
    for (const row of rows) await writer.write([row])
    yield { place: other, result: await writer.finish() }
  }
}

const readBack = (
  lab: EngineLab,
  { location }: Pick<Place, 'location'>,
  columns: readonly Column[],
  result: Pick<Written, 'files'>,
): Promise<readonly Row[]> => lab.rows({ kind: 'scan', location: location(result), columns }, columns)

const canWrite = (engine: Engine, format: FileFormat): boolean =>
  engine.canWrite({ kind: 'files', format, directory: '/', partitionBy: [], options: {} })

export const writingCases = (engine: Engine, tables: boolean): readonly Case<EngineLab>[] => [
  ...[...formats.filter((format) => canWrite(engine, format)), ...(tables ? (['table'] as const) : [])].map(
    (kind): Case<EngineLab> => ({
      title: `values of every type come back from ${kind === 'table' ? 'tables' : `${kind} files`}`,
      async run(lab) {
        const same = async (sent: readonly Row[]): Promise<void> => {
          for await (const { place, result } of bothWays(lab, {
            columns: everyColumn,
            rows: sent,
            kinds: [kind],
          })) {
            lab.expect(await readBack(lab, place, everyColumn, result)).toEqual(sent)
            const isNull = (name: string): number => sent.filter((row) => row[name] === null).length
            const told = Object.entries(result.nulls ?? {})
            lab.expect(told).toEqual(told.map(([name]) => [name, isNull(name)]))
          }
        }
        await forEveryRows(same)
      },
    }),
  ),
  {
    title: 'what was written is told by file',
    async run(lab) {
      for await (const { place, result } of bothWays(lab, { columns: daily, rows: days })) {
        lab
          .expect([result.rows, result.partitions.map(({ key, rows }) => [key, rows])])
          .toEqual([3, [[{}, 3]]])
        const { target } = place
        if (target.kind !== 'files') continue
        for (const { path, sizeBytes, partition } of result.files) {
          lab.expect([sizeBytes, partition]).toEqual([(await stat(join(target.directory, path))).size, {}])
        }
        lab.expect(result.sizeBytes).toEqual(result.files.reduce((sum, file) => sum + file.sizeBytes, 0))
      }
    },
  },
  {
    title: 'partitions are told one by one; files hold one each, with its column',
    async run(lab) {
      for await (const { place, result } of bothWays(lab, {
        columns: daily,
        rows: days,
        partitionBy: ['day'],
      })) {
        const keys = result.partitions.map(({ key, rows }) => `${key['day']} ${rows}`).toSorted()
        lab.expect(keys).toEqual(['2001-03-05 2', '2001-03-06 1'])
        if (place.kind === 'table') continue
        const files = result.files.filter(({ partition }) => partition['day'] === '2001-03-06')
        lab.expect(files.map(({ path }) => path.startsWith('day=2001-03-06/'))).toEqual([true])
        lab.expect(await readBack(lab, place, daily, { files })).toEqual(days.slice(2))
      }
    },
  },
  {
    title: 'partitions of time are those of the clock on the wall, whatever the type of the column',
    async run(lab) {
      for (const [type, grain, times] of clocks) {
        const at: Column = { name: 'at', type: { kind: type }, nullable: false }
        const columns = [at, id, note]
        const rows = Object.keys(times).map((time, i) => ({ at: time, id: i, note: null }))
        for await (const { place, result } of bothWays(lab, {
          columns,
          rows,
          partitionBy: ['at'],
          grains: { at: grain },
        })) {
          const expected = Map.groupBy(Object.values(times), (value) => value)
          lab
            .expect(Object.fromEntries(result.partitions.map(({ key, rows: n }) => [key['at'], n])))
            .toEqual(Object.fromEntries([...expected].map(([value, all]) => [value, all.length])))
          if (place.kind !== 'table') lab.expect(await readBack(lab, place, columns, result)).toEqual(rows)
        }
      }
    },
  },
  {
    title: 'no rows make no partition',
    async run(lab) {
      for await (const { result } of bothWays(lab, { columns: daily, rows: [], partitionBy: ['day'] })) {
        lab.expect([result.rows, result.files, result.partitions]).toEqual([0, [], []])
      }
    },
  },
  {
    title: 'no rows are read back as none',
    async run(lab) {
      for await (const { place, result } of bothWays(lab, { columns: daily, rows: [] })) {
        lab.expect([result.rows, await readBack(lab, place, daily, result)]).toEqual([0, []])
      }
    },
  },
  {
    title: 'the options of csv have an effect, and are read as they are written',
    async run(lab) {
      for (const options of [{}, { delimiter: ';' }, { header: false }, { nullText: '-' }]) {
        const target = await lab.target('csv', [], options)
        if (!target) return
        const result = await lab.session.write(
          query('select * from t', { t: given(daily, days) }),
          daily,
          target,
        )
        const read = (from: FilesTarget): Promise<readonly Row[]> =>
          readBack(lab, { location: (files) => written(from, files) }, daily, result)
        lab.expect(await read(target)).toEqual(days)
        const changed = Object.keys(options).length > 0
        const plain = await read({ ...target, options: {} }).catch(() => undefined)
        lab.expect(JSON.stringify(plain) !== JSON.stringify(days)).toEqual(changed)
      }
    },
  },
  ...[
    ['has a value of another type', { id: 'x', note: null, day: '2001-03-05' }],
    ['lacks a column', { note: null, day: '2001-03-05' }],
    ['has NULL where there is none', { id: null, note: null, day: '2001-03-05' }],
    ['has a column too many', { id: 1, note: null, day: '2001-03-05', more: 1 }],
  ].map(([title, row]): Case<EngineLab> => ({
    title: `writer() refuses a row that ${title as string}`,
    async run(lab) {
      for (const { target } of await lab.places(daily)) {
        const writer = await lab.session.writer(daily, target)
        const write = async (): Promise<unknown> => {
          await writer.write([row as Row])
          return writer.finish()
        }
        lab.expect((await failure(write())).code).toEqual('ROW_INVALID')
        await writer.abort()
      }
    },
  })),
]
