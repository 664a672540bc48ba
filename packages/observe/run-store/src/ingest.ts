import type { LevadaEvent } from '@levada/core/run'
import type { DatabaseSync, SQLInputValue } from 'node:sqlite'

type Of<T extends LevadaEvent['type']> = Extract<LevadaEvent, { type: T }>

/** Writes events of a log into the tables. */
export function ingester(database: DatabaseSync): (event: LevadaEvent) => void {
  const run = (sql: string) => {
    const statement = database.prepare(sql)
    return (values: readonly SQLInputValue[]): void => void statement.run(...values)
  }
  const startRun = run(
    `update runs set app = ?, env = ?, selection = ?, partition = ?, state = null, started_at = ?, pid = ?, host = ? where id = ?`,
  )
  const resumeRun = run(`update runs set state = null, pid = ?, host = ? where id = ?`)
  const finishRun = run(`update runs set state = ?, duration_ms = coalesce(duration_ms, 0) + ? where id = ?`)
  const startStep = run(
    `insert or replace into steps (run_id, id, pipeline, node, partitions, state, reason, started_at, position)
     values (?, ?, ?, ?, ?, 'running', ?, ?, (select count(*) from steps where run_id = ?))`,
  )
  const finishStep = run(
    `insert into steps (run_id, id, pipeline, node, partitions, state, skip_reason, because_of, duration_ms, errors, position)
     values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, (select count(*) from steps where run_id = ?))
     on conflict do update set state = excluded.state, skip_reason = excluded.skip_reason,
       because_of = excluded.because_of, duration_ms = excluded.duration_ms, errors = excluded.errors`,
  )
  const addCheck = run('insert into checks values (?, ?, ?)')
  const addMade = run('insert into materializations values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)')

  const handlers: { readonly [T in LevadaEvent['type']]?: (event: Of<T>) => void } = {
    run_started: ({ run_id, app, env, selection, partition, time, pid, host }) =>
      startRun([app, env, selection, partition ?? null, time, pid ?? null, host ?? null, run_id]),
    run_resumed: ({ run_id, pid, host }) => resumeRun([pid ?? null, host ?? null, run_id]),
    run_finished: ({ run_id, state, duration_ms }) => finishRun([state, duration_ms, run_id]),
    step_started: (event) => {
      const { run_id, step_id, pipeline, node, reason, time } = event
      startStep([run_id, step_id, pipeline, node, partitionsOf(event), reason, time, run_id])
    },
    step_finished: (event) => {
      const { run_id, step_id, pipeline, node, state, skip_reason, because_of, duration_ms, errors } = event
      const how = [state, skip_reason ?? null, because_of ?? null, duration_ms]
      const what = errors ? JSON.stringify(errors) : null
      finishStep([run_id, step_id, pipeline, node, partitionsOf(event), ...how, what, run_id])
    },
    check_finished: ({ run_id, step_id, result }) => addCheck([run_id, step_id, JSON.stringify(result)]),
    asset_materialized: ({ run_id, step_id, asset, version, number, rows, ...event }) => {
      const counts = [rows, event.rows_written, event.bytes_written, event.partitions_written]
      const inputs = JSON.stringify(event.inputs)
      addMade([run_id, step_id, asset, version, number, ...counts, inputs, event.address, event.time])
    },
  }
  return (event) => (handlers[event.type] as ((event: LevadaEvent) => void) | undefined)?.(event)
}

function partitionsOf({ partition, partitions }: Of<'step_started' | 'step_finished'>): string | null {
  if (!partition) return partitions ?? null
  return Object.entries(partition)
    .map(([name, value]) => `${name}=${value}`)
    .join(',')
}
