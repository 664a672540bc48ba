import type { AnyAsset, Check } from '../asset/index.ts'
import { trimStatement, type Dialect } from '../engine/index.ts'
import type { ColumnType } from '../schema/index.ts'

/** The asset's rows, and those of the other asset of a relationship, in the SQL of a check. */
export const rowsTable = 'levada_rows'
export const otherTable = 'levada_other'

/** The name that the SQL of a check has for the asset's rows. */
export const tableOf = ({ name }: AnyAsset, { rule }: Check): string =>
  rule.kind === 'sql' ? (rule.table ?? name.split('.')[1]!) : rowsTable

/** The condition under which a row fails a row check; NULL and false both pass. */
function failCondition(asset: AnyAsset, { rule, columns }: Check, dialect: Dialect): string {
  const name = columns[0]!
  const column = dialect.identifier(name)
  const type: ColumnType = asset.columns.find((c) => c.name === name)!.type
  switch (rule.kind) {
    case 'notNull':
      return `${column} is null`
    case 'between': {
      const sides = [
        rule.min !== undefined && `${column} < ${dialect.literal(rule.min, type)}`,
        rule.max !== undefined && `${column} > ${dialect.literal(rule.max, type)}`,
      ]
      return `(${sides.filter(Boolean).join(' or ')})`
    }
    case 'acceptedValues':
      return `${column} not in (${rule.values.map((value) => dialect.literal(value, type)).join(', ')})`
    case 'matches':
      return `not ${dialect.matches(column, rule.pattern)}`
    default:
      throw new RangeError(`${rule.kind} is not a check of single rows`)
  }
}

/** An aggregate that counts the rows that fail a row check. */
export function failCount(asset: AnyAsset, check: Check, dialect: Dialect): string {
  if (check.rule.kind === 'notNull') return `count(*) - count(${dialect.identifier(check.columns[0]!)})`
  return `count(*) filter (where ${failCondition(asset, check, dialect)})`
}

/** A query for the rows that fail a check; a check of the row count has none. */
export function failingRows(asset: AnyAsset, check: Check, dialect: Dialect): string | undefined {
  const columns = check.columns.map((name) => dialect.identifier(name))
  const { rule } = check
  switch (rule.kind) {
    case 'rowCount':
      return undefined
    case 'sql':
      return trimStatement(rule.sql)
    case 'unique': {
      const same = columns.map((column) => `r.${column} is not distinct from d.${column}`).join(' and ')
      return `select r.* from ${rowsTable} r join (select ${columns.join(', ')} from ${rowsTable} group by ${columns.join(', ')} having count(*) > 1) d on ${same}`
    }
    case 'relationship': {
      const found = columns
        .map((column, i) => `o.${dialect.identifier(rule.toColumns[i]!)} = r.${column}`)
        .join(' and ')
      const known = columns.map((column) => `r.${column} is not null`).join(' and ')
      return `select r.* from ${rowsTable} r where ${known} and not exists (select 1 from ${otherTable} o where ${found})`
    }
    default:
      return `select * from ${rowsTable} where ${failCondition(asset, check, dialect)}`
  }
}

/** How many rows fail, as one number; cheaper than counting {@link failingRows} where the engine needs help. */
export function failingCount(asset: AnyAsset, check: Check, dialect: Dialect): string {
  if (check.rule.kind === 'unique') {
    const columns = check.columns.map((name) => dialect.identifier(name)).join(', ')
    return `select coalesce(sum(n), 0) as failed from (select count(*) as n from ${rowsTable} group by ${columns} having count(*) > 1) as twice`
  }
  return `select count(*) as failed from (${failingRows(asset, check, dialect)}\n) as failing`
}
