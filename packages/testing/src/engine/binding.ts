import { fit, type ErrorCode, type EngineCapabilities } from '@levada/core/spi'
import { codeOf, type Case } from '../runner.ts'
import { everyColumn, id, note } from './columns.ts'
import { failure, given, query, type EngineLab } from './lab.ts'

const t = { kind: 'empty', columns: [id, note] } as const

const wrong: readonly [title: string, text: string, code: ErrorCode, line: number, column: number][] = [
  ['text that is no SQL', 'select id\nfrom t where', 'SQL_SYNTAX', 11, 0],
  ['an unknown column', 'select id,\n  nope\nfrom t', 'SQL_BIND', 11, 3],
  ['an unknown function', 'select nope(id) as x\nfrom t', 'SQL_BIND', 10, 12],
  ['an ambiguous column', 'select id\nfrom t join t as u using (note)', 'SQL_BIND', 10, 12],
  ['a table that is not an input', 'select *\nfrom other', 'SQL_TABLE_UNDECLARED', 11, 6],
  [
    'such a table in a subquery',
    'select id from t\nwhere id in (select id from other)',
    'SQL_TABLE_UNDECLARED',
    11,
    29,
  ],
  ['a parameter that is not declared', 'select id\nfrom t where id = $nope', 'SQL_PARAM_UNDECLARED', 11, 19],
  ['a parameter without a name', 'select id\nfrom t where id = $1', 'SQL_PARAM_UNDECLARED', 11, 19],
  [
    'such a one beside a named one',
    'select id\nfrom t where id in ($1, $id)',
    'SQL_PARAM_UNDECLARED',
    11,
    21,
  ],
  ['the character U+0000', "select id\nfrom t where note = 'a\0b'", 'SQL_SYNTAX', 11, 23],
  ['a statement that is no SELECT', 'drop table t', 'SQL_NOT_SELECT', 10, 5],
  ['an INSERT', 'insert into t select * from t', 'SQL_NOT_SELECT', 10, 5],
  ['two statements', 'select id from t; select id from t', 'SQL_NOT_SELECT', 10, 23],
  ['no statement', '-- nothing', 'SQL_NOT_SELECT', 10, 15],
]

/** What is known of a query before it runs. */
export function bindingCases({ bindsWithoutData }: EngineCapabilities): readonly Case<EngineLab>[] {
  if (bindsWithoutData !== true) {
    return [
      {
        title: 'bindsWithoutData: denied, bind() is NOT_SUPPORTED',
        async run({ session, expect }) {
          expect(await codeOf(session.bind(query('select id from t', { t })))).toEqual('NOT_SUPPORTED')
        },
      },
    ]
  }
  return [
    {
      title: 'bind() tells the name and type of every column',
      async run({ session, expect }) {
        const found = await session.bind(
          query('select * from t', { t: { kind: 'empty', columns: everyColumn } }),
        )
        expect(found.map(({ name }) => name)).toEqual(everyColumn.map(({ name }) => name))
        const fits = found.map(({ type }, i) => [everyColumn[i]!.name, fit(type, everyColumn[i]!.type)])
        expect(fits).toEqual(
          fits.map(([name, found]) => [
            name,
            // An engine without such a type keeps them as text or JSON.
            ['enum', 'json', 'struct', 'nested'].includes(name!.slice(2)) && found === 'checked'
              ? 'checked'
              : 'equal',
          ]),
        )
      },
    },
    {
      title: 'bind() runs nothing',
      async run({ session, expect }) {
        const text = 'select count(*) as n from t a, t b, t c, t d where a.id + b.id + c.id + d.id < 0'
        const big = given(
          [id],
          Array.from({ length: 5000 }, (_, i) => ({ id: i })),
        )
        expect((await session.bind(query(text, { t: big }))).map(({ name }) => name)).toEqual(['n'])
      },
    },
    ...wrong.map(([title, text, code, line, column]): Case<EngineLab> => ({
      title: `bind() refuses ${title} with its place`,
      async run({ session, expect }) {
        const error = await failure(session.bind(query(text, { t }, { id: { type: id.type, value: 1 } })))
        expect({ code: error.code, file: error.place?.file, line: error.place?.line }).toEqual({
          code,
          file: 'node.sql',
          line,
        })
        if (column > 0) expect(error.place?.column ?? column).toEqual(column)
      },
    })),
    {
      title: 'bind() of a reserved word as a name is SQL_SYNTAX, and says how to quote it',
      async run({ session, expect }) {
        for (const word of ['end', 'order', 'table']) {
          const error = await failure(session.bind(query(`select id\nfrom t where ${word} > 1`, { t })))
          expect(error.code).toEqual('SQL_SYNTAX')
          expect(error.hint.slice(0, error.hint.indexOf(';'))).toEqual(
            `'${word}' is a reserved word: as the name of a column or a table, write it in quotes, "${word}"`,
          )
        }
      },
    },
    {
      title: 'tableNames() tells what a SELECT reads, without its own CTEs',
      async run({ session, expect }) {
        const text = `with own as (select * from a), b as (select 1 as x)\nselect 'from no' as y from own join "C d" using (x), b, (select * from a) -- from e`
        const { sql } = query(text)
        expect((await session.tableNames(sql)).toSorted()).toEqual(['C d', 'a'])
        expect((await failure(session.tableNames({ ...sql, text: 'select from (' }))).code).toEqual(
          'SQL_SYNTAX',
        )
        expect((await failure(session.tableNames({ ...sql, text: 'drop table a' }))).code).toEqual(
          'SQL_NOT_SELECT',
        )
      },
    },
  ]
}
