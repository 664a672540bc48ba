type Rows<R> = Readonly<Record<string, readonly R[]>>
type Code = (inputs: Rows<never>) => readonly object[]

/** Nodes that throw tonight, by their table. */
export const broken: Set<string> = new Set()

function count<R>(
  rows: readonly R[],
  by: (row: R) => string | number,
): readonly (readonly [string | number, number])[] {
  const counts = new Map<string | number, number>()
  for (const row of rows) counts.set(by(row), (counts.get(by(row)) ?? 0) + 1)
  return [...counts]
}

const daysBetween = (from: string, to: string): number => (Date.parse(to) - Date.parse(from)) / 86_400_000

const code: Readonly<Record<string, Code>> = {
  'sales.segments': ({ customers }: Rows<{ segment: string }>) =>
    count(customers!, ({ segment }) => segment).map(([segment, n]) => ({ segment, customers: n })),
  'web.event_batches': ({ events }: Rows<{ batch: number }>) =>
    count(events!, ({ batch }) => batch).map(([batch, n]) => ({ batch, events: n })),
  'ship.backlog': ({ carriers }: Rows<{ day: string; hours: number }>) =>
    [...new Set(carriers!.map(({ day }) => day))].map((day) => ({
      day,
      hours: carriers!
        .filter((row) => row.day <= day && daysBetween(row.day, day) <= 2)
        .reduce((sum, { hours }) => sum + hours, 0),
    })),
  'fin.report': ({ year, margins }: Rows<{ revenue: number; margin: number }>) => [
    ...year!.map(({ revenue }) => ({ what: 'revenue', value: revenue })),
    { what: 'weeks', value: margins!.length },
    { what: 'margin', value: margins!.reduce((sum, { margin }) => sum + margin, 0) },
  ],
}

/** What a table's node computes; it throws while it is broken. */
export const codeOf =
  (table: string): Code =>
  (inputs) => {
    if (broken.has(table)) throw new Error(`${table} is broken tonight`)
    return code[table]!(inputs)
  }
