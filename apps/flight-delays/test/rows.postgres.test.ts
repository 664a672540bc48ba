import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openApp, type Session } from '@levada/core/run'
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest'
import app from '../levada.config.ts'

const appDir = join(import.meta.dirname, '..')
const curated = mkdtempSync(join(tmpdir(), 'levada-flights-'))
const server = inject('postgres')

type Row = Readonly<Record<string, unknown>>
let duckdb: Session<Record<string, Row>>
let postgres: Session<Record<string, Row>>

async function runIn(env: string): Promise<Session<Record<string, Row>>> {
  const session = (await openApp(app, {
    appDir,
    env,
    processEnv: {
      ...process.env,
      LEVADA_BENCH_CURATED: curated,
      PGHOST: server.host,
      PGPORT: String(server.port),
      PGUSER: server.user,
      PGPASSWORD: server.password,
      PGDATABASE: server.database,
    },
  })) as unknown as Session<Record<string, Row>>
  const result = await session.run(await session.plan())
  expect(result.state).toBe('succeeded')
  return session
}

beforeAll(async () => {
  duckdb = await runIn('bench')
  postgres = await runIn('postgres')
}, 240_000)

afterAll(async () => {
  await duckdb?.close()
  await postgres?.close()
  rmSync(curated, { recursive: true, force: true })
})

/** By key, floats apart. */
async function contents(session: Session<Record<string, Row>>, asset: string, key: readonly string[]) {
  const { columns } = session.load(asset)
  const floats = columns.filter(({ type }) => type.kind === 'float').map(({ name }) => name)
  const rows = new Map<string, { exact: Row; floats: readonly number[] }>()
  for (const row of await session.load(asset).rows()) {
    const exact = Object.fromEntries(Object.entries(row).filter(([name]) => !floats.includes(name)))
    rows.set(key.map((name) => String(row[name])).join(' '), {
      exact,
      floats: floats.map((name) => row[name] as number),
    })
  }
  return rows
}

describe('PostgreSQL and DuckDB publish the same', () => {
  test.each<[string, readonly string[]]>([
    ['aviation.rejected_flights', ['departed_at', 'origin', 'destination', 'delay_minutes']],
    ['geo.airports', ['iata']],
    ['delays.daily_airport', ['flight_date', 'origin']],
    ['delays.airport', ['iata']],
    ['delays.route', ['origin', 'destination']],
  ])('%s', async (asset, key) => {
    const ours = await contents(postgres, asset, key)
    const other = await contents(duckdb, asset, key)
    expect(ours.size).toBeGreaterThan(10)
    expect([...ours.keys()].toSorted()).toEqual([...other.keys()].toSorted())
    // Relative to the value, whatever its size; only where rounding leaves 2e-16 minutes instead of none there is nothing to relate to.
    let worst = 0
    for (const [id, { exact, floats }] of ours) {
      const same = other.get(id)!
      expect(exact).toEqual(same.exact)
      for (const [i, value] of floats.entries()) {
        const expected = same.floats[i]!
        const nothing = Math.abs(expected) < 1e-12 && Math.abs(value) < 1e-12
        if (!nothing) worst = Math.max(worst, Math.abs(value - expected) / Math.abs(expected))
      }
    }
    expect(worst).toBeLessThanOrEqual(1e-9)
  })

  test('aviation.flights, day by day', async () => {
    const text = `select flight_date, count(*) as flights, count(distinct origin) as origins, count(distinct destination) as destinations,
      cast(sum(delay_minutes) as bigint) as delay, cast(sum(distance_miles) as bigint) as distance,
      min(departed_at) as first, max(departed_at) as last
      from aviation.flights group by flight_date order by flight_date`
    const { rows } = await postgres.query(text, { limit: 1000 })
    expect(rows).toHaveLength(182)
    expect(rows).toEqual((await duckdb.query(text, { limit: 1000 })).rows)
  })
})

test('the plan tells what is moved between engines', async () => {
  const { steps } = await postgres.plan('', { force: true })
  const moved = steps.flatMap(({ inputs }) => inputs.filter((input) => input.moved).map(({ asset }) => asset))
  expect(new Set(moved)).toEqual(new Set(['aviation.raw_flights', 'geo.raw_airports']))
  expect(
    (await duckdb.plan('', { force: true })).steps.some(({ inputs }) => inputs.some((input) => input.moved)),
  ).toBe(false)
})
