import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { Column, Engine, FileFormat, Written } from '@levada/core/spi'
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

interface Write {
  readonly columns: readonly Column[]
  readonly rows: readonly Row[]
  readonly partitionBy?: readonly string[]
  readonly kinds?: readonly PlaceKind[]
}

/** Writes rows in both ways that there are, to places of every kind that the engine can write. */
async function* bothWays(
  lab: EngineLab,
  { columns, rows, partitionBy = [], kinds = [...formats, 'table'] }: Write,
): AsyncGenerator<{ place: Place; result: Written }> {
  for (const kind of kinds) {
    const place = await lab.place(kind, columns, partitionBy)
    if (!place) continue
    const t = given(columns, rows)
    yield { place, result: await lab.session.write(query('select * from t', { t }), columns, place.target) }
    const other = (await lab.place(kind, columns, partitionBy))!
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
