import type { Expectation, Mutated, Mutator, Where } from './case.ts'
import { projectFiles } from './project-files.ts'
import type { Random } from './random.ts'
import { typo } from './typo.ts'

/** A command line in parts: the words of the command, and options with or without a value. */
interface Line {
  readonly words: readonly string[]
  readonly options: readonly (readonly [name: string, value?: string])[]
}

const lines = {
  list: { words: ['list', 'assets'], options: [['--env', 'dev'], ['--json']] },
  pipelines: { words: ['list', 'pipelines'], options: [['--env', 'prod']] },
  show: {
    words: ['show', 'sales.orders'],
    options: [['--limit', '2'], ['--partition', '2026-01-02'], ['--json']],
  },
  files: {
    words: ['show', 'shops.prices'],
    options: [
      ['--limit', '0'],
      ['--env', 'dev'],
    ],
  },
  plan: {
    words: ['plan', '+sales.totals'],
    options: [['--param', 'sales.top=7'], ['--param', 'sales.nobody=x y'], ['--sql'], ['--env', 'dev']],
  },
  job: {
    words: ['plan'],
    options: [['--job', 'nightly'], ['--tags', 'nightly'], ['--assets', 'shops.stores'], ['--json']],
  },
  partition: {
    words: ['plan', 'sales.orders'],
    options: [['--partition', '2026-01-01'], ['--param', 'shops.factor=2.5'], ['--json']],
  },
  explain: { words: ['explain', 'catalog.sales.orders.path'], options: [['--env', 'staging'], ['--json']] },
  code: { words: ['explain', 'STALE_SCHEMA'], options: [['--json']] },
  catalog: { words: ['catalog', 'list'], options: [['--env', 'prod'], ['--json']] },
  query: {
    words: ['query', 'select code, staff from shops.stores order by code'],
    options: [['--env', 'dev'], ['--json']],
  },
  run: {
    words: ['run', 'shops.stores'],
    options: [
      ['--runner', 'sequential'],
      ['--env', 'dev'],
    ],
  },
} as const satisfies Record<string, Line>
type Name = keyof typeof lines
const line = (name: Name): Line => lines[name]
const names = Object.keys(lines) as Name[]

/** The words in their usual order, without the app. */
const usual = ({ words, options }: Line): string[] => [
  ...words,
  ...options.flatMap(([name, value]) => (value === undefined ? [name] : [name, value])),
]

/** The same line in another order: options before, between and behind the words, with = or without. */
function permuted({ words, options }: Line, random: Random): string[] {
  const [command, ...rest] = words
  const parts: string[][] = options.map(([name, value]) =>
    value === undefined ? [name] : random.chance(0.4) ? [`${name}=${value}`] : [name, value],
  )
  const sub = command === 'catalog' ? [command, rest.shift()!] : [command!]
  // Words keep their order, options may stand anywhere behind the command.
  const places = random.shuffle(parts)
  const out: string[][] = rest.map((word) => [word])
  for (const part of places) out.splice(random.int(out.length + 1), 0, part)
  return [...sub, ...out.flat()]
}

const made = (args: readonly string[], done: string, expect: Expectation, like?: Line): Mutated => ({
  files: projectFiles(),
  args,
  done,
  expect,
  ...(like && { likeArgs: usual(like) }),
})
const fails = (
  codes: string | readonly string[],
  says: readonly string[],
  where: readonly Where[] = [],
): Expectation => ({
  kind: 'error',
  error: { codes: [codes].flat(), where, says },
})
/** The line with an option's value replaced. */
const withOption = ({ words, options }: Line, name: string, value: string): Line => ({
  words,
  options: [...options.filter(([each]) => each !== name), [name, value]],
})
const withWord = ({ words, options }: Line, index: number, word: string): Line => ({
  words: words.with(index, word),
  options,
})

const hostile = ['__proto__', 'constructor', 'toString', 'hasOwnProperty', 'valueOf']
const assets = ['sales.orders', 'sales.customers', 'sales.totals', 'shops.stores', 'shops.prices']

type Make = (random: Random) => Mutated
const wrongLine = (random: Random, wrong: Line, expect: Expectation): Mutated => {
  const args = permuted(wrong, random)
  return made(args, args.join(' '), expect)
}

const mutators: Record<string, readonly [number, Make]> = {
  'options in another order': [
    14,
    (random) => {
      const one = line(random.pick(names))
      const args = permuted(one, random)
      return made(args, args.join(' '), { kind: 'same' }, one)
    },
  ],
  'unknown command': [
    5,
    (random) => {
      const meant = random.pick([
        'list',
        'show',
        'plan',
        'check',
        'explain',
        'catalog',
        'query',
        'run',
        'generate',
        'doctor',
      ])
      const wrong = random.pick([typo(meant, random), ...hostile])
      return made([wrong], wrong, fails('USAGE', [wrong]))
    },
  ],
  'unknown option': [
    6,
    (random) => {
      const one = line(random.pick(names))
      const [meant] = random.pick(one.options)
      const wrong = typo(meant.slice(2), random)
      return wrongLine(
        random,
        { ...one, options: [...one.options.filter(([name]) => name !== meant), [`--${wrong}`]] },
        fails('USAGE', [`--${wrong}`]),
      )
    },
  ],
  'word missing': [
    2,
    (random) => {
      const name = random.pick(['show', 'explain', 'query'] as const)
      const { words, options } = line(name)
      return wrongLine(
        random,
        { words: words.slice(0, 1), options },
        fails('USAGE', [words[0] === 'show' ? 'asset' : words[0] === 'query' ? 'sql' : 'what']),
      )
    },
  ],
  'word too many': [
    3,
    (random) => {
      const one = line(random.pick(['show', 'plan', 'code', 'query', 'run'] as const))
      // Several words of a selection add up.
      const selects = ['plan', 'run'].includes(one.words[0]!)
      return wrongLine(
        random,
        { ...one, words: [...one.words, 'more'] },
        selects ? fails('SELECTION_UNKNOWN', ["'more'"]) : fails('USAGE', [one.words[0]!]),
      )
    },
  ],
  'value missing': [
    3,
    (random) => {
      const one = line(
        random.pick(names.filter((name) => line(name).options.some(([, value]) => value !== undefined))),
      )
      const [option] = random.pick(one.options.filter(([, value]) => value !== undefined))
      const rest = one.options.filter(([name]) => name !== option)
      return made(
        [...usual({ ...one, options: rest }), option],
        `${option} without a value`,
        fails('USAGE', [option]),
      )
    },
  ],
  'unknown environment': [
    4,
    (random) => {
      const meant = random.pick(['prod', 'staging'])
      const wrong = random.pick([typo(meant, random), '..', '../prod', 'base', 'local', '', ...hostile])
      const one = line(random.pick(['list', 'show', 'plan', 'catalog', 'query', 'run'] as const))
      return wrongLine(random, withOption(one, '--env', wrong), fails('ENV_UNKNOWN', [`'${wrong}'`]))
    },
  ],
  'no app': [
    1,
    (random) => {
      const args = [...usual(line(random.pick(['list', 'plan', 'catalog'] as const))), '--app', '/']
      return made(args, args.join(' '), fails('APP_NOT_FOUND', ['levada.config.ts']))
    },
  ],
  'unknown selection': [
    5,
    (random) => {
      const meant = random.pick(assets)
      const wrong = random.pick([typo(meant, random), 'nothing', 'sales', ...hostile])
      const one = withWord(
        line(random.pick(['run', 'plan'] as const)),
        1,
        random.pick(['', '+']) + wrong + random.pick(['', '+']),
      )
      return wrongLine(random, one, fails('SELECTION_UNKNOWN', [`'${wrong}'`]))
    },
  ],
  'unknown pipeline or job': [
    3,
    (random) => {
      const wrong = random.pick([typo('shops', random), 'none', 'constructor', 'toString'])
      if (random.chance(0.5))
        return wrongLine(
          random,
          withWord(line('run'), 1, `pipeline:${wrong}`),
          fails('SELECTION_UNKNOWN', [`'${wrong}'`]),
        )
      return wrongLine(
        random,
        withOption(line('job'), '--job', wrong),
        fails('SELECTION_UNKNOWN', [`'${wrong}'`]),
      )
    },
  ],
  'selection that is none': [
    4,
    (random) => {
      const wrong = random.pick([
        '++sales.orders',
        'sales.orders,,shops.stores',
        'tag:',
        'sales.orders, shops.stores',
        '',
        '+',
        '2sales.orders',
        '@sales.orders+',
        'sales.orders+x',
        'from:sales.orders+',
        'state:chnaged',
        'owner:"a',
        '$x',
        "sales.orders'",
        'x:y',
        'sales.orders;',
        '日本',
      ])
      return wrongLine(
        random,
        withWord(line(random.pick(['run', 'plan'] as const)), 1, wrong),
        fails('SELECTION_SYNTAX', []),
      )
    },
  ],
  'unknown asset': [
    4,
    (random) => {
      const wrong = random.pick([typo(random.pick(assets), random), 'x', '', '*', ...hostile])
      return wrongLine(
        random,
        { words: ['show', wrong], options: [['--json']] },
        fails('ASSET_UNKNOWN', [`'${wrong}'`]),
      )
    },
  ],
  'partition that is none': [
    5,
    (random) => {
      const wrong = random.pick([
        '2026-13-01',
        '2026-02-30',
        'yesterday',
        'dya=2026-01-01',
        'day=',
        '',
        '2026-1-1',
        '2026-01-01T00:00',
        '20260101',
        'day=2026-01-01,day=x',
        '=',
        '..',
      ])
      return wrongLine(
        random,
        withOption(line(random.pick(['show', 'partition'] as const)), '--partition', wrong),
        fails('PARTITION_UNKNOWN', []),
      )
    },
  ],
  'partition of what has none': [
    1,
    (random) =>
      wrongLine(
        random,
        { words: [random.pick(['show', 'plan']), 'shops.stores'], options: [['--partition', '2026-01-01']] },
        fails('PARTITION_UNKNOWN', ['partitioned']),
      ),
  ],
  'unknown param': [
    4,
    (random) => {
      const wrong = random.pick([typo('at_least', random), typo('nobody', random), ...hostile])
      return wrongLine(
        random,
        withOption(line('plan'), '--param', `sales.${wrong}=1`),
        fails('PARAM_UNKNOWN', [`'${wrong}'`]),
      )
    },
  ],
  'param of no pipeline': [
    2,
    (random) => {
      const wrong = random.pick([typo('sales', random), 'constructor'])
      return wrongLine(
        random,
        withOption(line('plan'), '--param', `${wrong}.top=1`),
        fails('PARAM_UNKNOWN', [`'${wrong}'`]),
      )
    },
  ],
  'param of a wrong type': [
    4,
    (random) => {
      const [name, wrong] = random.pick([
        ['sales.top', ['x', '1.5', '0', '', 'true', '1e99']],
        ['sales.at_least', ['x', '1,5', '', 'NaN', 'Infinity', '0x1']],
        ['shops.round', ['yes', '1', '', 'TRUE']],
      ] as const)
      const value = random.pick(wrong as readonly string[])
      return wrongLine(
        random,
        withOption(line('plan'), '--param', `${name}=${value}`),
        fails('PARAM_INVALID', [name]),
      )
    },
  ],
  'param that is none': [
    3,
    (random) => {
      const wrong = random.pick([
        'top',
        'top=1',
        'sales.top',
        'sales=1',
        '=1',
        '',
        'sales.=1',
        '.top=1',
        'Sales.top=1',
      ])
      return wrongLine(random, withOption(line('plan'), '--param', wrong), fails('USAGE', ['--param']))
    },
  ],
  'value that is none': [
    4,
    (random) => {
      const [name, option, wrong] = random.pick([
        ['show', '--limit', ['x', '-1', '1.5', '1e99', 'NaN', '', ' ']],
        ['run', '--runner', ['parallel', 'Sequential', '', 'constructor']],
      ] as const)
      return wrongLine(
        random,
        withOption(line(name), option, random.pick(wrong as readonly string[])),
        fails('USAGE', [option === '--limit' ? '--limit' : 'runner']),
      )
    },
  ],
  'unknown kind of list': [
    3,
    (random) => {
      const wrong = random.pick([typo('assets', random), typo('pipelines', random), 'all', '', ...hostile])
      return wrongLine(random, withWord(line('list'), 1, wrong), fails('USAGE', [`'${wrong}'`]))
    },
  ],
  'explain what is not there': [
    4,
    (random) => {
      const wrong = random.pick([
        typo('STALE_SCHEMA', random).toUpperCase(),
        'catalog.none',
        'catalog',
        'globals.none.x',
        'x',
        '',
        '.',
        ...hostile,
      ])
      if (wrong === 'catalog')
        return made(
          ['explain', 'globals.text'],
          'a value',
          { kind: 'same' },
          { words: ['explain', 'globals.text'], options: [] },
        )
      return wrongLine(random, { words: ['explain', wrong], options: [['--json']] }, fails('USAGE', [wrong]))
    },
  ],
  'query of an unknown table': [
    3,
    (random) => {
      const before = random.pick([
        'select 1 from ',
        'select *\nfrom ',
        'with x as (select 1)\n  select * from ',
      ])
      const wrong = typo('shops.stores', random, ['shopsstores'])
      const where = positionIn(before)
      return wrongLine(
        random,
        withWord(line('query'), 1, before + wrong),
        fails('ASSET_UNKNOWN', [wrong], [{ file: 'query', ...where }]),
      )
    },
  ],
  'query of an unknown column': [
    3,
    (random) => {
      const before = random.pick(['select ', 'select staff,\n  ', '/* x */\nselect '])
      const wrong = random.pick(['cide', 'stff', 'nothing'])
      return wrongLine(
        random,
        withWord(line('query'), 1, `${before}${wrong} from shops.stores`),
        fails('SQL_BIND', [wrong], [{ file: 'query', ...positionIn(before) }]),
      )
    },
  ],
  'query with a stray token': [
    3,
    (random) => {
      const before = random.pick(['', 'select 1 ', 'select *\nfrom shops.stores ', 'select 日本 '])
      return wrongLine(
        random,
        withWord(line('query'), 1, `${before})`),
        fails('SQL_SYNTAX', [], [{ file: 'query', ...positionIn(before) }]),
      )
    },
  ],
  'query that is no SELECT': [
    3,
    (random) => {
      const wrong = random.pick([
        'drop table x',
        "copy (select 1) to 'x'",
        '',
        ' ',
        'set threads = 1',
        "attach 'x' as y",
        'insert into shops.stores values (1)',
        'pragma version',
        ';',
      ])
      return wrongLine(
        random,
        withWord(line('query'), 1, wrong),
        fails('SQL_NOT_SELECT', [], [{ file: 'query' }]),
      )
    },
  ],
  'query that reads something else': [
    2,
    (random) => {
      const wrong = random.pick([
        "read_text('/etc/passwd')",
        "'/etc/passwd'",
        'duckdb_settings()',
        "read_csv('x')",
      ])
      return wrongLine(
        random,
        withWord(line('query'), 1, `select * from ${wrong}`),
        fails(['SQL_TABLE_UNDECLARED', 'ASSET_UNKNOWN'], [], [{ file: 'query', line: 1, column: [15, 16] }]),
      )
    },
  ],
}

const positionIn = (before: string): { line: number; column: number } => {
  const rows = before.split('\n')
  return { line: rows.length, column: rows.at(-1)!.length + 1 }
}

export const wordMutators: readonly Mutator[] = Object.entries(mutators).map(([name, [weight, mutate]]) => ({
  name: `words: ${name}`,
  weight,
  mutate,
}))
