import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { limitFigure, ratioFigure, type Figure } from './figure.ts'
import { alternate, median } from './measure.ts'

const lines = 200_000

/** Events of dbt's JSON log at level debug, put together of recorded lines in the shares of a real log; each side in a process of its own. */
export async function dbtEvents(pairs: number): Promise<readonly Figure[]> {
  const measure = async (side: 'ours' | 'parse'): Promise<number> =>
    Number(
      execFileSync(process.execPath, [join(import.meta.dirname, 'parse-events.ts'), side, String(lines)], {
        encoding: 'utf8',
      }),
    )
  const found = await alternate(
    pairs,
    () => measure('ours'),
    () => measure('parse'),
  )
  return [
    limitFigure(
      'dbt-events: CPU time of 200,000 lines of a log, against 1 s',
      1000,
      pairs,
      median(found.map(([ours]) => ours)),
    ),
    ratioFigure('dbt-events: CPU time, against JSON.parse of each line', 'ms', 1, found),
  ]
}
