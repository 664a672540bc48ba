import { defaultValue, type Column, type ColumnType, type JsonValue, type Location } from '@levada/core/spi'
import type { Case } from '../runner.ts'
import { id, note } from './columns.ts'
import { failure, given, query, type EngineLab } from './lab.ts'

const rows = [
  { id: 1, note: 'one' },
  { id: 2, note: null },
]
const more: Column = { name: 'more', type: { kind: 'date' }, nullable: true }

const withDefault = (type: ColumnType, value: JsonValue): Column => ({
  ...more,
  type,
  nullable: false,
  optional: true,
  default: value,
})
const withDefaults: readonly Column[] = [
  withDefault({ kind: 'date' }, '2001-02-03'),
  withDefault({ kind: 'string' }, "it's"),
  withDefault({ kind: 'bigint' }, '9007199254740993'),
  withDefault({ kind: 'decimal', precision: 9, scale: 2 }, '1.50'),
  withDefault({ kind: 'boolean' }, true),
  withDefault({ kind: 'list', item: { type: { kind: 'int' }, nullable: false } }, [1, 2]),
]

/** The rows at places of every kind that the engine writes. */
async function* locations(lab: EngineLab): AsyncGenerator<Location> {
  for (const { target, location } of await lab.places([id, note])) {
    const t = given([id, note], rows)
    yield location(await lab.session.write(query('select * from t', { t }), [id, note], target))
  }
}

export const scanningCases: readonly Case<EngineLab>[] = [
  {
    title: 'a scan is the declared columns, and no others',
    async run(lab) {
      for await (const location of locations(lab)) {
        const t = { kind: 'scan', location, columns: [id] } as const
        lab.expect(await lab.rows(query('select * from t', { t }), [id])).toEqual([{ id: 1 }, { id: 2 }])
        lab
          .expect((await failure(lab.session.bind(query('select note from t', { t })))).code)
          .toEqual('SQL_BIND')
      }
    },
  },
  {
    title: 'a scan has the declared order, whatever the order of the files',
    async run(lab) {
      for await (const location of locations(lab)) {
        const columns = await lab.session.bind(
          query('select * from t', { t: { kind: 'scan', location, columns: [note, id] } }),
        )
        lab.expect(columns.map(({ name }) => name)).toEqual(['note', 'id'])
      }
    },
  },
  {
    title: 'an optional column that is absent is NULL',
    async run(lab) {
      for await (const location of locations(lab)) {
        const columns = [id, { ...more, optional: true }]
        const found = await lab.rows({ kind: 'scan', location, columns }, columns)
        lab.expect(found).toEqual([1, 2].map((value) => ({ id: value, more: null })))
      }
    },
  },
  {
    title: 'an optional column that is absent has its default',
    async run(lab) {
      for await (const location of locations(lab)) {
        for (const added of withDefaults) {
          const columns = [id, added]
          const found = await lab.rows({ kind: 'scan', location, columns }, columns)
          lab.expect(found).toEqual([1, 2].map((value) => ({ id: value, more: defaultValue(added) })))
        }
      }
    },
  },
  {
    title: 'a column that is absent is SOURCE_SCHEMA',
    async run(lab) {
      for await (const location of locations(lab)) {
        const columns = [id, { ...more, nullable: false }]
        lab
          .expect((await failure(lab.rows({ kind: 'scan', location, columns }, columns))).code)
          .toEqual('SOURCE_SCHEMA')
      }
    },
  },
  {
    title: 'a union is the rows of its parts',
    async run(lab) {
      const parts: Location[] = []
      for await (const location of locations(lab)) parts.push(location)
      const empty: Location = { kind: 'union', parts: [] }
      const found = await lab.rows(
        { kind: 'scan', location: { kind: 'union', parts: [empty, ...parts] }, columns: [id] },
        [id],
      )
      lab.expect(found.length).toEqual(2 * parts.length)
    },
  },
  {
    title: 'a location without files is no rows',
    async run(lab) {
      for await (const location of locations(lab)) {
        if (location.kind !== 'files') continue
        lab
          .expect(await lab.rows({ kind: 'scan', location: { ...location, uris: [] }, columns: [id] }, [id]))
          .toEqual([])
      }
    },
  },
  {
    title: 'describe() tells what stands at a location',
    async run(lab) {
      for await (const location of locations(lab)) {
        lab.expect((await lab.session.describe(location)).map(({ name }) => name)).toEqual(['id', 'note'])
      }
    },
  },
  {
    title: 'a file that is gone is DATA_MISSING',
    async run(lab) {
      for await (const location of locations(lab)) {
        if (location.kind !== 'files') continue
        const gone = { ...location, uris: location.uris.map((uri) => `${uri}.gone`) }
        lab
          .expect((await failure(lab.rows({ kind: 'scan', location: gone, columns: [id] }, [id]))).code)
          .toEqual('DATA_MISSING')
      }
    },
  },
  {
    title: 'a file that is damaged is DATA_UNREADABLE',
    async run(lab) {
      const uri = await lab.file('damaged', '{"id": 1, "not')
      for (const { target } of await lab.places([id])) {
        if (target.kind !== 'files' || target.format === 'csv') continue
        const { format, options } = target
        const t = {
          kind: 'scan',
          location: { kind: 'files', format, options, uris: [uri] },
          columns: [id],
        } as const
        lab.expect([format, (await failure(lab.rows(t, [id]))).code]).toEqual([format, 'DATA_UNREADABLE'])
      }
    },
  },
  {
    title: 'a pattern in the name of a file is not interpreted',
    async run(lab) {
      await lab.file('ab.csv', 'id\n1\n')
      const uri = await lab.file('a[b].csv', 'id\n2\n')
      const location = { kind: 'files', format: 'csv', options: {}, uris: [uri] } as const
      if (lab.engine.canScan(location))
        lab.expect(await lab.rows({ kind: 'scan', location, columns: [id] }, [id])).toEqual([{ id: 2 }])
    },
  },
]
