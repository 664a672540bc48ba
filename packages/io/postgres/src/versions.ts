import {
  isLevadaError,
  LevadaError,
  packVersion,
  unpackVersion,
  type DamagedVersion,
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
    const problem = (cause as Error).message.replace(/\.$/, '')
    throw new LevadaError(
      'MANIFEST_DAMAGED',
      `Version ${number} of ${name} in ${kept} cannot be read: ${problem}.`,
      { cause, hint: `Repair that row of ${kept}, or delete it.`, details: { problem } },
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

/** A version and when it was published, by the server's clock, in milliseconds since 1970. */
export interface Published {
  readonly version: StoredVersion<Stored>
  readonly at: number
}

/** The tables beside the data: which versions an asset has, and which tables hold their rows. */
export interface Ledger extends Omit<Versions<Stored>, 'claim'> {
  top(): Promise<number>
  /** All that can be read, newest first, and what cannot, here and where it was set aside. */
  all(): Promise<{ readonly versions: readonly Published[]; readonly damaged: readonly DamagedVersion[] }>
  /** Makes the tables, once per server. */
  prepare(): Promise<void>
  /** Writes a version down; false when its number is taken. */
  record(version: StoredVersion<Stored>): Promise<boolean>
  forget(numbers: readonly number[]): Promise<void>
  /** Moves versions below the head that could not be read out of the way. They are never removed. */
  setAside(): Promise<void>
}

/**
 * `name` is the public name of the asset, quoted. Nothing is there before the first write.
 * @param notice gets what is damaged where work goes on all the same
 */
export function ledger(
  run: Run,
  schema: string,
  name: string,
  notice: (error: LevadaError) => void = () => {},
): Ledger {
  const kept = `${quoteName(schema)}.versions`
  const aside = `${quoteName(schema)}.damaged`
  const damaged = new Map<number, LevadaError>()
  const isThere = async (table: string): Promise<boolean> =>
    (await run('select to_regclass($1)', [table]))[0]![0] !== null
  const select = async (sql: string, ...values: readonly unknown[]): Promise<Rows> =>
    (await isThere(kept)) ? run(sql, [name, ...values]) : []
  /** Undefined when it is damaged. */
  const readable = ([text, number]: Rows[number]): StoredVersion<Stored> | undefined => {
    try {
      return decode(text!, kept, name, number!)
    } catch (error) {
      if (!isLevadaError(error)) throw error
      damaged.set(Number(number), error)
      return undefined
    }
  }
  const below = (number: number): Promise<Rows> =>
    select(
      `select version, number from ${kept} where asset = $1 and number < $2 order by number desc limit 1`,
      number,
    )
  return {
    async head() {
      for (let [row] = await below(2 ** 31 - 1); row; [row] = await below(Number(row[1]))) {
        const found = readable(row)
        if (!found) continue
        for (const [above, error] of damaged)
          if (above > found.number) notice(passedOver(error, name, `version ${found.number}`))
        return found
      }
      for (const error of damaged.values())
        notice(passedOver(error, name, 'nothing, as if it had never been built'))
      return undefined
    },
    async read(number) {
      const [row] = await select(
        `select version, number from ${kept} where asset = $1 and number = $2`,
        number,
      )
      return row && decode(row[0]!, kept, name, row[1]!)
    },
    async numbers() {
      const rows = await select(`select number from ${kept} where asset = $1 order by number desc`)
      return rows.map(([number]) => Number(number))
    },
    async top() {
      const [[number] = [null]] = await select(`select max(number) from ${kept} where asset = $1`)
      return Number(number ?? 0)
    },
    async all() {
      const rows = await select(
        `select version, number, extract(epoch from published_at) * 1000 from ${kept} where asset = $1 order by number desc`,
      )
      const versions = rows.flatMap((row) => {
        const version = readable(row)
        return version ? { version, at: Number(row[2]) } : []
      })
      const found = [...damaged].map(([number, { details }]): DamagedVersion => {
        return { number, at: kept, problem: details['problem'] as string }
      })
      if (await isThere(aside))
        for (const [number] of await run(`select number from ${aside} where asset = $1`, [name]))
          found.push({
            number: Number(number),
            at: aside,
            problem: 'it was set aside, as it could not be read',
          })
      return { versions, damaged: found }
    },
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
    async forget(numbers) {
      if (numbers.length > 0)
        await run(`delete from ${kept} where asset = $1 and number = any($2::integer[])`, [name, numbers])
    },
    async setAside() {
      if (damaged.size === 0) return
      await run(`create table if not exists ${aside} (like ${kept} including all)`)
      await run(
        `with moved as (delete from ${kept} where asset = $1 and number = any($2::integer[]) returning *)
         insert into ${aside} select * from moved`,
        [name, [...damaged.keys()]],
      )
      damaged.clear()
    },
  }
}

const passedOver = (error: LevadaError, name: string, used: string): LevadaError =>
  new LevadaError('MANIFEST_DAMAGED', `${error.message} ${name} goes on with ${used}.`, {
    cause: error,
    hint: error.hint,
    details: error.details,
  })
