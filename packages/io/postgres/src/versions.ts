import {
  LevadaError,
  packVersion,
  unpackVersion,
  type PackedVersion,
  type StoredVersion,
  type Versions,
} from '@levada/core/spi'
import { quoteName, type Rows, type Run } from '@levada/resource-postgres'
import type { Stored } from './store.ts'

/** @throws MANIFEST_DAMAGED */
function decode(text: string, kept: string, name: string, number: string): StoredVersion<Stored> {
  try {
    const { partitions, ...version } = JSON.parse(text) as PackedVersion<Stored>
    if (String(version.number) !== number || !Array.isArray(version.partitionBy))
      throw new TypeError('it is not what Levada wrote there')
    // Older ones name the columns of the version by their place alone.
    const columns = version.columns ?? 0
    return { ...unpackVersion<Stored>({ ...version, columns }, (unpack) => partitions.map(unpack)) }
  } catch (cause) {
    throw new LevadaError(
      'MANIFEST_DAMAGED',
      `Version ${number} of ${name} in ${kept} cannot be read: ${(cause as Error).message}`,
      {
        cause,
        hint: `Delete that row of ${kept}; the version before it becomes current.`,
      },
    )
  }
}

/**
 * Makes a schema. Two that find none at once would both make it, in spite of IF NOT EXISTS; and what to_regnamespace has not
 * found it would not find after the lock either.
 */
export async function makeSchema(run: Run, schema: string): Promise<void> {
  const found = (): Promise<Rows> => run('select 1 from pg_catalog.pg_namespace where nspname = $1', [schema])
  if ((await found()).length > 0) return
  await run('select pg_advisory_xact_lock(hashtext($1))', [`levada:schema ${schema}`])
  if ((await found()).length === 0) await run(`create schema ${quoteName(schema)}`)
}

/** The two tables beside the data: which versions an asset has, and which tables hold their rows. */
export interface Ledger extends Omit<Versions<Stored>, 'claim'> {
  /** Makes the tables, once per server. */
  prepare(): Promise<void>
  /** Writes a version down; false when its number is taken. */
  record(version: StoredVersion<Stored>): Promise<boolean>
}

/** `name` is the public name of the asset, quoted. Nothing is there before the first write. */
export function ledger(run: Run, schema: string, name: string): Ledger {
  const kept = `${quoteName(schema)}.versions`
  const one = async (sql: string, values: readonly unknown[]): Promise<StoredVersion<Stored> | undefined> => {
    const [[there]] = (await run('select to_regclass($1)', [kept])) as [[string | null]]
    if (there === null) return undefined
    const [row] = await run(sql, values)
    return row && decode(row[0]!, kept, name, row[1]!)
  }
  return {
    head: () =>
      one(`select version, number from ${kept} where asset = $1 order by number desc limit 1`, [name]),
    read: (number) =>
      one(`select version, number from ${kept} where asset = $1 and number = $2`, [name, number]),
    async prepare() {
      await makeSchema(run, schema)
      // Two writers that begin at once would both find nothing.
      await run('select pg_advisory_xact_lock(hashtext($1))', [`levada:${schema}`])
      await run(
        `create table if not exists ${kept} (
          asset text, number integer, version jsonb not null, published_at timestamptz not null default now(),
          primary key (asset, number))`,
      )
      await run(
        `create table if not exists ${quoteName(schema)}.tables (
          name text primary key, asset text not null, created_at timestamptz not null default now())`,
      )
    },
    async record(version) {
      const rows = await run(
        `insert into ${kept} (asset, number, version) values ($1, $2, $3) on conflict do nothing returning number`,
        [name, version.number, JSON.stringify(packVersion(version))],
      )
      return rows.length > 0
    },
  }
}
