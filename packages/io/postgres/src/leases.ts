import type { Lease, LeaseAnswer, LeaseHolder, LeaseInUse } from '@levada/core/spi'
import { quoteName, type Run } from '@levada/resource-postgres'
import { makeSchema } from './versions.ts'

export interface LeasePlace {
  readonly run: Run
  readonly transaction: <T>(work: (run: Run) => Promise<T>) => Promise<T>
  /** The schema of versions. */
  readonly schema: string
  /** The public name of the asset, quoted. */
  readonly name: string
}

/** Takes the lease of an asset: a row beside its versions, whose age is told by the clock of the server. */
export async function takeLease(
  { run, transaction, schema, name }: LeasePlace,
  holder: LeaseHolder,
  over: string | undefined,
): Promise<LeaseAnswer> {
  const table = `${quoteName(schema)}.leases`
  const token = `${holder.runId} ${holder.pid} ${Math.random().toString(36).slice(2)}`
  if ((await run('select to_regclass($1)', [table]))[0]![0] === null)
    await transaction(async (own) => {
      await makeSchema(own, schema)
      // Two that begin at once would both find nothing.
      await own('select pg_advisory_xact_lock(hashtext($1))', [`levada:${schema}`])
      await own(
        `create table if not exists ${table} (
          asset text primary key, token text not null, holder jsonb not null,
          beats integer not null default 0, beat_at timestamptz not null default now())`,
      )
    })
  for (;;) {
    const taken = await run(
      `insert into ${table} as held (asset, token, holder) values ($1, $2, $3)
       on conflict (asset) do update set token = excluded.token, holder = excluded.holder, beats = 0, beat_at = now()
       where held.token = $4 returning token`,
      [name, token, JSON.stringify(holder), over ?? null],
    )
    if (taken.length > 0) return { lease: leaseOf(run, table, name, token) }
    const inUse = await find(run, table, name)
    // Otherwise it was released meanwhile.
    if (inUse) return { inUse }
  }
}

async function find(run: Run, table: string, name: string): Promise<LeaseInUse | undefined> {
  const [row] = await run(
    `select token, holder, beats, extract(epoch from clock_timestamp() - beat_at) * 1000 from ${table} where asset = $1`,
    [name],
  )
  if (!row) return undefined
  const [token, holder, beats, silent] = row
  return {
    token: token!,
    holder: JSON.parse(holder!) as LeaseHolder,
    pulse: beats!,
    silentMs: Number(silent),
  }
}

const leaseOf = (run: Run, table: string, name: string, token: string): Lease => ({
  async beat() {
    await run(
      `update ${table} set beats = beats + 1, beat_at = clock_timestamp() where asset = $1 and token = $2`,
      [name, token],
    )
  },
  async lost() {
    const found = await find(run, table, name)
    return found?.token === token ? undefined : { by: found?.holder }
  },
  async release() {
    await run(`delete from ${table} where asset = $1 and token = $2`, [name, token])
  },
})
