import { afterAll, describe, expect, test } from 'vitest'
import { diffContracts, requiredBump, rules, type Contract, type RuleId, type Side } from '../src/index.ts'
import type { Bump } from '../src/index.ts'
import type { Column, ColumnType } from '../src/model.ts'
import { asset, check, column, contract, provides, requires, source, type Asset } from './contracts.ts'

/** Old and new contract, the side, and what the rule asks for; without a bump the rule must not be told. */
type Case = readonly [what: string, old: Contract, now: Contract, told?: readonly [Side, Bump]]

const id = column('id', 'int')
const both = (
  what: string,
  old: readonly Column[],
  now: readonly Column[],
  bumps: { readonly provided?: Bump; readonly required?: Bump },
): readonly Case[] => [
  ...(bumps.provided
    ? [[`${what}, provided`, provides(old), provides(now), ['provided', bumps.provided]] as const]
    : []),
  ...(bumps.required
    ? [
        [`${what}, required`, requires(old), requires(now), ['required', bumps.required]] as const,
        [`${what}, source`, source(old), source(now), ['required', bumps.required]] as const,
      ]
    : []),
]
const types = (old: ColumnType, now: ColumnType): readonly [readonly Column[], readonly Column[]] => [
  [column('c', old)],
  [column('c', now)],
]
/** The same deep inside: an item of a list and a field of a struct follow the rules of a column. */
const nested = ([old, now]: readonly [readonly Column[], readonly Column[]]): readonly [
  readonly Column[],
  readonly Column[],
] => {
  const deep = (fields: readonly Column[]): readonly Column[] => [
    column('legs', { kind: 'list', item: { type: { kind: 'struct', fields }, nullable: false } }),
  ]
  return [deep(old), deep(now)]
}
const decimal = (precision: number, scale: number): ColumnType => ({ kind: 'decimal', precision, scale })
const enumOf = (values: readonly string[], open?: true): ColumnType => ({
  kind: 'enum',
  values,
  ...(open && { open }),
})
const nullable = { nullable: true }
const between = (min: unknown, max: unknown, more = {}): ReturnType<typeof check> =>
  check(`between(id, ${String(min)}, ${String(max)})`, ['id'], { kind: 'between', min, max }, more)
const checked = (...checks: readonly ReturnType<typeof check>[]): Contract => provides([id], { checks })
const param = (more: Partial<Contract['params'][string]>): Contract =>
  contract({
    params: { p: { type: { kind: 'int' }, nullable: false, required: false, default: 1, ...more } },
  })
const daily = (more = {}): Contract =>
  provides([column('day', 'date')], { partitions: [{ kind: 'daily', column: 'day', ...more }] })
const cut = (partition: Asset['partitions'][number]): Contract =>
  provides([column('day', 'date'), column('at', { kind: 'instant' }), column('origin', 'string')], {
    partitions: [partition],
  })
const by = (...values: readonly string[]): Contract => cut({ kind: 'static', column: 'origin', values })
const empty = contract()
const warn = { severity: 'warn' }

const cases: Readonly<Record<RuleId, readonly Case[]>> = {
  'asset-removed': [
    ['provided', provides([id]), empty, ['provided', 'major']],
    ['required', requires([id]), empty, ['required', 'minor']],
    ['source', source([id]), empty, ['required', 'minor']],
    ['kept', provides([id]), provides([id])],
    ['a source that another package makes now', source([id]), requires([id])],
  ],
  'asset-renamed': [
    [
      'with the same columns',
      provides([id]),
      contract({ provides: { 'shop.sales': asset([id]) } }),
      ['provided', 'major'],
    ],
    [
      'with other columns it is another',
      provides([id]),
      contract({ provides: { 'shop.sales': asset([column('n', 'int')]) } }),
    ],
    [
      'required: the app has to provide the new name',
      requires([id]),
      contract({ requires: { 'shop.sales': { columns: [id] } } }),
    ],
  ],
  'asset-added': [
    ['provided', empty, provides([id]), ['provided', 'minor']],
    ['required', empty, requires([id]), ['required', 'major']],
    ['source', empty, source([id]), ['required', 'major']],
    ['there before', provides([id]), provides([id])],
  ],
  'column-added-nullable': [
    ['nullable', provides([id]), provides([id, column('c', 'int', nullable)]), ['provided', 'minor']],
    [
      'with a default',
      provides([id]),
      provides([id, column('c', 'int', { default: 0 })]),
      ['provided', 'minor'],
    ],
    ['neither', provides([id]), provides([id, column('c', 'int')])],
  ],
  'column-added': [
    ...both('not null', [id], [id, column('c', 'int')], { provided: 'minor', required: 'major' }),
    [
      'nullable, where it is read',
      requires([id]),
      requires([id, column('c', 'int', nullable)]),
      ['required', 'major'],
    ],
    ...both('in a struct', ...nested([[id], [id, column('c', 'int')]]), {
      provided: 'minor',
      required: 'major',
    }),
    ['nullable, where it is provided', provides([id]), provides([id, column('c', 'int', nullable)])],
    ['optional', requires([id]), requires([id, column('c', 'int', { optional: true })])],
  ],
  'column-added-optional': [
    [
      'optional',
      requires([id]),
      requires([id, column('c', 'int', { optional: true })]),
      ['required', 'minor'],
    ],
    ['needed', requires([id]), requires([id, column('c', 'int')])],
  ],
  'column-removed': [
    ...both('gone', [id, column('c', 'int')], [id], { provided: 'major', required: 'minor' }),
    ...both('in a struct', ...nested([[id, column('c', 'int')], [id]]), {
      provided: 'major',
      required: 'minor',
    }),
    ['moved', provides([id, column('c', 'int')]), provides([column('c', 'int'), id])],
  ],
  'column-now-needed': [
    [
      'needed',
      requires([column('c', 'int', { optional: true })]),
      requires([column('c', 'int')]),
      ['required', 'major'],
    ],
    [
      'optional as before',
      requires([column('c', 'int', { optional: true })]),
      requires([column('c', 'int', { optional: true })]),
    ],
  ],
  'column-now-optional': [
    [
      'optional',
      requires([column('c', 'int')]),
      requires([column('c', 'int', { optional: true })]),
      ['required', 'minor'],
    ],
    ['needed as before', requires([column('c', 'int')]), requires([column('c', 'int')])],
  ],
  'type-changed': [
    ...both('int to bigint', ...types({ kind: 'int' }, { kind: 'bigint' }), {
      provided: 'major',
      required: 'major',
    }),
    ...both('float to int', ...types({ kind: 'float' }, { kind: 'int' }), {
      provided: 'major',
      required: 'major',
    }),
    ...both('deep inside', ...nested(types({ kind: 'date' }, { kind: 'timestamp' })), {
      provided: 'major',
      required: 'major',
    }),
    ...both('to a list', ...types({ kind: 'int' }, { kind: 'list', item: id }), {
      provided: 'major',
      required: 'major',
    }),
    [
      'int to float, provided',
      provides([column('c', 'int')]),
      provides([column('c', 'float')]),
      ['provided', 'major'],
    ],
    ['int to float, where it is read', requires([column('c', 'int')]), requires([column('c', 'float')])],
    ['decimals have rules of their own', ...provided(types(decimal(9, 2), decimal(9, 3)))],
  ],
  'type-widened': [
    ['int to float', requires([column('c', 'int')]), requires([column('c', 'float')]), ['required', 'minor']],
    ['float to int', requires([column('c', 'float')]), requires([column('c', 'int')])],
    ['provided', provides([column('c', 'int')]), provides([column('c', 'float')])],
  ],
  'decimal-widened': [
    ...both('more digits', ...types(decimal(9, 2), decimal(12, 2)), { provided: 'minor', required: 'minor' }),
    ...both('deep inside', ...nested(types(decimal(9, 2), decimal(12, 2))), {
      provided: 'minor',
      required: 'minor',
    }),
    ['another scale', ...provided(types(decimal(9, 2), decimal(12, 3)))],
  ],
  'decimal-changed': [
    ...both('another scale', ...types(decimal(9, 2), decimal(12, 3)), {
      provided: 'major',
      required: 'major',
    }),
    ...both('fewer digits', ...types(decimal(9, 2), decimal(8, 2)), { provided: 'major', required: 'major' }),
    ['more digits', ...provided(types(decimal(9, 2), decimal(12, 2)))],
  ],
  'null-removed': [
    ...both('not null', [column('c', 'int', nullable)], [column('c', 'int')], {
      provided: 'minor',
      required: 'major',
    }),
    [
      'nullable as before',
      provides([column('c', 'int', nullable)]),
      provides([column('c', 'int', nullable)]),
    ],
  ],
  'null-added': [
    ...both('nullable', [column('c', 'int')], [column('c', 'int', nullable)], {
      provided: 'major',
      required: 'minor',
    }),
    ...both(
      'an item',
      [column('c', { kind: 'list', item: { type: { kind: 'int' }, nullable: false } })],
      [column('c', { kind: 'list', item: { type: { kind: 'int' }, nullable: true } })],
      { provided: 'major', required: 'minor' },
    ),
    ['not null', provides([column('c', 'int', nullable)]), provides([column('c', 'int')])],
  ],
  'enum-value-added': [
    ...both('closed', ...types(enumOf(['a']), enumOf(['a', 'b'])), { provided: 'major', required: 'minor' }),
    ['open', ...provided(types(enumOf(['a'], true), enumOf(['a', 'b'], true)))],
    ['another order', ...provided(types(enumOf(['a', 'b']), enumOf(['b', 'a'])))],
  ],
  'enum-value-added-open': [
    ['open', ...provided(types(enumOf(['a'], true), enumOf(['a', 'b'], true))), ['provided', 'minor']],
    ['opened with this very change', ...provided(types(enumOf(['a']), enumOf(['a', 'b'], true)))],
  ],
  'enum-value-removed': [
    ...both('gone', ...types(enumOf(['a', 'b']), enumOf(['a'])), { provided: 'minor', required: 'major' }),
    ['added', ...provided(types(enumOf(['a']), enumOf(['a', 'b'])))],
  ],
  'enum-opened': [
    ...both('open', ...types(enumOf(['a']), enumOf(['a'], true)), { provided: 'major', required: 'minor' }),
    ['open as before', ...provided(types(enumOf(['a'], true), enumOf(['a', 'b'], true)))],
  ],
  'enum-closed': [
    ...both('closed', ...types(enumOf(['a'], true), enumOf(['a'])), { provided: 'minor', required: 'major' }),
    ['closed as before', ...provided(types(enumOf(['a', 'b']), enumOf(['a'])))],
  ],
  'enum-to-string': [
    ...both('string', ...types(enumOf(['a']), { kind: 'string' }), { provided: 'major', required: 'minor' }),
    ['enum', ...provided(types({ kind: 'string' }, enumOf(['a'])))],
  ],
  'string-to-enum': [
    ...both('enum', ...types({ kind: 'string' }, enumOf(['a'])), { provided: 'minor', required: 'major' }),
    ['string', ...provided(types(enumOf(['a']), { kind: 'string' }))],
  ],
  'key-changed': [
    ['provided', provides([id], { key: ['id'] }), provides([id]), ['provided', 'major']],
    ['source', source([id]), source([id], { key: ['id'] }), ['required', 'major']],
    ['the same', provides([id], { key: ['id'] }), provides([id], { key: ['id'] })],
  ],
  'partition-changed': [
    ['not partitioned any more', daily(), provides([column('day', 'date')]), ['provided', 'major']],
    [
      'source',
      source([column('day', 'date')]),
      source([column('day', 'date')], { partitions: [{ kind: 'daily', column: 'day' }] }),
      ['required', 'major'],
    ],
    ['weeks of days', daily(), daily({ kind: 'weekly' }), ['provided', 'major']],
    [
      'another time zone',
      cut({ kind: 'daily', column: 'at', timeZone: 'UTC' }),
      cut({ kind: 'daily', column: 'at', timeZone: 'Europe/Lisbon' }),
      ['provided', 'major'],
    ],
    [
      'another offset',
      cut({ kind: 'daily', column: 'at', timeZone: 'UTC' }),
      cut({ kind: 'daily', column: 'at', timeZone: 'UTC', offset: 4 }),
      ['provided', 'major'],
    ],
    ['an offset of 0', daily(), daily({ offset: 0 })],
    ['other bounds', daily(), daily({ start: '2001-01-01' })],
    ['other values', by('ATL'), by('JFK')],
  ],
  'partition-bounds-changed': [
    ['none any more', daily({ start: '2001-01-01' }), daily(), ['provided', 'minor']],
    ['a further value', by('ATL'), by('ATL', 'JFK'), ['provided', 'minor']],
    ['values in another order', by('ATL', 'JFK'), by('JFK', 'ATL')],
    [
      'wider',
      daily({ start: '2001-01-01', end: '2002-01-01' }),
      daily({ start: '2000-01-01', end: '2003-01-01' }),
      ['provided', 'minor'],
    ],
    [
      'source',
      source([column('day', 'date')], { partitions: [{ kind: 'daily', column: 'day', end: '2002-01-01' }] }),
      source([column('day', 'date')], { partitions: [{ kind: 'daily', column: 'day' }] }),
      ['required', 'minor'],
    ],
    ['the same', daily({ start: '2001-01-01' }), daily({ start: '2001-01-01' })],
    ['narrower', daily(), daily({ start: '2001-01-01' })],
  ],
  'partition-bounds-narrowed': [
    ['a first day', daily(), daily({ start: '2001-01-01' }), ['provided', 'major']],
    ['a value that is gone', by('ATL', 'JFK'), by('JFK', 'LAX'), ['provided', 'major']],
    ['values with blanks are not two', by('A', 'B'), by('A B', 'B'), ['provided', 'major']],
    ['a value more', by('ATL'), by('ATL', 'JFK')],
    [
      'a later first day',
      daily({ start: '2001-01-01' }),
      daily({ start: '2002-01-01' }),
      ['provided', 'major'],
    ],
    [
      'an earlier end, an earlier start',
      daily({ start: '2001-01-01', end: '2003-01-01' }),
      daily({ start: '2000-01-01', end: '2002-01-01' }),
      ['provided', 'major'],
    ],
    [
      'source',
      source([column('day', 'date')], { partitions: [{ kind: 'daily', column: 'day' }] }),
      source([column('day', 'date')], { partitions: [{ kind: 'daily', column: 'day', end: '2002-01-01' }] }),
      ['required', 'minor'],
    ],
    ['wider', daily({ start: '2001-01-01' }), daily({ start: '2000-01-01' })],
  ],
  'append-only': [
    ['from now on', provides([id]), provides([id], { appendsBy: 'id' }), ['provided', 'minor']],
    ['as before', provides([id], { appendsBy: 'id' }), provides([id], { appendsBy: 'id' })],
  ],
  'append-only-ended': [
    ['no more', provides([id], { appendsBy: 'id' }), provides([id]), ['provided', 'major']],
    [
      'in another order',
      provides([id, column('n', 'int')], { appendsBy: 'id' }),
      provides([id, column('n', 'int')], { appendsBy: 'n' }),
      ['provided', 'major'],
    ],
    ['from now on', provides([id]), provides([id], { appendsBy: 'id' })],
  ],
  'unit-changed': [
    ...both('another', [column('c', 'int', { unit: 'minutes' })], [column('c', 'int', { unit: 'hours' })], {
      provided: 'major',
      required: 'major',
    }),
    [
      'gone',
      provides([column('c', 'int', { unit: 'minutes' })]),
      provides([column('c', 'int')]),
      ['provided', 'major'],
    ],
    [
      'said for the first time',
      provides([column('c', 'int')]),
      provides([column('c', 'int', { unit: 'hours' })]),
    ],
  ],
  'unit-declared': [
    ...both('said', [column('c', 'int')], [column('c', 'int', { unit: 'hours' })], {
      provided: 'minor',
      required: 'major',
    }),
    [
      'another',
      provides([column('c', 'int', { unit: 'minutes' })]),
      provides([column('c', 'int', { unit: 'hours' })]),
    ],
  ],
  'column-default-changed': [
    ...both('another', [column('c', 'int', { default: 0 })], [column('c', 'int', { default: 1 })], {
      provided: 'minor',
      required: 'minor',
    }),
    [
      'the same',
      provides([column('c', 'int', { default: [0] })]),
      provides([column('c', 'int', { default: [0] })]),
    ],
  ],
  'check-weakened': [
    ['gone', checked(between(0, 9)), checked(), ['provided', 'major']],
    ['looser', checked(between(0, 9)), checked(between(0, 10)), ['provided', 'major']],
    ['an open end', checked(between(0, 9)), checked(between(undefined, 9)), ['provided', 'major']],
    [
      'looser on one side, tighter on the other',
      checked(between(0, 9)),
      checked(between(-1, 5)),
      ['provided', 'major'],
    ],
    ['only a warning', checked(between(0, 9)), checked(between(0, 9, warn)), ['provided', 'major']],
    [
      'fewer rows have to pass',
      checked(between(0, 9)),
      checked(between(0, 9, { mostly: 0.9 })),
      ['provided', 'major'],
    ],
    [
      'a pattern that cannot be compared',
      checked(check('m', ['id'], { kind: 'matches', pattern: 'a' })),
      checked(check('m', ['id'], { kind: 'matches', pattern: 'ab' })),
      ['provided', 'major'],
    ],
    [
      'more values',
      checked(check('v', ['id'], { kind: 'acceptedValues', values: [1] })),
      checked(check('v', ['id'], { kind: 'acceptedValues', values: [1, 2] })),
      ['provided', 'major'],
    ],
    [
      'another query',
      checked(check('q', [], { kind: 'sql', sql: 'select 1' })),
      checked(check('q', [], { kind: 'sql', sql: 'select 2' })),
      ['provided', 'major'],
    ],
    ['tighter', checked(between(0, 9)), checked(between(1, 9))],
    [
      '64-bit bounds, tighter',
      checked(between('9007199254740993', undefined)),
      checked(between('9007199254740994', undefined)),
    ],
    ['dates, tighter', checked(between('2001-01-01', undefined)), checked(between('2001-02-01', undefined))],
    [
      'with its column',
      provides([id, column('c', 'int')], { checks: [check('m', ['c'], { kind: 'matches' })] }),
      provides([id]),
    ],
    ['a warning beside it', checked(between(0, 9), between(3, 5, warn)), checked(between(0, 9))],
    ['on a source', source([id], { checks: [between(0, 9)] }), source([id])],
    ...impliedByNull(),
  ],
  'check-strengthened': [
    ['new', checked(), checked(between(0, 9)), ['provided', 'minor']],
    ['tighter', checked(between(0, 9)), checked(between(1, 9)), ['provided', 'minor']],
    [
      'dates, tighter',
      checked(between('2001-01-01', undefined)),
      checked(between('2001-02-01', undefined)),
      ['provided', 'minor'],
    ],
    [
      'a warning that blocks now',
      checked(between(0, 9, warn)),
      checked(between(0, 9)),
      ['provided', 'minor'],
    ],
    ['a warning that is gone', checked(between(0, 9, warn)), checked(), ['provided', 'minor']],
    [
      'fewer values',
      checked(check('v', ['id'], { kind: 'acceptedValues', values: [1, 2] })),
      checked(check('v', ['id'], { kind: 'acceptedValues', values: [1] })),
      ['provided', 'minor'],
    ],
    ['looser', checked(between(0, 9)), checked(between(0, 10))],
    [
      'in another order',
      checked(between(0, 9), between(3, 5, warn)),
      checked(between(3, 5, warn), between(0, 9)),
    ],
  ],
  'source-checks-changed': [
    ['new', source([id]), source([id], { checks: [between(0, 9)] }), ['required', 'patch']],
    ['the same', source([id], { checks: [between(0, 9)] }), source([id], { checks: [between(0, 9)] })],
  ],
  deprecated: [
    ['an asset', provides([id]), provides([id], { deprecated: { since: '2.1.0' } }), ['provided', 'minor']],
    [
      'a column',
      provides([id]),
      provides([{ ...id, deprecated: { since: '2.1.0', use: 'n' } }]),
      ['provided', 'minor'],
    ],
    [
      'as before',
      provides([id], { deprecated: { since: '2.1.0' } }),
      provides([id], { deprecated: { since: '2.1.0' } }),
    ],
  ],
  'deprecation-changed': [
    [
      'later',
      provides([id], { deprecated: { since: '2.1.0', remove: '3.0.0' } }),
      provides([id], { deprecated: { since: '2.1.0', remove: '4.0.0' } }),
      ['provided', 'patch'],
    ],
    ['withdrawn', provides([id], { deprecated: { since: '2.1.0' } }), provides([id]), ['provided', 'patch']],
    ['announced', provides([id]), provides([id], { deprecated: { since: '2.1.0' } })],
  ],
  'param-added': [
    ['with a default', empty, param({}), ['required', 'minor']],
    ['without', empty, param({ required: true })],
  ],
  'param-added-required': [
    ['without a default', empty, param({ required: true }), ['required', 'major']],
    ['with one', empty, param({})],
  ],
  'param-removed': [
    ['gone', param({}), empty, ['required', 'major']],
    ['there', param({}), param({})],
  ],
  'param-narrowed': [
    ['another type', param({}), param({ type: { kind: 'string' } }), ['required', 'major']],
    ['no NULL', param({ nullable: true }), param({}), ['required', 'major']],
    ['has to be given', param({}), param({ required: true }), ['required', 'major']],
    [
      'fewer values',
      param({ type: enumOf(['a', 'b']) }),
      param({ type: enumOf(['a']) }),
      ['required', 'major'],
    ],
    ['a range', param({}), param({ limits: { minimum: 0 } }), ['required', 'major']],
    [
      'a smaller range',
      param({ limits: { maximum: 9, minimum: 0 } }),
      param({ limits: { maximum: 8, minimum: -1 } }),
      ['required', 'major'],
    ],
    [
      'another pattern',
      param({ limits: { 'pattern /a/': 'regex' } }),
      param({ limits: { 'pattern /b/': 'regex' } }),
      ['required', 'major'],
    ],
    ['wider', param({}), param({ type: { kind: 'float' } })],
    ['a wider range', param({ limits: { maximum: 9 } }), param({ limits: { maximum: 10 } })],
  ],
  'param-widened': [
    ['int to float', param({}), param({ type: { kind: 'float' } }), ['required', 'minor']],
    ['may be left out', param({ required: true }), param({}), ['required', 'minor']],
    [
      'more values',
      param({ type: enumOf(['a']) }),
      param({ type: enumOf(['a', 'b']) }),
      ['required', 'minor'],
    ],
    [
      'a wider range',
      param({ limits: { maximum: 9 } }),
      param({ limits: { maximum: 10 } }),
      ['required', 'minor'],
    ],
    ['no range any more', param({ limits: { '[].minLength': 1 } }), param({}), ['required', 'minor']],
    ['narrower', param({ type: { kind: 'float' } }), param({})],
    ['a smaller range', param({ limits: { maximum: 9 } }), param({ limits: { maximum: 8 } })],
  ],
  'param-default-changed': [
    ['another', param({ default: 1 }), param({ default: 2 }), ['required', 'minor']],
    ['the same', param({ default: [1] }), param({ default: [1] })],
    ['has to be given now', param({ default: 1 }), param({ required: true })],
  ],
  'resource-added': [
    ['new', empty, contract({ resources: { mail: { type: 'x#Y' } } }), ['required', 'major']],
    [
      'there',
      contract({ resources: { mail: { type: 'x#Y' } } }),
      contract({ resources: { mail: { type: 'x#Y' } } }),
    ],
  ],
  'resource-removed': [
    ['gone', contract({ resources: { mail: { type: 'x#Y' } } }), empty, ['required', 'minor']],
    ['new', empty, contract({ resources: { mail: { type: 'x#Y' } } })],
  ],
  'resource-changed': [
    [
      'another type',
      contract({ resources: { mail: { type: 'x#Y' } } }),
      contract({ resources: { mail: { type: 'x#Z' } } }),
      ['required', 'major'],
    ],
    [
      'the same',
      contract({ resources: { mail: { type: 'x#Y' } } }),
      contract({ resources: { mail: { type: 'x#Y' } } }),
    ],
  ],
  'dialect-dropped': [
    ['gone', contract({ dialects: ['postgres'] }), empty, ['package', 'major']],
    ['new', empty, contract({ dialects: ['postgres'] })],
  ],
  'dialect-added': [
    ['new', empty, contract({ dialects: ['postgres'] }), ['package', 'minor']],
    ['gone', contract({ dialects: ['postgres'] }), empty],
  ],
  'pipeline-renamed': [
    ['another', empty, contract({ name: 'store' }), ['package', 'major']],
    ['the same', empty, empty],
  ],
  'documentation-changed': [
    ['a description', provides([id]), provides([id], { description: 'Orders.' }), ['provided', 'patch']],
    ['an owner', provides([id]), provides([id], { owner: 'sales' }), ['provided', 'patch']],
    ['tags', source([id]), source([id], { tags: ['daily'] }), ['required', 'patch']],
    [
      'of a column',
      provides([id]),
      provides([{ ...id, description: 'Of the order.' }]),
      ['provided', 'patch'],
    ],
    [
      'the order of columns',
      provides([id, column('c', 'int')]),
      provides([column('c', 'int'), id]),
      ['provided', 'patch'],
    ],
    [
      'a new column between',
      provides([id, column('c', 'int')]),
      provides([id, column('b', 'int'), column('c', 'int')]),
    ],
  ],
  'node-changed': [
    ['another fingerprint', contract(), withNode({ fingerprint: 'f2' }), ['package', 'patch']],
    ['new', contract({ nodes: [] }), contract(), ['package', 'patch']],
    ['other ports', contract(), withNode({ inputs: ['a.b'] }), ['package', 'patch']],
    ['the same', contract(), contract()],
  ],
}

function provided([old, now]: readonly [readonly Column[], readonly Column[]]): readonly [
  Contract,
  Contract,
] {
  return [provides(old), provides(now)]
}
function withNode(more: Partial<Contract['nodes'][number]>): Contract {
  return contract({
    nodes: [{ name: 'make', kind: 'sql', inputs: [], outputs: [], fingerprint: 'f1', ...more }],
  })
}
/** What follows from columns and key is told with them, and not once more. */
function impliedByNull(): readonly Case[] {
  const notNull = check('notNull(id)', ['id'], { kind: 'notNull' })
  const unique = check('unique(id)', ['id'], { kind: 'unique' })
  const accepted = check('acceptedValues(c)', ['c'], { kind: 'acceptedValues', values: ['a', 'b'] })
  const fewer = check('acceptedValues(c)', ['c'], { kind: 'acceptedValues', values: ['a'] })
  return [
    ['implied by not null', provides([id], { checks: [notNull] }), provides([{ ...id, nullable: true }])],
    ['implied by the key', provides([id], { key: ['id'], checks: [unique] }), provides([id])],
    [
      'implied by an enum',
      provides([column('c', enumOf(['a']))], { checks: [fewer] }),
      provides([column('c', enumOf(['a', 'b']))], { checks: [accepted] }),
    ],
  ]
}

const passed = new Map<string, number>()
afterAll(() => {
  const proved = Object.entries(cases).filter(([rule, all]) => passed.get(rule) === all.length + 1)
  console.log(`${proved.length} of ${Object.keys(rules).length} rules`)
})
const pass = (rule: string): unknown => passed.set(rule, (passed.get(rule) ?? 0) + 1)

describe.each(Object.keys(rules) as RuleId[])('%s', (rule) => {
  const all = cases[rule]
  for (const [what, old, now, told] of all)
    test(what, () => {
      const found = diffContracts(old, now).changes.filter((change) => change.rule === rule)
      expect(found.map(({ side, bump }) => [side, bump])).toEqual(told ? [[...told]] : [])
      pass(rule)
    })

  test('has cases for and against, on every side that it has', () => {
    const told = all.flatMap(([, , , expected]) => (expected ? [expected.join()] : []))
    const { provided: onProvided, required: onRequired, package: onPackage } = rules[rule]
    const sides = Object.entries({ provided: onProvided, required: onRequired, package: onPackage })
    for (const [side, bump] of sides) if (bump !== undefined) expect(told).toContain(`${side},${bump}`)
    expect(all.some(([, , , expected]) => !expected)).toBe(true)
    pass(rule)
  })
})

test('every rule has its cases', () =>
  expect(Object.keys(cases).toSorted()).toEqual(Object.keys(rules).toSorted()))

test('what is new and what is old may change places without the same verdict for both', () => {
  const one = provides([id])
  const two = provides([id, column('c', 'int', nullable)])
  expect([diffContracts(one, two).bump, diffContracts(two, one).bump]).toEqual(['minor', 'major'])
})

test('a message names thing and fact, and a removed column the one that it may be now', () => {
  const [gone] = diffContracts(
    provides([id, column('delay', 'int')]),
    provides([id, column('delay_minutes', 'int')]),
  ).changes
  expect(gone).toEqual({
    rule: 'column-removed',
    side: 'provided',
    bump: 'major',
    level: 'break',
    subject: { kind: 'asset', name: 'shop.orders' },
    path: 'delay',
    old: 'int',
    message: "'shop.orders'.delay is gone (it was int).",
    hint: "Perhaps it is 'delay_minutes' now. Keep it, and announce that it goes: deprecated: { since, remove, use }.",
  })
})

test('what is read is told apart from what is provided', () => {
  const { changes } = diffContracts(requires([id, column('c', 'int')]), requires([id, column('d', 'string')]))
  expect(changes.map(({ message }) => message)).toEqual([
    "required 'shop.orders'.c is no longer read.",
    "required 'shop.orders'.d is read now: string.",
  ])
  const [older, newer] = types({ kind: 'int' }, { kind: 'bigint' })
  expect([provides, requires].map((of) => diffContracts(of(older), of(newer)).changes[0]?.hint)).toEqual([
    rules['type-changed'].remedy,
    rules['type-changed'].requiredRemedy,
  ])
})

test('a path leads into lists and structs', () => {
  const [old, now] = nested(types({ kind: 'int' }, { kind: 'string' }))
  expect(diffContracts(provides(old), provides(now)).changes.map(({ path }) => path)).toEqual(['legs[].c'])
})

describe('storage', () => {
  const bounded = (columns: readonly Column[]): Contract =>
    provides([column('day', 'date'), ...columns], {
      partitions: [{ kind: 'daily', column: 'day', start: '2001-01-01', end: '2001-07-02' }],
    })

  test.each<[string, Contract, Contract, number | 'all' | undefined]>([
    ['not null', bounded([]), bounded([column('c', 'int')]), 182],
    ['nullable', bounded([]), bounded([column('c', 'int', nullable)]), undefined],
    ['with a default', bounded([]), bounded([column('c', 'int', { default: 0 })]), undefined],
    ['unbounded', provides([id]), provides([id, column('c', 'int')]), 'all'],
    ['a column that is gone', provides([id, column('c', 'int')]), provides([id]), undefined],
    ['NULL in stored rows', provides([column('c', 'int', nullable)]), provides([column('c', 'int')]), 'all'],
    ['another type', ...provided(types({ kind: 'int' }, { kind: 'string' })), 'all'],
    ['int to float', ...provided(types({ kind: 'int' }, { kind: 'float' })), undefined],
    ['int to bigint', ...provided(types({ kind: 'int' }, { kind: 'bigint' })), undefined],
    ['date to timestamp', ...provided(types({ kind: 'date' }, { kind: 'timestamp' })), undefined],
    ['an enum to a string', ...provided(types(enumOf(['a']), { kind: 'string' })), undefined],
    ['an open enum that is closed', ...provided(types(enumOf(['a'], true), enumOf(['a']))), undefined],
    ['values', by('ATL', 'JFK'), provides([...by().provides['shop.orders']!.columns]), 'all'],
    ['a wider decimal', ...provided(types(decimal(9, 2), decimal(12, 2))), undefined],
    ['a narrower decimal', ...provided(types(decimal(9, 2), decimal(8, 2))), 'all'],
    ['fewer values', ...provided(types(enumOf(['a', 'b']), enumOf(['a']))), 'all'],
    ['deep inside', ...provided(nested(types({ kind: 'int' }, { kind: 'string' }))), 'all'],
    ['other partitions', daily(), provides([column('day', 'date')]), 'all'],
    [
      'another unit',
      provides([column('c', 'int', { unit: 'min' })]),
      provides([column('c', 'int', { unit: 'h' })]),
      'all',
    ],
  ])('%s', (_, old, now, partitions) => {
    expect(diffContracts(old, now).storage.map((each) => each.partitions)).toEqual(
      partitions === undefined ? [] : [partitions],
    )
  })
})

test('a changed node tells its outputs and what is computed from them', () => {
  const nodes = (fingerprint: string): Contract['nodes'] => [
    { name: 'a', kind: 'sql', inputs: [], outputs: ['s.a'], fingerprint },
    { name: 'b', kind: 'sql', inputs: ['s.a'], outputs: ['s.b'], fingerprint: 'same' },
    { name: 'c', kind: 'sql', inputs: [], outputs: ['s.c'], fingerprint: 'same' },
    { name: 'd', kind: 'sql', inputs: ['s.b', 's.d'], outputs: ['s.d'], fingerprint: 'same' },
  ]
  const of = (fingerprint: string): Contract =>
    contract({
      provides: Object.fromEntries(['s.a', 's.b', 's.c', 's.d'].map((name) => [name, asset([id])])),
      nodes: nodes(fingerprint),
    })
  const { bump, recompute, changes } = diffContracts(of('f1'), of('f2'))
  expect([bump, recompute]).toEqual(['patch', ['s.a', 's.b', 's.d']])
  expect(changes[0]?.message).toBe("node 'a' computes in another way: data changes, contract same.")
})

test.each<[string, Bump, Bump]>([
  ['1.2.3', 'major', 'major'],
  ['0.2.3', 'major', 'minor'],
  ['0.2.3', 'minor', 'minor'],
  ['0.2.3', 'patch', 'patch'],
  ['10.0.0', 'major', 'major'],
])('requiredBump of %s for %s: %s', (version, severity, expected) => {
  expect(requiredBump(version, severity)).toBe(expected)
})
