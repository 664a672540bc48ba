import { DuckDBInstance, type DuckDBConnection } from '@duckdb/node-api'
import { random, type Random } from '@levada/reference'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { dayOf, regions, schemaChanges, warehouseOf, type Feed } from './tables.ts'

type Row = Record<string, string | number | boolean | null>

/** The days of a week on which each feed is delivered, from Monday on; by default on all. */
const deliveryDays: Readonly<Record<string, readonly number[]>> = {
  'sales.raw_customers': [0],
  'sales.raw_accounts': [0, 3],
  'web.raw_visits': [0, 2, 4],
  'web.raw_events': [2],
  'ship.raw_rates': [0],
  'fin.raw_fx': [0, 3],
}

const isDue = (feed: string, night: number): boolean => {
  const day = dayOf(night)
  if (feed === 'sales.raw_products') return day.endsWith('-01')
  if (feed === 'fin.raw_budgets') return day.endsWith('-01') || day.endsWith('-15')
  return deliveryDays[feed]?.includes(night % 7) ?? true
}

/** No row comes or changes later than that many days after its own. */
const latest = 4

/** How many rows of a kind came late or were corrected. */
export interface Told {
  late: number
  corrected: number
}

/** What others deliver: files that are written anew with all rows so far. */
export interface Feeds {
  readonly told: Told
  /** Writes what is due. @param bad a feed that has a row tonight that a check refuses; it is delivered again tomorrow */
  deliver(night: number, bad: string | undefined): Promise<ReadonlySet<string>>
  readonly close: () => void
}

export async function openFeeds(dir: string): Promise<Feeds> {
  const choices = random(7, 0)
  const told: Told = { late: 0, corrected: 0 }
  const rows = new Map<string, Row[]>(warehouseOf(0).feeds.map(({ name }) => [name, []]))
  /** Rows that are not there yet, with the night on which they come. */
  let held: { readonly night: number; readonly feed: string; readonly row: Row }[] = []
  const again = new Set<string>()
  const instance = await DuckDBInstance.create()
  const connection = await instance.connect()

  const add = (night: number, feed: string, row: Row, mayBeLate = true, wait = 0): void => {
    const delay = mayBeLate && choices.chance(0.1) ? 1 + choices.int(latest - maxWait(feed)) : 0
    if (delay > 0) told.late++
    held.push({ night: night + wait + delay, feed, row })
  }
  const correct = (night: number, feed: string, share: number, change: (row: Row) => void): void => {
    const first = dayOf(Math.max(0, night - latest + maxWait(feed)))
    for (const row of rows.get(feed)!)
      if (String(row['day']) >= first && choices.chance(share)) {
        change(row)
        told.corrected++
      }
  }

  return {
    told,
    async deliver(night, bad) {
      happen(choices, night, { add: (...row) => add(night, ...row), rows })
      correct(night, 'sales.raw_orders', 0.04, (row) => (row['amount'] = 1 + choices.int(500)))
      correct(night, 'web.raw_visits', 0.02, (row) => (row['n'] = choices.int(90)))
      correct(night, 'ship.raw_shipments', 0.04, (row) => (row['hours'] = 1 + choices.int(90)))
      correct(night, 'fin.raw_fx', 0.05, (row) => (row['rate'] = 90 + choices.int(20)))
      for (const { feed, row } of held.filter((each) => each.night <= night)) rows.get(feed)!.push(row)
      held = held.filter((each) => each.night > night)
      const delivered = new Set<string>()
      for (const feed of warehouseOf(night).feeds) {
        const { name } = feed
        if (night > 0 && !isDue(name, night) && !again.has(name) && name !== bad) continue
        again.delete(name)
        const all = rows.get(name)!
        const spoilt = name === bad ? [...all, spoil(all.at(-1)!)] : all
        if (name === bad) again.add(name)
        await write(connection, join(dir, fileOf(feed)), feed, spoilt)
        delivered.add(name)
      }
      return delivered
    },
    close() {
      connection.closeSync()
      instance.closeSync()
    },
  }
}

export const fileOf = ({ name, format }: Feed): string => `${name}.${format}`

/** Days that a row may wait for the delivery after it. */
const maxWait = (feed: string): number => (deliveryDays[feed] ? 3 : 0)

const spoil = (row: Row): Row => ({
  ...row,
  id: 9_999_999,
  ...('amount' in row && { amount: -1 }),
  ...('n' in row && { n: -1 }),
  ...('hours' in row && { hours: -1 }),
})

interface Happening {
  readonly add: (feed: string, row: Row, mayBeLate?: boolean, wait?: number) => void
  readonly rows: ReadonlyMap<string, Row[]>
}

/** What happens in the company on a day. */
function happen(choices: Random, night: number, { add, rows }: Happening): void {
  const day = dayOf(night)
  const since = (change: keyof typeof schemaChanges): boolean => day >= schemaChanges[change]
  for (let i = 0; i < 6; i++) {
    const id = night * 10 + i
    add(
      'sales.raw_orders',
      {
        id,
        day,
        // Nobody orders who is not known yet.
        customer: choices.int(10 + Math.floor(night / 7)),
        region: regions[i % 3]!,
        sku: choices.int(12),
        units: 1 + choices.int(5),
        amount: 1 + choices.int(500),
        coupon: since('couponAdded') && choices.chance(0.3) ? choices.pick(['spring', 'friend']) : null,
        note: choices.pick(['call', 'gift', '']),
      },
      i > 0,
    )
    // It leaves within three days.
    const wait = choices.int(4)
    if (i < 4)
      add(
        'ship.raw_shipments',
        {
          id,
          day: dayOf(night + wait),
          carrier: choices.pick(['rail', 'road']),
          hours: 1 + choices.int(90),
          express: dayOf(night + wait) >= schemaChanges.expressAdded && choices.chance(0.4) ? 'yes' : null,
        },
        i > 0,
        wait,
      )
  }
  for (const region of regions)
    add('web.raw_visits', { day, region, page: choices.pick(['home', 'cart']), n: choices.int(90) })
  for (let i = 0; i < 2; i++)
    add(
      'web.raw_events',
      {
        batch: night === 0 ? 0 : 1 + Math.floor((night + 4) / 7),
        id: night * 10 + i,
        kind: choices.pick(['click', 'scroll']),
      },
      false,
    )
  add('sales.raw_accounts', {
    id: choices.int(20),
    changed: day,
    level: choices.pick(['gold', 'plain']),
    gone: choices.chance(0.15),
  })
  add('fin.raw_fx', { day, rate: 90 + choices.int(20) }, false)
  if (night % 7 === 0)
    for (const carrier of ['rail', 'road'])
      add('ship.raw_rates', { day, carrier, rate: 1 + choices.int(9) }, false)
  if (day.endsWith('-01'))
    for (const region of regions)
      add('fin.raw_budgets', { day, region, amount: 1000 + choices.int(9000) }, false)
  if (day.endsWith('-15'))
    for (const row of rows.get('fin.raw_budgets')!)
      if (row['day'] === `${day.slice(0, 8)}01`) row['amount'] = 1000 + choices.int(9000)
  const customers = rows.get('sales.raw_customers')!
  if (night % 7 === 0)
    for (let id = night === 0 ? 0 : 9 + night / 7; id < 10 + night / 7; id++)
      add(
        'sales.raw_customers',
        {
          id,
          name: `customer ${id}`,
          city: choices.pick(['Porto', 'Faro', 'Lagos']),
          segment: choices.pick(['home', 'trade']),
          region: regions[id % 3]!,
        },
        false,
      )
  // Where somebody lives now is in no table of days.
  if (customers.length > 0 && night % 7 === 0)
    choices.pick(customers)['city'] = choices.pick(['Porto', 'Faro', 'Lagos'])
  if (night === 0)
    for (let sku = 0; sku < 12; sku++)
      add(
        'sales.raw_products',
        { sku, family: choices.pick(['tea', 'soap']), price: 1 + choices.int(50) },
        false,
      )
  else if (day.endsWith('-01'))
    for (const row of rows.get('sales.raw_products')!) row['price'] = 1 + choices.int(50)
}

const texts = (rows: readonly Row[], names: readonly string[]): string[] =>
  rows.map((row) => JSON.stringify(Object.fromEntries(names.map((name) => [name, row[name] ?? null]))))

async function write(
  connection: DuckDBConnection,
  file: string,
  { columns, format }: Feed,
  rows: readonly Row[],
): Promise<void> {
  const names = Object.keys(columns)
  if (format === 'csv')
    writeFileSync(
      file,
      [names.join(','), ...rows.map((row) => names.map((name) => row[name] ?? '').join(','))].join('\n') +
        '\n',
    )
  else if (format === 'ndjson') writeFileSync(file, texts(rows, names).join('\n') + '\n')
  else
    await connection.run(
      `copy (select ${names.map((name) => `(row->>'${name}')::${columns[name] === 'int' ? 'bigint' : 'varchar'} as ${name}`).join(', ')}
from (select unnest(from_json('[${texts(rows, names).join(',').replaceAll("'", "''")}]', '["json"]')) as row)) to '${file}' (format parquet)`,
    )
}
