import { expect, test } from 'vitest'
import { project, type Project } from './project.ts'

/** One way to store what the tests change: the files of an app beside its pipeline. */
export interface Storage {
  /** The types that are stored beside each other are told by one public name, so that partitions of another type cannot be kept. */
  readonly publicName: boolean
  readonly files: (name: string) => Readonly<Record<string, string>>
  /** Looks at what is published while the old partition is there still. */
  readonly look?: (name: string, title: string) => Promise<void>
}

/** What follows `id` and `day` in the schema, and in the SELECT. */
interface Columns {
  readonly schema: string
  readonly sql: string
}

const pipeline = ({ schema, sql }: Columns): string => `
import { asset, col, daily, definePipeline, rowCount, source, sql, sqlNode, unique } from '@levada/core'
import { z } from 'zod'
const raw = source('w.raw', { schema: z.object({ id: z.int(), day: col.date() }) })
const items = asset('w.items', {
  schema: z.object({ id: z.int(), day: col.date(), ${schema} }),
  partitions: [daily('day')],
  checks: [unique('id'), rowCount({ min: 2 })],
})
const days = asset('w.days', { schema: z.object({ day: col.date(), n: z.int() }), partitions: [daily('day')] })
const stage = sqlNode('stage', { inputs: { raw }, output: items,
  sql: sql\`select id, day, ${sql} from raw where day >= $partition_start and day < $partition_end\` })
const count = sqlNode('count', { inputs: { items }, output: days, sql: sql\`select day, count(*) as n from items group by day\` })
export const wares = definePipeline('wares', { nodes: [stage, count] })
`

function app({ files }: Storage, name: string, columns: Columns): Project {
  return project({
    'wares.ts': pipeline(columns),
    'raw.csv': 'id,day\n1,2026-01-01\n2,2026-01-02\n',
    ...files(name),
  })
}

const query = 'select * exclude (day) from w.items order by id'

/** Written before, written after; what the old row holds then, or what is said of it. */
interface Case {
  readonly title: string
  readonly before: Columns
  readonly after: Columns
  /** The row of the first day, which is not written again. */
  readonly old?: object
  readonly stale?: string
  /** A column of another type cannot stand beside it under one name. */
  readonly clash?: true
  /** The row of the second day. */
  readonly fresh: object
}

const none: Columns = { schema: '', sql: '1 as unused' }
const note = "'new' as note"
/** Columns by name: what stands in the schema, and in the SELECT. */
const table = (columns: Readonly<Record<string, readonly [schema: string, sql: string]>>): Columns => ({
  schema: Object.entries(columns)
    .map(([name, [schema]]) => `${name}: ${schema}`)
    .join(', '),
  sql: Object.entries(columns)
    .map(([name, [, sql]]) => `${sql} as ${name}`)
    .join(', '),
})

const cases: readonly Case[] = [
  {
    title: 'a column that is added and nullable is NULL',
    before: none,
    after: { schema: 'note: z.string().nullable()', sql: note },
    old: { note: null },
    fresh: { note: 'new' },
  },
  {
    title: 'a column that is added has its default, whatever its type',
    before: none,
    after: {
      schema: `note: z.string().default("it's"), big: z.bigint().default(5n), price: col.decimal(9, 2).default('1.50'), since: col.date().default('2001-02-03'),
        level: z.enum(['low', 'high']).default('low'), tags: z.array(z.string()).default(['a', 'b']), extra: col.json().default({ a: [1] }), ok: z.boolean().default(true),
        at: col.instant().default('2001-02-03T04:05:06Z'), maybe: z.int().nullable().default(7)`,
      sql: `${note}, 6::bigint as big, 2.50::decimal(9, 2) as price, date '2026-01-01' as since, 'high' as level, null_list as tags, '{}'::json as extra, false as ok, timestamptz '2026-01-01 00:00:00Z' as at, null::bigint as maybe`,
    },
    old: {
      note: "it's",
      big: '5',
      price: '1.50',
      since: '2001-02-03',
      level: 'low',
      tags: ['a', 'b'],
      extra: { a: [1] },
      ok: true,
      at: '2001-02-03T04:05:06Z',
      maybe: '7',
    },
    fresh: { note: 'new', big: '6', price: '2.50', tags: [], extra: {}, ok: false, maybe: null },
  },
  {
    title: 'a field of an object that is added and nullable is NULL',
    before: table({ size: ['z.object({ w: z.int() })', `'{"w":1}'::json`] }),
    after: table({
      size: ['z.object({ h: z.int().nullable(), w: z.int() })', `'{"h":3,"w":2}'::json`],
    }),
    old: { size: { h: null, w: '1' } },
    fresh: { size: { h: '3', w: '2' } },
  },
  {
    title: 'a field of the objects of a list that is added and nullable is NULL',
    before: table({ sizes: ['z.array(z.object({ w: z.int() }))', `'[{"w":1}]'::json`] }),
    after: table({
      sizes: ['z.array(z.object({ w: z.int(), h: z.int().nullable() }))', `'[{"w":2,"h":3}]'::json`],
    }),
    old: { sizes: [{ w: '1', h: null }] },
    fresh: { sizes: [{ w: '2', h: '3' }] },
  },
  {
    title: 'a field of an object that is added and required',
    before: table({ size: ['z.object({ w: z.int() })', `'{"w":1}'::json`] }),
    after: table({ size: ['z.object({ w: z.int(), h: z.int() })', `'{"w":2,"h":3}'::json`] }),
    clash: true,
    stale: 'with size: struct<w: int>; it is read as struct<w: int, h: int>',
    fresh: { size: { w: '2', h: '3' } },
  },
  {
    title: 'a column that is added and required',
    before: none,
    after: { schema: 'note: z.string()', sql: note },
    stale: "without the column 'note'; it is read as string",
    fresh: { note: 'new' },
  },
  {
    title: 'a column that is dropped',
    before: { schema: 'note: z.string(), n: z.int()', sql: `${note}, 1 as n` },
    after: { schema: 'n: z.int()', sql: '2 as n' },
    old: { n: '1' },
    fresh: { n: '2' },
  },
  {
    title: 'types that are wider are read as such',
    before: table({
      n: ['z.int()', '1'],
      big: ['z.int()', '1'],
      at: ['col.date()', "date '2001-02-03'"],
      price: ['col.decimal(9, 2)', '1.25::decimal(9, 2)'],
      level: ["z.enum(['a'])", "'a'"],
      word: ["z.enum(['a'])", "'a'"],
      free: ['z.string()', "'a'"],
    }),
    after: table({
      n: ['z.number()', '1.5::float8'],
      big: ['z.bigint()', '2'],
      at: ['col.timestamp()', "timestamp '2001-02-03 04:05:06'"],
      price: ['col.decimal(12, 3)', '1.375::decimal(12, 3)'],
      level: ["z.enum(['a', 'b'])", "'b'"],
      word: ['z.string()', "'free'"],
      free: ['z.string().nullable()', 'null::varchar'],
    }),
    old: { n: 1, big: '1', at: '2001-02-03T00:00:00', price: '1.250', level: 'a', word: 'a', free: 'a' },
    fresh: {
      n: 1.5,
      big: '2',
      at: '2001-02-03T04:05:06',
      price: '1.375',
      level: 'b',
      word: 'free',
      free: null,
    },
  },
  {
    title: 'types that are narrower, and another unit',
    before: table({
      level: ["z.enum(['a', 'b'])", "'b'"],
      price: ['col.decimal(9, 3)', '1.125::decimal(9, 3)'],
      large: ['col.decimal(9, 2)', '1.25::decimal(9, 2)'],
      n: ['z.number()', '1.5::float8'],
      word: ['z.string().nullable()', 'null::varchar'],
      wait: ["z.int().meta({ unit: 'minutes' })", '1'],
    }),
    after: table({
      level: ["z.enum(['a'])", "'a'"],
      price: ['col.decimal(9, 2)', '1.25::decimal(9, 2)'],
      large: ['col.decimal(9, 4)', '1.25::decimal(9, 4)'],
      n: ['z.int()', '2'],
      word: ['z.string()', "'there'"],
      wait: ["z.int().meta({ unit: 'seconds' })", '60'],
    }),
    stale: [
      "with level: enum('a', 'b'); it is read as enum('a')",
      'with price: decimal(9, 3); it is read as decimal(9, 2)',
      'with large: decimal(9, 2); it is read as decimal(9, 4)',
      'with n: float; it is read as int',
      'with word: string | null; it is read as string',
      'with wait: int in minutes; it is read as int in seconds',
    ].join(', and '),
    clash: true,
    fresh: { level: 'a', price: '1.25', large: '1.2500', n: '2', word: 'there', wait: '60' },
  },
]

/** Registers a test for each change of a schema, through runs of the command. */
export function evolutionTests(storage: Storage): void {
  test.each(cases)('$title', async ({ before, after, old, stale, clash, fresh, title }) => {
    const name = `evolved_${cases.findIndex((each) => each.title === title)}`
    const columns = (each: Columns): Columns => ({ ...each, schema: each.schema || 'unused: z.int()' })
    const emptyList = storage.publicName ? 'array[]::text[]' : '[]::varchar[]'
    using made = app(storage, name, columns(before))
    expect(await made.levada('run')).toMatchObject({ code: 0, err: '' })
    made.write('wares.ts', pipeline(columns({ ...after, sql: after.sql.replace('null_list', emptyList) })))

    // One partition is written beside the old one, with the checks that look at all rows.
    const one = await made.levada('run', 'w.items', '--partition', '2026-01-02')
    const refused = clash && storage.publicName
    if (refused) {
      expect(one.err).toContain(`error STALE_SCHEMA 'w.items' (day=2026-01-01) was written ${stale}.`)
      expect(one.code).toBe(2)
    } else expect(one).toMatchObject({ code: 0, err: '' })

    await storage.look?.(name, title)
    if (stale !== undefined) {
      const read = await made.levada('query', query)
      const all = refused
        ? '(day=2026-01-01..2026-01-02, 2 of 2 partitions)'
        : '(day=2026-01-01, 1 of 2 partitions)'
      expect(read.err).toContain(`error STALE_SCHEMA 'w.items' ${all} was written ${stale}.`)
      expect(read.code).toBe(2)
      // What reads the new partition only goes on, where it could be written.
      if (!refused) expect((await made.levada('run', 'w.days', '--partition', '2026-01-02')).code).toBe(0)
      expect((await made.levada('run', 'w.days')).err).toContain('error STALE_SCHEMA')
      // The command that it names is the way out.
      const words =
        /again: levada (run \S+ --partition \S+);/.exec(refused ? one.err : read.err)?.[1]?.split(' ') ?? []
      expect(await made.levada(...words)).toMatchObject({ code: 0, err: '' })
    }
    const { out, err } = await made.levada('query', query, '--json')
    expect(err).toBe('')
    const [first, second] = JSON.parse(out) as object[]
    expect(first).toMatchObject({ id: '1', ...(old ?? fresh) })
    expect(second).toMatchObject({ id: '2', ...fresh })
    expect((await made.levada('run', 'w.days')).code).toBe(0)
  })
}
