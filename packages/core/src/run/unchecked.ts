import type { Column } from '../schema/index.ts'

/** A column as its values come: whether there are any, and which an enum has, is for the checks to say. */
export const unchecked = (column: Column): Column => ({
  ...column,
  nullable: true,
  ...(column.type.kind === 'enum' && { type: { kind: 'string' } }),
})
