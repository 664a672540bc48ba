/** Rows as texts: what CSV holds as it is, and JSON by the type of the column. */
export interface Table {
  readonly columns: readonly {
    readonly name: string
    readonly type: 'text' | 'number' | 'date'
    readonly nullable: boolean
  }[]
  readonly rows: readonly (readonly (string | null)[])[]
}
const text = (name: string, nullable = false) => ({ name, type: 'text', nullable }) as const
const number = (name: string, nullable = false) => ({ name, type: 'number', nullable }) as const
const date = (name: string) => ({ name, type: 'date', nullable: false }) as const

export const orders: Table = {
  columns: [
    number('id'),
    date('day'),
    text('customer'),
    number('amount'),
    number('weight', true),
    text('note', true),
  ],
  rows: [
    ['1', '2026-01-01', 'ann', '10.50', '1.5', 'first'],
    ['2', '2026-01-01', 'bob', '20.25', null, null],
    ['3', '2026-01-01', 'zoë 🎈', '600.00', '-0.5', 'a, b; "c"'],
    ['4', '2026-01-02', 'ann', '1.49', '1e3', 'two\nlines'],
    ['5', '2026-01-02', 'nobody', '2.00', '0', 'NULL'],
    ['6', '2026-01-02', 'bob', '3.75', '12.125', "it's"],
  ],
}
export const customers: Table = {
  columns: [text('name'), text('city', true), number('age', true), number('score', true)],
  rows: [
    ['ann', 'Funchal', '30', '1.5'],
    ['bob', 'Ponta do Sol', null, null],
    ['zoë 🎈', null, '41', '-2'],
    ['quote " here', 'São \\ Vicente', '7', '0.125'],
    ['dan', 'Funchal', '0', '1e2'],
  ],
}
export const stores: Table = {
  columns: [text('code'), number('staff'), number('area', true), date('opened')],
  rows: [
    ['north', '3', '120.5', '2001-02-03'],
    ['south', '12', null, '1999-12-31'],
    ['west {1}', '1', '80', '2020-02-29'],
    ['[east], 2', '0', '-3.5', '2024-01-01'],
  ],
}
