import { showField, showType } from '@levada/core/spi'
import { change, type At, type Change, type Facts } from './change.ts'
import type { Column, ColumnType, Field } from './model.ts'
import type { RuleId } from './rules.ts'

const inside = (at: At, step: string): At => ({
  ...at,
  path: at.path === undefined ? step : step === '[]' ? `${at.path}[]` : `${at.path}.${step}`,
})
const same = (a: unknown, b: unknown): boolean => JSON.stringify(a) === JSON.stringify(b)

/** What became of the columns of an asset, or of the fields of a struct. */
export function columnChanges(at: At, old: readonly Column[], now: readonly Column[]): readonly Change[] {
  const before = new Map(old.map((column) => [column.name, column]))
  const after = new Map(now.map((column) => [column.name, column]))
  const added = now.filter(({ name }) => !before.has(name))
  return [
    ...old.flatMap((column, i) => {
      const found = after.get(column.name)
      return found
        ? oneColumn(inside(at, column.name), column, found)
        : [removed(inside(at, column.name), column, renamedTo(column, added, now[i]))]
    }),
    ...added.map((column) => addedColumn(inside(at, column.name), column)),
    ...orderChange(at, old, now),
  ]
}

function removed(at: At, column: Column, other: Column | undefined): Change {
  const hint = other && at.side === 'provided' ? { hint: `Perhaps it is '${other.name}' now.` } : {}
  const what = at.side === 'required' ? 'is no longer read' : `is gone (it was ${showField(column)})`
  return change('column-removed', at, what, {
    old: showField(column),
    ...hint,
  })
}

/** A column of the same type that is new: the one at the same place, when there are several. */
function renamedTo(column: Column, added: readonly Column[], there: Column | undefined): Column | undefined {
  const alike = added.filter((each) => showField(each) === showField(column))
  return alike.find((each) => each === there) ?? alike[0]
}

function addedColumn(at: At, column: Column): Change {
  const facts = { new: showField(column) }
  const what = `${at.side === 'required' ? 'is read now' : 'is new'}: ${showField(column)}`
  if (at.side === 'required')
    return change(column.optional ? 'column-added-optional' : 'column-added', at, what, facts)
  if (column.nullable) return change('column-added-nullable', at, what, facts)
  return column.default === undefined
    ? change('column-added', at, what, facts)
    : change('column-added-nullable', at, `${what}, by default ${JSON.stringify(column.default)}`, facts)
}

function orderChange(at: At, old: readonly Column[], now: readonly Column[]): readonly Change[] {
  const names = (columns: readonly Column[], others: readonly Column[]): readonly string[] =>
    columns.map(({ name }) => name).filter((name) => others.some((other) => other.name === name))
  return same(names(old, now), names(now, old))
    ? []
    : [change('documentation-changed', at, 'has its columns in another order')]
}

function oneColumn(at: At, old: Column, now: Column): readonly Change[] {
  return [
    ...fieldChanges(at, old, now),
    ...optionalChange(at, old, now),
    ...unitChange(at, old.unit, now.unit),
    ...(same(old.default, now.default)
      ? []
      : [change('column-default-changed', at, valueFact('default', old.default, now.default))]),
    ...(at.side === 'provided' ? deprecationChanges(at, old.deprecated, now.deprecated) : []),
    ...(old.description === now.description
      ? []
      : [change('documentation-changed', at, 'has another description')]),
  ]
}

const valueFact = (what: string, old: unknown, now: unknown): string =>
  old === undefined
    ? `has a ${what} now: ${JSON.stringify(now)}`
    : now === undefined
      ? `has no ${what} any more (it was ${JSON.stringify(old)})`
      : `has another ${what}: ${JSON.stringify(now)}, it was ${JSON.stringify(old)}`

function optionalChange(at: At, old: Column, now: Column): readonly Change[] {
  if (at.side !== 'required' || Boolean(old.optional) === Boolean(now.optional)) return []
  return [
    now.optional
      ? change('column-now-optional', at, 'is read where it exists; it had to exist')
      : change('column-now-needed', at, 'has to exist now; it was read where it existed'),
  ]
}

function unitChange(at: At, old: string | undefined, now: string | undefined): readonly Change[] {
  if (old === now) return []
  if (old === undefined) return [change('unit-declared', at, `counts ${now}`, { new: now! })]
  const facts = { old, ...(now !== undefined && { new: now }) }
  return [change('unit-changed', at, `counts ${now ?? 'nothing that is said'}, it counted ${old}`, facts)]
}

interface Announcement {
  readonly since: string
  readonly remove?: string
  readonly use?: string
}

/** An announcement that an asset or column will go: made, changed or withdrawn. */
export function deprecationChanges(
  at: At,
  old: Announcement | undefined,
  now: Announcement | undefined,
): readonly Change[] {
  if (same(old, now)) return []
  if (old) return [change('deprecation-changed', at, now ? 'will go otherwise than announced' : 'will stay')]
  const { remove, use } = now!
  return [
    change(
      'deprecated',
      at,
      `will go${remove === undefined ? '' : ` with ${remove}`}${use === undefined ? '' : `; use '${use}'`}`,
    ),
  ]
}

/** What became of a type and its nullability, item by item and field by field. */
export function fieldChanges(at: At, old: Field, now: Field): readonly Change[] {
  return [...typeChanges(at, old.type, now.type), ...nullChange(at, old, now)]
}

function nullChange(at: At, old: Field, now: Field): readonly Change[] {
  if (old.nullable === now.nullable) return []
  const facts = { old: showField(old), new: showField(now) }
  return [
    now.nullable
      ? change('null-added', at, 'may be NULL; it was not null', facts)
      : change('null-removed', at, 'is not null; it could be NULL', facts),
  ]
}

function typeChanges(at: At, old: ColumnType, now: ColumnType): readonly Change[] {
  const facts = { old: showType(old), new: showType(now) }
  const changed = (rule: RuleId, more: Facts = {}): readonly Change[] => [
    change(rule, at, `is ${facts.new}, it was ${facts.old}`, { ...facts, ...more }),
  ]
  if (old.kind === 'enum' && now.kind === 'enum') return enumChanges(at, old, now)
  if (old.kind === 'enum' && now.kind === 'string') return changed('enum-to-string')
  if (old.kind === 'string' && now.kind === 'enum') return changed('string-to-enum')
  if (old.kind === 'list' && now.kind === 'list') return fieldChanges(inside(at, '[]'), old.item, now.item)
  if (old.kind === 'struct' && now.kind === 'struct') return columnChanges(at, old.fields, now.fields)
  if (old.kind === 'decimal' && now.kind === 'decimal') {
    if (same(old, now)) return []
    return changed(
      old.scale === now.scale && now.precision > old.precision ? 'decimal-widened' : 'decimal-changed',
    )
  }
  if (old.kind === now.kind) return []
  // What takes a float takes every int, as the composition check has it.
  return changed(
    at.side === 'required' && old.kind === 'int' && now.kind === 'float' ? 'type-widened' : 'type-changed',
  )
}

type Enum = Extract<ColumnType, { readonly kind: 'enum' }>

function enumChanges(at: At, old: Enum, now: Enum): readonly Change[] {
  const facts = { old: showType(old), new: showType(now) }
  const quoted = (values: readonly string[]): string => values.map((value) => `'${value}'`).join(', ')
  const added = now.values.filter((value) => !old.values.includes(value))
  const gone = old.values.filter((value) => !now.values.includes(value))
  const announced = at.side === 'provided' && old.open === true
  return [
    ...(added.length > 0
      ? [
          change(
            announced ? 'enum-value-added-open' : 'enum-value-added',
            at,
            `may be ${quoted(added)} too`,
            facts,
          ),
        ]
      : []),
    ...(gone.length > 0
      ? [change('enum-value-removed', at, `is never ${quoted(gone)} any more`, facts)]
      : []),
    ...(old.open === now.open
      ? []
      : [
          now.open
            ? change('enum-opened', at, 'is an open enum: other values may come', facts)
            : change('enum-closed', at, 'is no open enum any more: these are its values', facts),
        ]),
  ]
}
