import { denials, guaranteeCells, type GuaranteesRow } from '@levada/core/run'
import { paint, plural } from './style.ts'
import { table } from './table.ts'

/** The table of what holds, by dataset and engine; `where` names the environments, when there are others. */
export function guaranteesText(rows: readonly GuaranteesRow[], where = ''): string {
  const [first] = rows
  const heads = first ? Object.keys(guaranteeCells(first)) : []
  const body = rows.map((row) => [
    row.dataset,
    row.engine,
    row.assets.length === 1 ? row.assets[0]! : plural(row.assets.length, 'asset'),
    ...Object.values(guaranteeCells(row)).map((cell) =>
      cell === true ? 'yes' : typeof cell === 'string' ? cell : '-',
    ),
  ])
  const why = new Set(
    rows.flatMap((row) =>
      // Few steps have several outputs; docs/guarantees.md says it of them.
      denials(row)
        .filter(({ of }) => of.join() !== 'together')
        .map(({ reason, of }) => `${row.dataset} (${of.join(', ')}): ${reason}`),
    ),
  )
  for (const row of rows) {
    const ofQuery = Object.entries(guaranteeCells(row)).flatMap(([head, cell]) =>
      cell === 'query' ? head : [],
    )
    if (ofQuery.length > 0)
      why.add(
        `${row.dataset} (${ofQuery.join(', ')}): of the query; its rows are as its inputs are when it is read`,
      )
  }
  return [
    paint('bold', `guarantees${where && ` in ${where}`}`),
    table(['dataset', 'engine', 'assets', ...heads], body, []),
    ...[...why].map((line) => paint('dim', line)),
  ].join('\n')
}
