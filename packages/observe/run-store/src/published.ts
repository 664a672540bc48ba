import type { DatabaseSync } from 'node:sqlite'
import { inTransaction } from './transaction.ts'

/** What the manifest of a version tells of the run that published it. */
export interface Published {
  readonly env: string
  readonly asset: string
  readonly address: string
  readonly version: {
    readonly id: string
    readonly number: number
    readonly createdAt: string
    readonly app: string
    readonly runId: string
    readonly inputs: Readonly<Record<string, string>>
    readonly rows: number
    readonly partitions: readonly {
      readonly version: string
      readonly rows: number
      readonly sizeBytes: number
    }[]
  }
}

/** Adds the runs that no log tells of, as far as what they published does. */
export function addPublished(database: DatabaseSync, published: readonly Published[]): void {
  const addRun = database.prepare(
    `insert into runs (id, app, env, selection, state, started_at, log_bytes) values (?, ?, ?, '', 'unknown', ?, 0)
     on conflict do nothing returning id`,
  )
  const addMade = database.prepare('insert into materializations values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)')
  inTransaction(database, () => {
    for (const [runId, all] of Map.groupBy(published, ({ version }) => version.runId)) {
      const made = all.toSorted((a, b) => (a.version.createdAt < b.version.createdAt ? -1 : 1))
      const { env, version: first } = made[0]!
      if (!addRun.get(runId, first.app, env, startOf(runId) ?? first.createdAt)) continue
      for (const { asset, address, version } of made) {
        const { id, number, rows, inputs, createdAt } = version
        const own = version.partitions.filter((partition) => partition.version === id)
        const sum = (of: 'rows' | 'sizeBytes'): number => own.reduce((total, each) => total + each[of], 0)
        const counts = [rows, sum('rows'), sum('sizeBytes'), own.length] as const
        addMade.run(runId, '', asset, id, number, ...counts, JSON.stringify(inputs), address, createdAt)
      }
    }
  })
}

/** The time that a run's id begins with: `20261129T154745123Z-ab12cd`. */
function startOf(runId: string): string | undefined {
  const parts = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)(\d{3})Z-/.exec(runId)
  if (!parts) return undefined
  const [, year, month, day, hour, minute, second, ms] = parts
  return `${year}-${month}-${day}T${hour}:${minute}:${second}.${ms}Z`
}
