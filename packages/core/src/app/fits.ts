import { didYouMean } from '../errors/index.ts'
import { showColumn, type Column, type ColumnType, type Field } from '../schema/index.ts'

/**
 * Whether every value of a provided field may stand where a needed one is expected: also those that an open enum may have
 * later, unless only what is stored already is meant.
 */
export function fieldFits(need: Field, have: Field, stored = false): boolean {
  return (need.nullable || !have.nullable) && typeFits(need.type, have.type, stored)
}

/** Whether a column counts what another expects. A side that says no unit agrees with any. */
export const unitFits = (need: Pick<Column, 'unit'>, have: Pick<Column, 'unit'>): boolean =>
  need.unit === undefined || have.unit === undefined || need.unit === have.unit

function typeFits(need: ColumnType, have: ColumnType, stored: boolean): boolean {
  switch (need.kind) {
    case 'bigint':
      return have.kind === 'bigint' || (stored && have.kind === 'int')
    case 'timestamp':
      return have.kind === 'timestamp' || (stored && have.kind === 'date')
    case 'float':
      return have.kind === 'float' || have.kind === 'int'
    case 'string':
      return have.kind === 'string' || have.kind === 'enum'
    case 'enum':
      if (need.open) return have.kind === 'enum' || have.kind === 'string'
      return (
        have.kind === 'enum' &&
        (stored || !have.open) &&
        have.values.every((value) => need.values.includes(value))
      )
    case 'decimal':
      return (
        have.kind === 'decimal' &&
        // More digits before the point are cast where they are read: a value that needs them fails there, with its column.
        ((!stored && have.scale === need.scale) ||
          (have.scale <= need.scale && have.precision - have.scale <= need.precision - need.scale))
      )
    case 'list':
      return have.kind === 'list' && fieldFits(need.item, have.item, stored)
    case 'struct':
      return have.kind === 'struct' && columnProblems(need.fields, have.fields, stored).length === 0
    default:
      return need.kind === have.kind
  }
}

export interface ColumnProblem {
  /** `delay: int` */
  readonly need: string
  /** `provides string` or `has no such column` */
  readonly have: string
}

/** What keeps provided columns from meeting needed ones. */
export function columnProblems(
  needs: readonly Column[],
  haves: readonly Column[],
  stored = false,
): readonly ColumnProblem[] {
  const problems: ColumnProblem[] = []
  for (let i = 0; i < needs.length; i++) {
    const need = needs[i]!
    const same = haves[i]
    const have = same?.name === need.name ? same : haves.find(({ name }) => name === need.name)
    if (have ? fieldFits(need, have, stored) && unitFits(need, have) : need.optional) continue
    const names = haves.map(({ name }) => name)
    const given = have
      ? `provides ${showColumn(have)}`
      : `has no such column${didYouMean(need.name, names).replace(/^ Did you mean (.*)\?$/, ' (did you mean $1?)')}`
    problems.push({ need: `${need.name}: ${showColumn(need)}`, have: given })
  }
  return problems
}
