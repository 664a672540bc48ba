import type { Column } from '@levada/core/spi'
import * as fc from 'fast-check'
import type { Case } from '../runner.ts'
import { everyColumn, id, note, types } from './columns.ts'
import { failure, given, query, type EngineLab } from './lab.ts'
import { forEveryRows, property, valueOf } from './values.ts'

const rows = [
  { id: 1, note: 'one' },
  { id: 2, note: null },
]
const t = given([id, note], rows)

export const queryingCases: readonly Case<EngineLab>[] = [
  {
    title: 'values of every type come back as they went in',
    async run(lab) {
      const same = async (sent: Awaited<ReturnType<typeof lab.rows>>): Promise<void> => {
        lab
          .expect(await lab.rows(query('select * from t', { t: given(everyColumn, sent) }), everyColumn))
          .toEqual(sent)
      }
      await forEveryRows(same)
    },
  },
  {
    title: 'batches() holds what rows() holds',
    async run({ session, expect }) {
      const columns: unknown[][] = [[], []]
      for await (const batch of (await session.read(t, [id, note])).batches()) {
        expect(batch.columns.map((values) => values.length)).toEqual([batch.length, batch.length])
        for (const [i, values] of batch.columns.entries()) columns[i]!.push(...values)
      }
      expect(new Map(columns[0]!.map((key, r) => [key, columns[1]![r]]))).toEqual(
        new Map(rows.map((row) => [row.id, row.note])),
      )
    },
  },
  {
    title: 'special floats come back',
    async run(lab) {
      const float: Column = { name: 'x', type: { kind: 'float' }, nullable: false }
      const sent = [Infinity, -Infinity, NaN, Number.MIN_VALUE, Number.MAX_VALUE].map((x, i) => ({
        id: i,
        x,
      }))
      lab.expect(await lab.rows(given([id, float], sent), [id, float])).toEqual(sent)
    },
  },
  ...Object.entries(types).map(([name, type]): Case<EngineLab> => ({
    title: `a parameter of type ${name} has its value`,
    async run(lab) {
      const columns: readonly Column[] = [{ name: 'v', type, nullable: true }]
      const value = async (sent: unknown): Promise<void> => {
        const found = await lab.rows(
          query('select $p as v from t where id = 1', { t }, { p: { type, value: sent } }),
          columns,
        )
        lab.expect(found).toEqual([{ v: sent ?? null }])
      }
      await fc.assert(fc.asyncProperty(valueOf(type), value), property)
      await value(undefined)
    },
  })),
  {
    title: 'a parameter is not searched for in texts and comments',
    async run(lab) {
      const text = `select '$p' as note, $p + id as id -- $other\nfrom t where id = $p`
      const found = await lab.rows(query(text, { t }, { p: { type: { kind: 'int' }, value: 1 } }), [id, note])
      lab.expect(found).toEqual([{ id: 2, note: '$p' }])
    },
  },
  {
    title: 'queries read queries, and names mean what each declares',
    async run(lab) {
      const inner = query('select id + 10 as id, note from t', { t })
      const outer = query('select t.id, u.note from t join u on t.id = u.id + 10', { t: inner, u: t })
      lab.expect(await lab.rows(outer, [id, note])).toEqual([
        { id: 11, note: 'one' },
        { id: 12, note: null },
      ])
    },
  },
  {
    title: 'names of inputs and columns may be anything',
    async run(lab) {
      const odd: Column = { ...note, name: 'Se"lect %' }
      const name = lab.engine.dialect.identifier
      const inputs = { 'Order "x"': given([id, odd], [{ id: 1, 'Se"lect %': 'x' }]) }
      const text = `select id, ${name('Se"lect %')} from ${name('Order "x"')}`
      lab.expect(await lab.rows(query(text, inputs), [id, odd])).toEqual([{ id: 1, 'Se"lect %': 'x' }])
    },
  },
  {
    title: 'sessions see nothing of each other',
    async run(lab) {
      await using other = await lab.engine.open()
      await other.bind(query('select * from t', { t }))
      lab
        .expect((await failure(lab.session.bind(query('select * from t')))).code)
        .toEqual('SQL_TABLE_UNDECLARED')
    },
  },
  {
    title: 'an empty relation has its columns and no rows',
    async run(lab) {
      const empty = { kind: 'empty', columns: everyColumn } as const
      lab.expect(await lab.rows(query('select * from t', { t: empty }), everyColumn)).toEqual([])
    },
  },
  {
    title: 'literals of the dialect compare with columns, and text cannot leave them',
    async run(lab) {
      const { literal, identifier, matches } = lab.engine.dialect
      const sent = [{ id: 1, note: `it's "x" \\ $p -- y` }]
      const input = { t: given([id, note], sent) }
      const text = `select * from t where ${identifier('note')} = ${literal(sent[0]!.note, note.type)} and id = ${literal(1, id.type)}`
      lab.expect(await lab.rows(query(text, input), [id, note])).toEqual(sent)
      const found = async (pattern: string): Promise<number> =>
        (await lab.rows(query(`select * from t where ${matches('note', pattern)}`, input), [id, note])).length
      lab
        .expect([await found('^it'), await found(`t's`), await found('^x'), await found('\\$p')])
        .toEqual([1, 1, 0, 1])
    },
  },
  {
    title: 'a value that does not fit its column is VALUE_RANGE',
    async run(lab) {
      const small: Column = { name: 'n', type: { kind: 'decimal', precision: 4, scale: 1 }, nullable: true }
      const error = await failure(lab.rows(query('select id * 1000 as n from t', { t }), [small]))
      lab.expect(error.code).toEqual('VALUE_RANGE')
    },
  },
]
