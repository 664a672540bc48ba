import { LevadaError, withStackHere } from '../errors/index.ts'

/** SQL written in TypeScript. `stack` tells where, should the engine find something wrong. */
export interface Sql {
  readonly '~levada': 'sql@1'
  readonly text: string
  readonly stack: string
}

/** A column of an input, inside of {@link sql}. */
export interface ColumnRef {
  readonly '~levada': 'column-ref@1'
  readonly text: string
}
/** An input, inside of {@link sql}: `${orders}` is its name, `${orders.$.id}` one of its columns. */
export interface TableRef<out R> {
  readonly '~levada': 'table-ref@1'
  readonly text: string
  readonly $: { readonly [C in keyof R]-?: ColumnRef }
}
/** A parameter, inside of {@link sql}. It is bound, never spliced. */
export interface ParamRef {
  readonly '~levada': 'param-ref@1'
  readonly text: string
}

/**
 * SQL in TypeScript. Inputs are tables by their names; `$name` is a declared parameter. What stands in `${…}` is checked
 * by the compiler: an input, a column of one, a parameter, or another piece of SQL.
 *
 * @example
 * sqlNode('late', {
 *   inputs: { flights }, output: late, params: { after: z.int() },
 *   sql: ({ flights }, { after }) => sql`select * from ${flights} where ${flights.$.delay_minutes} > ${after}`,
 * })
 */
export function sql(
  text: TemplateStringsArray,
  ...values: readonly (TableRef<unknown> | ColumnRef | ParamRef | Sql)[]
): Sql {
  let out = text[0]!
  values.forEach((value, i) => {
    if (typeof value?.text !== 'string') {
      throw new LevadaError(
        'NODE_INVALID',
        `sql: \${…} takes an input, a column, a parameter or SQL, not ${typeof value}; values are parameters.`,
      )
    }
    out += value.text + text[i + 1]!
  })
  return withStackHere({ '~levada': 'sql@1', text: out })
}

const quote = (name: string): string =>
  /^[a-z_][a-z0-9_]*$/.test(name) ? name : `"${name.replaceAll('"', '""')}"`

export const tableRef = (alias: string, columns: readonly string[]): TableRef<Record<string, unknown>> => ({
  '~levada': 'table-ref@1',
  text: quote(alias),
  $: Object.fromEntries(
    columns.map((name) => [
      name,
      { '~levada': 'column-ref@1', text: `${quote(alias)}."${name.replaceAll('"', '""')}"` },
    ]),
  ),
})

export const paramRef = (name: string): ParamRef => ({ '~levada': 'param-ref@1', text: `$${name}` })
