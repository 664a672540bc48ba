import { openApp } from '@levada/core/run'
import { join } from 'node:path'
import { appOf } from './apps.ts'
import { recompute, textOf } from './recompute.ts'
import { teams, warehouseOf, type Team } from './tables.ts'

export interface Compared {
  readonly tables: number
  readonly rows: number
  readonly differences: readonly string[]
}

/** Holds all rows of every table against what is computed of all that was delivered. */
export async function compareAll(root: string, landing: string, night: number): Promise<Compared> {
  const wanted = await recompute(landing, night)
  const differences: string[] = []
  let [tables, rows] = [0, 0]
  for (const team of Object.keys(teams) as Team[]) {
    await using session = await openApp(appOf(team, night), { appDir: join(root, team), env: 'prod' })
    for (const { name, pipeline, columns } of warehouseOf(night).tables) {
      if (!(teams[team].pipelines as readonly string[]).includes(pipeline)) continue
      const stored = (await session.load(name as never).rows()) as readonly Record<string, unknown>[]
      const names = Object.keys(columns)
      const have = stored
        .map((row) =>
          textOf(
            columns,
            names.map((column) => row[column]),
          ),
        )
        .toSorted()
      const want = wanted.get(name)!
      tables++
      rows += have.length
      if (have.join('\n') === want.join('\n')) continue
      const some = (these: readonly string[], others: readonly string[]): string =>
        these
          .filter((row) => !others.includes(row))
          .slice(0, 5)
          .join(' | ')
      differences.push(
        `${name}: ${have.length} rows, expected ${want.length}; only here ${some(have, want)}; missing ${some(want, have)}`,
      )
    }
  }
  return { tables, rows, differences }
}
