import type { Expectation, Mutated, Mutator, Where } from '../case.ts'
import { positionOf } from '../place.ts'
import { projectFiles } from '../project-files.ts'
import { sqlFiles } from '../project.ts'
import type { Random } from '../random.ts'
import { typo } from '../typo.ts'
import { tokensOf, writeSql, type Token } from './write.ts'

/** What each file's query fills, its table, and columns that stand alone in it. */
const queries = {
  orders: {
    target: 'sales.orders',
    table: 'raw',
    columns: ['id', 'customer', 'amount', 'weight', 'note'],
    result: ['id', 'customer', 'amount', 'weight', 'note'],
  },
  customers: {
    target: 'sales.customers',
    table: 'raw',
    columns: ['name', 'city', 'age', 'score'],
    result: ['name', 'city', 'age', 'score'],
  },
  stores: {
    target: 'shops.stores',
    table: 'raw',
    columns: ['code', 'staff', 'area', 'opened'],
    result: ['code', 'staff', 'area', 'opened'],
  },
  prices: {
    target: 'shops.prices',
    table: 'raw',
    columns: ['sku', 'label', 'price'],
    result: ['sku', 'label'],
  },
  large: { target: 'sales.totals', table: 'orders', columns: ['id', 'customer', 'amount'], result: [] },
  totals: { target: 'sales.totals', table: 'large', columns: ['place'], result: [] },
} as const
type Name = keyof typeof queries
const names = Object.keys(queries) as Name[]

class Draft {
  readonly name: Name
  readonly random: Random
  tokens: Token[]
  #extra = ''
  #written: ReturnType<typeof writeSql> | undefined

  constructor(name: Name, random: Random) {
    this.name = name
    this.random = random
    this.tokens = tokensOf(sqlFiles[name]!)
  }
  get file(): string {
    return `sql/${this.name}.sql`
  }
  written(): ReturnType<typeof writeSql> {
    this.#written ??= writeSql(this.tokens, this.random)
    return this.#written
  }
  /** Appends a text to what is written, and tells its offset. */
  append(text: string): number {
    const at = this.text().length
    this.#extra += text
    return at
  }
  text = (): string => this.written().text + this.#extra
  at = (offset: number): Where => ({ file: this.file, ...positionOf(this.text(), offset) })
  token = (index: number): Where => this.at(this.written().at[index]!)
  /** The place of the first word. */
  start = (): Where => this.token(0)
  done(done: string, expect: Expectation, text = this.text()): Mutated {
    return {
      files: { ...projectFiles(), [this.file]: text },
      done,
      expect,
      env: 'dev',
      target: queries[this.name].target,
    }
  }
}
/** What a typo must not become. */
const reserved = [
  'day',
  'note',
  'code',
  'city',
  'order',
  'id',
  'in',
  'is',
  'if',
  'it',
  'no',
  'not',
  'as',
  'do',
  'row',
  'raw',
  'range',
]
const same: Expectation = { kind: 'same' }
const fails = (
  codes: string | readonly string[],
  where: Where | readonly Where[],
  says: readonly string[] = [],
): Expectation => ({
  kind: 'error',
  error: { codes: [codes].flat(), where: [where].flat(), says },
})

/** Where a column stands by itself: not behind a dot or AS, and no name of something else. */
function columnUses(tokens: readonly Token[], columns: readonly string[]): number[] {
  return tokens.flatMap((each, i) => {
    const before = tokens[i - 1]?.toLowerCase()
    return columns.includes(each) &&
      before !== '.' &&
      before !== 'as' &&
      tokens[i + 1] !== '.' &&
      tokens[i + 1] !== '('
      ? [i]
      : []
  })
}
/** Tokens in no parentheses. */
function topLevel(tokens: readonly Token[]): number[] {
  let depth = 0
  return tokens.flatMap((each, i) => {
    const here = depth
    if (each === '(') depth++
    if (each === ')') depth--
    return here === 0 ? [i] : []
  })
}
const anyName = (random: Random): Name => random.pick(names)
const filled = (random: Random): Name => random.pick(['orders', 'customers', 'stores', 'prices'] as const)

type Make = (random: Random) => Mutated
const mutators: Record<string, readonly [number, Make]> = {
  'nothing at all': [
    1,
    (random) => {
      const name = anyName(random)
      const draft = new Draft(name, random)
      return draft.done('nothing', same, `${sqlFiles[name]!}\n`)
    },
  ],
  'white space, comments, capitals': [
    8,
    (random) => new Draft(anyName(random), random).done('written in another way', same),
  ],
  'byte order mark': [
    1,
    (random) => {
      const draft = new Draft(anyName(random), random)
      return draft.done('a byte order mark', same, `\ufeff${draft.text()}`)
    },
  ],
  CRLF: [
    2,
    (random) => {
      const draft = new Draft(anyName(random), random)
      return draft.done('CRLF', same, draft.text().replaceAll('\n', '\r\n'))
    },
  ],
  'strings that look like something': [
    4,
    (random) => {
      const draft = new Draft('stores', random)
      const text = random.pick([
        "'$nobody'",
        "'; drop table x'",
        "'it''s -- no comment'",
        "'/*'",
        "'\"'",
        "'?'",
        "'日本 $1'",
        '$$a $b$$',
        "$t$ '; $t$",
        "e'\\''",
      ])
      draft.tokens.push('and', text, '<>', "'nothing'")
      return draft.done(text, same)
    },
  ],
  'quoted names': [
    2,
    (random) => {
      const draft = new Draft(filled(random), random)
      const { table } = queries[draft.name]
      draft.tokens = draft.tokens.map((each) => (each === table ? `"${table}"` : each))
      return draft.done('a table in quotes', same)
    },
  ],
  'unknown column': [
    10,
    (random) => {
      const draft = new Draft(anyName(random), random)
      const { columns } = queries[draft.name]
      const index = random.pick(columnUses(draft.tokens, columns))
      const meant = draft.tokens[index]!
      const wrong = typo(meant, random, reserved)
      draft.tokens[index] = wrong
      return draft.done(
        `the column ${wrong} for ${meant}`,
        fails('SQL_BIND', draft.token(index), [
          wrong,
          ...(meant.length > 3 && draft.name !== 'totals' ? [`'${meant}'`] : []),
        ]),
      )
    },
  ],
  'unknown column of a table': [
    4,
    (random) => {
      const draft = new Draft('totals', random)
      const index = random.pick(draft.tokens.flatMap((each, i) => (each === '.' ? [i + 1] : [])))
      const wrong = `${draft.tokens[index]!}x`
      draft.tokens[index] = wrong
      const { at } = draft.written()
      const [from, to] = [draft.at(at[index - 2]!), draft.at(at[index]!)]
      return draft.done(`the column ${wrong}`, fails('SQL_BIND', [from, to], [wrong]))
    },
  ],
  'unknown function': [
    4,
    (random) => {
      const draft = new Draft(filled(random), random)
      const { result } = queries[draft.name]
      const meant = random.pick(result)
      const index = columnUses(draft.tokens, [meant])[0]!
      draft.tokens.splice(index, 1, 'cosalesce', '(', meant, ')', 'as', meant)
      return draft.done('the function cosalesce', fails('SQL_BIND', draft.token(index), ['cosalesce']))
    },
  ],
  'unknown table': [
    6,
    (random) => {
      const draft = new Draft(anyName(random), random)
      const { table } = queries[draft.name]
      const index = draft.tokens.findIndex((each, i) => each === table && draft.tokens[i - 1] === 'from')
      const wrong = typo(table, random, reserved)
      draft.tokens[index] = wrong
      return draft.done(
        `the table ${wrong}`,
        fails('SQL_TABLE_UNDECLARED', draft.token(index), [wrong, `'${table}'`]),
      )
    },
  ],
  'table that is none of the inputs': [
    3,
    (random) => {
      const draft = new Draft(filled(random), random)
      const index = draft.tokens.findIndex((each, i) => each === 'raw' && draft.tokens[i - 1] === 'from')
      const wrong = random.pick([
        "read_csv('/etc/passwd')",
        "read_text('landing/orders.csv')",
        'duckdb_settings()',
        'information_schema.tables',
        "'landing/orders.csv'",
        'sales.orders',
        'pragma_version()',
      ])
      draft.tokens[index] = wrong
      return draft.done(wrong, fails('SQL_TABLE_UNDECLARED', draft.token(index)))
    },
  ],
  'param misspelt': [
    3,
    (random) => {
      const draft = new Draft(random.pick(['large', 'totals', 'prices', 'orders'] as const), random)
      const index = random.pick(draft.tokens.flatMap((each, i) => (each.startsWith('$') ? [i] : [])))
      const meant = draft.tokens[index]!.slice(1)
      const wrong = typo(meant, random, ['partition_start_day', 'partition_end_day'])
      draft.tokens[index] = `$${wrong}`
      return draft.done(
        `$${wrong} for $${meant}`,
        fails('SQL_PARAM_UNDECLARED', draft.token(index), [`'${wrong}'`, `'${meant}'`]),
      )
    },
  ],
  'undeclared param': [
    6,
    (random) => {
      const draft = new Draft(random.pick(names.filter((name) => name !== 'totals')), random)
      const index = columnUses(draft.tokens, queries[draft.name].columns)[0]!
      const wrong = random.pick(['nothing', 'partitionstart', 'N0', '_'])
      draft.tokens.splice(
        index,
        1,
        'coalesce',
        '(',
        draft.tokens[index]!,
        ',',
        `$${wrong}`,
        ')',
        'as',
        draft.tokens[index]!,
      )
      return draft.done(`$${wrong}`, fails('SQL_PARAM_UNDECLARED', draft.token(index + 4), [`'${wrong}'`]))
    },
  ],
  'param without a name': [
    2,
    (random) => {
      const draft = new Draft(filled(random), random)
      const index = columnUses(draft.tokens, queries[draft.name].result)[0]!
      const wrong = random.pick(['?', '$1'])
      draft.tokens.splice(
        index,
        1,
        'coalesce',
        '(',
        draft.tokens[index]!,
        ',',
        wrong,
        ')',
        'as',
        draft.tokens[index]!,
      )
      return draft.done(wrong, fails('SQL_PARAM_UNDECLARED', draft.token(index + 4)))
    },
  ],
  'stray token': [
    10,
    (random) => {
      const draft = new Draft(anyName(random), random)
      const index = random.pick(topLevel(draft.tokens))
      draft.tokens.splice(index, 0, ')')
      return draft.done('a parenthesis too many', fails('SQL_SYNTAX', draft.token(index)))
    },
  ],
  'word twice': [
    5,
    (random) => {
      const draft = new Draft(anyName(random), random)
      const index = random.pick(
        draft.tokens.flatMap((each, i) =>
          ['from', 'select', 'where', 'group', 'order', 'limit', 'on'].includes(each) ? [i] : [],
        ),
      )
      draft.tokens.splice(index, 0, draft.tokens[index]!)
      return draft.done(`${draft.tokens[index]!} twice`, fails('SQL_SYNTAX', draft.token(index + 1)))
    },
  ],
  'quote not closed': [
    3,
    (random) => {
      const draft = new Draft(anyName(random), random)
      draft.written()
      const before = draft.text().replace(/[\s;]*$|; -- the end$/, '')
      const quote = random.pick(["'open", '"open', '/* open'])
      const text = `${before}\n${quote}`
      const { line, column } = positionOf(text, before.length + 1)
      return draft.done(quote, fails('SQL_SYNTAX', { file: draft.file, line, column }), text)
    },
  ],
  'cut off': [
    3,
    (random) => {
      const draft = new Draft(filled(random), random)
      draft.tokens = draft.tokens.slice(0, draft.tokens.indexOf('from') + 1)
      const text = draft.text()
      const { line } = positionOf(text, text.length)
      return draft.done(
        'nothing behind FROM',
        fails('SQL_SYNTAX', {
          file: draft.file,
          line: [positionOf(text, draft.written().at.at(-1)!).line, line],
        }),
      )
    },
  ],
  'second statement': [
    5,
    (random) => {
      const draft = new Draft(anyName(random), random)
      draft.written()
      const gap = random.pick(['\n;\n', '\n; ', '\n;\n\n-- and\n'])
      const second = random.pick([
        'select 1',
        'drop table raw',
        'with x as (select 1) select * from x',
        "copy raw to 'x'",
      ])
      const at = draft.append(gap + second) + gap.length
      return draft.done(`; ${second}`, fails('SQL_NOT_SELECT', draft.at(at)))
    },
  ],
  'no SELECT': [
    4,
    (random) => {
      const draft = new Draft(anyName(random), random)
      draft.tokens = tokensOf(
        random.pick([
          'insert into raw values (1)',
          'drop table raw',
          'create table x as select 1',
          "copy raw to 'x.csv'",
          'delete from raw',
          'update raw set id = 1',
          'pragma version',
          'set threads = 1',
          "attach 'x'",
          'install httpfs',
          'explain select 1',
          'call pragma_version()',
          'checkpoint',
          'show tables',
          'describe raw',
          'vacuum',
        ]),
      )
      return draft.done(draft.tokens.join(' '), fails('SQL_NOT_SELECT', draft.start()))
    },
  ],
  'no text': [
    1,
    (random) => {
      const draft = new Draft(anyName(random), random)
      return draft.done(
        'no text',
        fails('SQL_NOT_SELECT', { file: draft.file }),
        random.pick(['', '\n', '-- nothing\n', '/* */', ';']),
      )
    },
  ],
  'no file': [
    1,
    (random) => {
      const draft = new Draft(anyName(random), random)
      const { files, ...rest } = draft.done('no file', fails('SQL_FILE_MISSING', { file: draft.file }))
      return {
        ...rest,
        files: Object.fromEntries(Object.entries(files).filter(([file]) => file !== draft.file)),
      }
    },
  ],
  'ambiguous column': [
    4,
    (random) => {
      const draft = new Draft(random.pick(['customers', 'orders', 'prices'] as const), random)
      const { columns } = queries[draft.name]
      const index = draft.tokens.indexOf('raw')
      draft.tokens.splice(index, 1, 'raw', 'as', 'a', ',', 'raw', 'as', 'b')
      const first = columnUses(draft.tokens, columns)[0]!
      return draft.done('a table twice', fails('SQL_BIND', draft.token(first), ['mbiguous']))
    },
  ],
  'column missing in the result': [
    5,
    (random) => {
      const draft = new Draft(filled(random), random)
      const { result } = queries[draft.name]
      const gone = random.pick(result)
      const index = columnUses(draft.tokens, [gone])[0]!
      const last = draft.tokens[index + 1] === 'from'
      draft.tokens.splice(last ? index - 1 : index, 2)
      return draft.done(`${gone} is not selected`, fails('SQL_RESULT', draft.start(), [`'${gone}'`]))
    },
  ],
  'column too many in the result': [
    4,
    (random) => {
      const draft = new Draft(filled(random), random)
      const index = draft.tokens.indexOf('from')
      draft.tokens.splice(index, 0, ',', '1', 'as', 'more')
      return draft.done('1 as more', fails('SQL_RESULT', draft.start(), ["'more'"]))
    },
  ],
  'column twice in the result': [
    2,
    (random) => {
      const draft = new Draft(filled(random), random)
      const again = random.pick(queries[draft.name].result)
      const index = draft.tokens.indexOf('from')
      draft.tokens.splice(index, 0, ',', random.pick([again, again, again.toUpperCase()]))
      return draft.done(`${again} twice`, fails('SQL_RESULT', draft.start(), [`'${again}'`]))
    },
  ],
  'column of another type in the result': [
    5,
    (random) => {
      const [name, column, wrong] = random.pick([
        ['orders', 'id', "'x'"],
        ['customers', 'age', "'x'"],
        ['customers', 'name', '1'],
        ['stores', 'staff', "'x'"],
        ['stores', 'opened', "'x'"],
        ['prices', 'label', '1.5'],
        ['prices', 'sku', "date '2026-01-01'"],
        ['orders', 'note', '[1]'],
      ] as const)
      const draft = new Draft(name, random)
      const index = columnUses(draft.tokens, [column])[0]!
      draft.tokens.splice(index, 1, wrong, 'as', column)
      return draft.done(`${wrong} as ${column}`, fails('SQL_RESULT', draft.start(), [column]))
    },
  ],
}

export const sqlMutators: readonly Mutator[] = Object.entries(mutators).map(([name, [weight, mutate]]) => ({
  name: `sql: ${name}`,
  weight,
  mutate,
}))
