import { didYouMean } from '../errors/index.ts'
import { showField, type Column, type ColumnType, type Field } from '../schema/index.ts'

/** Whether every value of a provided field may stand where a needed one is expected. */
export function fieldFits(need: Field, have: Field): boolean {
  return (need.nullable || !have.nullable) && typeFits(need.type, have.type)
}

function typeFits(need: ColumnType, have: ColumnType): boolean {
  switch (need.kind) {
    case 'float':
      return have.kind === 'float' || have.kind === 'int'
    case 'string':
      return have.kind === 'string' || have.kind === 'enum'
    case 'enum':
      return have.kind === 'enum' && have.values.every((value) => need.values.includes(value))
    case 'decimal':
      return (
        have.kind === 'decimal' &&
        have.scale <= need.scale &&
        have.precision - have.scale <= need.precision - need.scale
      )
    case 'list':
      return have.kind === 'list' && fieldFits(need.item, have.item)
    case 'struct':
      return have.kind === 'struct' && columnProblems(need.fields, have.fields).length === 0
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
export function columnProblems(needs: readonly Column[], haves: readonly Column[]): readonly ColumnProblem[] {
  const names = haves.map(({ name }) => name)
  return needs.flatMap((need) => {
    const have = haves.find(({ name }) => name === need.name)
    if (have ? fieldFits(need, have) : need.optional) return []
    const given = have
      ? `provides ${showField(have)}`
      : `has no such column${didYouMean(need.name, names).replace(/^ Did you mean (.*)\?$/, ' (did you mean $1?)')}`
    return [{ need: `${need.name}: ${showField(need)}`, have: given }]
  })
}
