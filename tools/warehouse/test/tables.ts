/** A column's type, in few letters: `?` may be NULL, `=false` is what rows have that were stored without it. */
export type Type = 'int' | 'number' | 'text' | 'text?' | 'date' | 'boolean' | 'boolean=false'
export type Columns = Readonly<Record<string, Type>>
export type Grain = 'daily' | 'weekly' | 'monthly'

export interface Feed {
  readonly name: string
  readonly format: 'csv' | 'ndjson' | 'parquet'
  readonly columns: Columns
}

export interface Input {
  readonly table: string
  /** Partitions before and after those of the same time. */
  readonly window?: readonly [number, number]
  /** What is expected of another pipeline; a table of the own one is read as it is. */
  readonly columns?: Columns
}

export interface Table {
  readonly name: string
  readonly pipeline: string
  readonly columns: Columns
  /** By the column `day`. */
  readonly grain?: Grain
  /** By the column `region`, too. */
  readonly regions?: true
  readonly key?: readonly string[]
  /** A column of whole numbers, none of which is below 0: what a bad row breaks. */
  readonly positive?: string
  readonly inputs: Readonly<Record<string, Input>>
  /** All of its rows, of all rows of its inputs, which are there by their aliases. */
  readonly sql: string
  /** Brought up to date by what is new from `$since` on; `changes` selects those. */
  readonly incremental?: { readonly kind: 'append' | 'merge'; readonly by: string; readonly changes: string }
  /** It is computed by TypeScript: `code.ts` has the function. */
  readonly code?: true
}

export const regions = ['east', 'north', 'west'] as const
export const firstDay = '2021-02-01'

/** The last one begins a week. */
export const dayOf = (night: number): string =>
  new Date(Date.parse(firstDay) + night * 86_400_000).toISOString().slice(0, 10)

/** What changes the schemas of the warehouse, from a night on: one in every month. */
export const schemaChanges = {
  couponAdded: '2021-02-15',
  expressAdded: '2021-03-15',
  unitsWidened: '2021-04-15',
  noteDropped: '2021-05-14',
} as const

export interface Warehouse {
  readonly feeds: readonly Feed[]
  readonly tables: readonly Table[]
}

/** Which pipelines each team's app runs, and which those of others it reads. */
export const teams = {
  shop: { pipelines: ['sales', 'web'], externals: [] },
  logistics: { pipelines: ['ship'], externals: ['sales'] },
  finance: { pipelines: ['fin'], externals: ['sales', 'ship'] },
} as const
export type Team = keyof typeof teams

const dailyTotals: Columns = { day: 'date', orders: 'int', amount: 'int' }
const regionTotals: Columns = { day: 'date', region: 'text', orders: 'int', amount: 'int' }

/** All that is declared on a night. */
export function warehouseOf(night: number): Warehouse {
  const since = (change: keyof typeof schemaChanges): boolean => dayOf(night) >= schemaChanges[change]
  const coupon: Columns = since('couponAdded') ? { coupon: 'text?' } : {}
  const note: Columns = since('noteDropped') ? {} : { note: 'text' }
  const hasExpress = since('expressAdded')
  const isWide = since('unitsWidened')
  const feeds: readonly Feed[] = [
    {
      name: 'sales.raw_orders',
      format: 'ndjson',
      columns: {
        id: 'int',
        day: 'date',
        customer: 'int',
        region: 'text',
        sku: 'int',
        units: 'int',
        amount: 'int',
        ...coupon,
        ...note,
      },
    },
    {
      name: 'sales.raw_customers',
      format: 'csv',
      columns: { id: 'int', name: 'text', city: 'text', segment: 'text', region: 'text' },
    },
    {
      name: 'sales.raw_products',
      format: 'parquet',
      columns: { sku: 'int', family: 'text', price: 'int' },
    },
    {
      name: 'sales.raw_accounts',
      format: 'csv',
      columns: { id: 'int', changed: 'date', level: 'text', gone: 'boolean' },
    },
    {
      name: 'web.raw_visits',
      format: 'csv',
      columns: { day: 'date', region: 'text', page: 'text', n: 'int' },
    },
    {
      name: 'web.raw_events',
      format: 'ndjson',
      columns: { batch: 'int', id: 'int', kind: 'text' },
    },
    {
      name: 'ship.raw_shipments',
      format: 'csv',
      columns: {
        id: 'int',
        day: 'date',
        carrier: 'text',
        hours: 'int',
        ...(hasExpress && ({ express: 'text?' } as const)),
      },
    },
    { name: 'ship.raw_rates', format: 'csv', columns: { day: 'date', carrier: 'text', rate: 'int' } },
    { name: 'fin.raw_budgets', format: 'ndjson', columns: { day: 'date', region: 'text', amount: 'int' } },
    { name: 'fin.raw_fx', format: 'csv', columns: { day: 'date', rate: 'int' } },
  ]

  const sales: readonly Omit<Table, 'pipeline'>[] = [
    {
      name: 'sales.orders',
      grain: 'daily',
      key: ['id'],
      positive: 'amount',
      columns: {
        id: 'int',
        day: 'date',
        customer: 'int',
        region: 'text',
        sku: 'int',
        units: isWide ? 'number' : 'int',
        amount: 'int',
        ...coupon,
        ...note,
      },
      inputs: { raw: { table: 'sales.raw_orders' } },
      sql: `select * replace (cast(units as ${isWide ? 'double' : 'bigint'}) as units) from raw`,
    },
    {
      name: 'sales.orders_by_region',
      grain: 'daily',
      regions: true,
      columns: regionTotals,
      inputs: { orders: { table: 'sales.orders' } },
      sql: 'select day, region, count(*) as orders, sum(amount)::bigint as amount from orders group by all',
    },
    {
      name: 'sales.daily',
      grain: 'daily',
      key: ['day'],
      columns: dailyTotals,
      inputs: { orders: { table: 'sales.orders' } },
      sql: 'select day, count(*) as orders, sum(amount)::bigint as amount from orders group by all',
    },
    {
      name: 'sales.trailing',
      grain: 'daily',
      columns: { day: 'date', amount: 'int', days: 'int' },
      inputs: { daily: { table: 'sales.daily', window: [-6, 0] } },
      sql: `select d.day, sum(l.amount)::bigint as amount, count(*) as days
from daily as d join daily as l on l.day <= d.day and l.day > d.day - 7 group by d.day`,
    },
    {
      name: 'sales.day_before',
      grain: 'daily',
      columns: { day: 'date', amount: 'int' },
      inputs: { daily: { table: 'sales.daily', window: [-1, -1] } },
      sql: 'select cast(day + 1 as date) as day, amount from daily',
    },
    {
      name: 'sales.weekly',
      grain: 'weekly',
      columns: dailyTotals,
      inputs: { daily: { table: 'sales.daily' } },
      sql: `select cast(date_trunc('week', day) as date) as day, sum(orders)::bigint as orders, sum(amount)::bigint as amount
from daily group by all`,
    },
    {
      name: 'sales.weekly_change',
      grain: 'weekly',
      columns: { day: 'date', change: 'int' },
      inputs: { weekly: { table: 'sales.weekly', window: [-1, 0] } },
      sql: `select w.day, w.amount - coalesce(b.amount, 0) as change from weekly as w left join weekly as b on b.day = w.day - 7`,
    },
    {
      name: 'sales.monthly',
      grain: 'monthly',
      columns: dailyTotals,
      inputs: { daily: { table: 'sales.daily' } },
      sql: `select cast(date_trunc('month', day) as date) as day, sum(orders)::bigint as orders, sum(amount)::bigint as amount
from daily group by all`,
    },
    {
      name: 'sales.monthly_by_region',
      grain: 'monthly',
      regions: true,
      columns: regionTotals,
      inputs: { days: { table: 'sales.orders_by_region' } },
      sql: `select cast(date_trunc('month', day) as date) as day, region, sum(orders)::bigint as orders, sum(amount)::bigint as amount
from days group by all`,
    },
    {
      name: 'sales.customers',
      key: ['id'],
      columns: { id: 'int', name: 'text', city: 'text', segment: 'text', region: 'text' },
      inputs: { raw: { table: 'sales.raw_customers' } },
      sql: 'select * from raw',
    },
    {
      name: 'sales.products',
      key: ['sku'],
      columns: { sku: 'int', family: 'text', price: 'int' },
      inputs: { raw: { table: 'sales.raw_products' } },
      sql: 'select * from raw',
    },
    {
      name: 'sales.accounts',
      key: ['id'],
      columns: { id: 'int', changed: 'date', level: 'text', gone: 'boolean' },
      inputs: { raw: { table: 'sales.raw_accounts' } },
      sql: `select id, changed, level, gone from (
  select *, row_number() over (partition by id order by changed desc) as place from raw) where place = 1 and not gone`,
      incremental: {
        kind: 'merge',
        by: 'changed',
        changes: `select id, changed, level, gone from (
  select *, row_number() over (partition by id order by changed desc) as place from raw where changed >= $since) as newest where place = 1`,
      },
    },
    {
      name: 'sales.levels',
      columns: { level: 'text', accounts: 'int' },
      inputs: { accounts: { table: 'sales.accounts' } },
      sql: 'select level, count(*) as accounts from accounts group by all',
    },
    {
      name: 'sales.segments',
      code: true,
      columns: { segment: 'text', customers: 'int' },
      inputs: { customers: { table: 'sales.customers' } },
      sql: 'select segment, count(*) as customers from customers group by all',
    },
    {
      name: 'sales.cities',
      columns: { city: 'text', customers: 'int' },
      inputs: { customers: { table: 'sales.customers' } },
      sql: 'select city, count(*) as customers from customers group by all',
    },
    {
      name: 'sales.regions',
      regions: true,
      columns: { region: 'text', customers: 'int' },
      inputs: { customers: { table: 'sales.customers' } },
      sql: 'select region, count(*) as customers from customers group by all',
    },
    {
      name: 'sales.region_ranks',
      regions: true,
      columns: { region: 'text', large: 'boolean' },
      inputs: { known: { table: 'sales.regions' } },
      sql: 'select region, customers > 5 as large from known',
    },
    {
      name: 'sales.segment_days',
      grain: 'daily',
      columns: { day: 'date', segment: 'text', amount: 'int' },
      inputs: { orders: { table: 'sales.orders' }, customers: { table: 'sales.customers' } },
      sql: `select o.day, c.segment, sum(o.amount)::bigint as amount
from orders as o join customers as c on c.id = o.customer group by all`,
    },
    {
      name: 'sales.family_days',
      grain: 'daily',
      columns: { day: 'date', family: 'text', units: 'number' },
      inputs: { orders: { table: 'sales.orders' }, products: { table: 'sales.products' } },
      sql: `select o.day, p.family, sum(o.units)::double as units from orders as o join products as p on p.sku = o.sku group by all`,
    },
    {
      name: 'sales.top_skus',
      columns: { sku: 'int', units: 'number', amount: 'int' },
      inputs: { orders: { table: 'sales.orders' } },
      sql: 'select sku, sum(units)::double as units, sum(amount)::bigint as amount from orders group by all',
    },
    ...(since('couponAdded')
      ? [
          {
            name: 'sales.coupons',
            columns: { coupon: 'text', orders: 'int' },
            inputs: { orders: { table: 'sales.orders' } },
            sql: 'select coupon, count(*) as orders from orders where coupon is not null group by all',
          } as const,
        ]
      : []),
  ]

  const web: readonly Omit<Table, 'pipeline'>[] = [
    {
      name: 'web.visits',
      grain: 'daily',
      regions: true,
      positive: 'n',
      columns: { day: 'date', region: 'text', page: 'text', n: 'int' },
      inputs: { raw: { table: 'web.raw_visits' } },
      sql: 'select * from raw',
    },
    {
      name: 'web.visit_days',
      grain: 'daily',
      columns: { day: 'date', visits: 'int' },
      inputs: { visits: { table: 'web.visits' } },
      sql: 'select day, sum(n)::bigint as visits from visits group by all',
    },
    {
      name: 'web.pages',
      grain: 'weekly',
      columns: { day: 'date', page: 'text', visits: 'int' },
      inputs: { visits: { table: 'web.visits' } },
      sql: `select cast(date_trunc('week', day) as date) as day, page, sum(n)::bigint as visits from visits group by all`,
    },
    {
      name: 'web.page_totals',
      columns: { page: 'text', visits: 'int' },
      inputs: { pages: { table: 'web.pages' } },
      sql: 'select page, sum(visits)::bigint as visits from pages group by all',
    },
    {
      name: 'web.events',
      columns: { batch: 'int', id: 'int', kind: 'text' },
      inputs: { raw: { table: 'web.raw_events' } },
      sql: 'select * from raw',
      incremental: { kind: 'append', by: 'batch', changes: 'select * from raw where batch >= $since' },
    },
    {
      name: 'web.event_kinds',
      columns: { kind: 'text', events: 'int' },
      inputs: { events: { table: 'web.events' } },
      sql: 'select kind, count(*) as events from events group by all',
    },
    {
      name: 'web.event_batches',
      code: true,
      columns: { batch: 'int', events: 'int' },
      inputs: { events: { table: 'web.events' } },
      sql: 'select batch, count(*) as events from events group by all',
    },
    {
      name: 'web.conversion',
      grain: 'daily',
      columns: { day: 'date', visits: 'int', orders: 'int' },
      inputs: {
        visits: { table: 'web.visit_days' },
        sales: { table: 'sales.daily', columns: { day: 'date', orders: 'int' } },
      },
      sql: 'select s.day, coalesce(v.visits, 0) as visits, s.orders from sales as s left join visits as v on v.day = s.day',
    },
    {
      name: 'web.conversion_weekly',
      grain: 'weekly',
      columns: { day: 'date', visits: 'int', orders: 'int' },
      inputs: { days: { table: 'web.conversion' } },
      sql: `select cast(date_trunc('week', day) as date) as day, sum(visits)::bigint as visits, sum(orders)::bigint as orders
from days group by all`,
    },
  ]

  const ship: readonly Omit<Table, 'pipeline'>[] = [
    {
      name: 'ship.shipments',
      grain: 'daily',
      key: ['id'],
      positive: 'hours',
      columns: {
        id: 'int',
        day: 'date',
        carrier: 'text',
        hours: 'int',
        ...(hasExpress && ({ express: 'boolean=false' } as const)),
      },
      inputs: { raw: { table: 'ship.raw_shipments' } },
      sql: hasExpress
        ? `select * replace (coalesce(express = 'yes', false) as express) from raw`
        : 'select * from raw',
    },
    {
      name: 'ship.carriers',
      grain: 'daily',
      columns: { day: 'date', carrier: 'text', shipments: 'int', hours: 'int' },
      inputs: { shipments: { table: 'ship.shipments' } },
      sql: 'select day, carrier, count(*) as shipments, sum(hours)::bigint as hours from shipments group by all',
    },
    {
      name: 'ship.carrier_totals',
      columns: { carrier: 'text', shipments: 'int', hours: 'int' },
      inputs: { days: { table: 'ship.carriers' } },
      sql: 'select carrier, sum(shipments)::bigint as shipments, sum(hours)::bigint as hours from days group by all',
    },
    {
      name: 'ship.delays',
      grain: 'daily',
      columns: { day: 'date', id: 'int', region: 'text', late: 'int' },
      inputs: {
        shipments: { table: 'ship.shipments' },
        orders: {
          table: 'sales.orders',
          window: [-3, 0],
          columns: { id: 'int', day: 'date', region: 'text' },
        },
      },
      sql: `select s.day, s.id, o.region, cast(s.day - o.day as bigint) as late
from shipments as s join orders as o on o.id = s.id and o.day between s.day - 3 and s.day`,
    },
    {
      name: 'ship.backlog',
      grain: 'daily',
      code: true,
      columns: { day: 'date', hours: 'int' },
      inputs: { carriers: { table: 'ship.carriers', window: [-2, 0] } },
      sql: `select d.day, sum(c.hours)::bigint as hours from (select distinct day from carriers) as d
join carriers as c on c.day <= d.day and c.day >= d.day - 2 group by d.day`,
    },
    {
      name: 'ship.weekly',
      grain: 'weekly',
      columns: { day: 'date', carrier: 'text', hours: 'int' },
      inputs: { days: { table: 'ship.carriers' } },
      sql: `select cast(date_trunc('week', day) as date) as day, carrier, sum(hours)::bigint as hours from days group by all`,
    },
    {
      name: 'ship.monthly',
      grain: 'monthly',
      columns: { day: 'date', shipments: 'int' },
      inputs: { days: { table: 'ship.carriers' } },
      sql: `select cast(date_trunc('month', day) as date) as day, sum(shipments)::bigint as shipments from days group by all`,
    },
    {
      name: 'ship.rates',
      grain: 'weekly',
      columns: { day: 'date', carrier: 'text', rate: 'int' },
      inputs: { raw: { table: 'ship.raw_rates' } },
      sql: 'select * from raw',
    },
    {
      name: 'ship.rate_changes',
      grain: 'weekly',
      columns: { day: 'date', carrier: 'text', change: 'int' },
      inputs: { rates: { table: 'ship.rates', window: [-1, 0] } },
      sql: `select r.day, r.carrier, r.rate - b.rate as change from rates as r
join rates as b on b.carrier = r.carrier and b.day = r.day - 7`,
    },
    {
      name: 'ship.costs',
      grain: 'weekly',
      columns: { day: 'date', carrier: 'text', cost: 'int' },
      inputs: { weeks: { table: 'ship.weekly' }, rates: { table: 'ship.rates' } },
      sql: `select w.day, w.carrier, w.hours * r.rate as cost from weeks as w
join rates as r on r.day = w.day and r.carrier = w.carrier`,
    },
    {
      name: 'ship.load',
      grain: 'daily',
      regions: true,
      columns: { day: 'date', region: 'text', orders: 'int' },
      inputs: {
        sold: {
          table: 'sales.orders_by_region',
          columns: { day: 'date', region: 'text', orders: 'int' },
        },
      },
      sql: 'select day, region, orders * 2 as orders from sold',
    },
  ]

  const fin: readonly Omit<Table, 'pipeline'>[] = [
    {
      name: 'fin.budgets',
      grain: 'monthly',
      regions: true,
      columns: { day: 'date', region: 'text', amount: 'int' },
      inputs: { raw: { table: 'fin.raw_budgets' } },
      sql: 'select * from raw',
    },
    {
      name: 'fin.budget_totals',
      columns: { region: 'text', amount: 'int' },
      inputs: { budgets: { table: 'fin.budgets' } },
      sql: 'select region, sum(amount)::bigint as amount from budgets group by all',
    },
    {
      name: 'fin.plan',
      grain: 'monthly',
      regions: true,
      columns: { day: 'date', region: 'text', missing: 'int' },
      inputs: {
        budgets: { table: 'fin.budgets' },
        sold: {
          table: 'sales.monthly_by_region',
          columns: { day: 'date', region: 'text', amount: 'int' },
        },
      },
      sql: `select b.day, b.region, b.amount - s.amount as missing from budgets as b
join sold as s on s.day = b.day and s.region = b.region`,
    },
    {
      name: 'fin.fx',
      grain: 'daily',
      columns: { day: 'date', rate: 'int' },
      inputs: { raw: { table: 'fin.raw_fx' } },
      sql: 'select * from raw',
    },
    {
      name: 'fin.revenue',
      grain: 'daily',
      columns: { day: 'date', revenue: 'int' },
      inputs: {
        sold: { table: 'sales.daily', columns: { day: 'date', amount: 'int' } },
        fx: { table: 'fin.fx' },
      },
      sql: 'select s.day, s.amount * f.rate as revenue from sold as s join fx as f on f.day = s.day',
    },
    {
      name: 'fin.revenue_monthly',
      grain: 'monthly',
      columns: { day: 'date', revenue: 'int' },
      inputs: { days: { table: 'fin.revenue' } },
      sql: `select cast(date_trunc('month', day) as date) as day, sum(revenue)::bigint as revenue from days group by all`,
    },
    {
      name: 'fin.costs',
      grain: 'weekly',
      columns: { day: 'date', cost: 'int' },
      inputs: { costs: { table: 'ship.costs', columns: { day: 'date', cost: 'int' } } },
      sql: 'select day, sum(cost)::bigint as cost from costs group by all',
    },
    {
      name: 'fin.margins',
      grain: 'weekly',
      columns: { day: 'date', margin: 'int' },
      inputs: { days: { table: 'fin.revenue' }, costs: { table: 'fin.costs' } },
      sql: `select c.day, sum(d.revenue)::bigint - c.cost as margin from costs as c
join days as d on d.day >= c.day and d.day < c.day + 7 group by c.day, c.cost`,
    },
    {
      name: 'fin.year',
      columns: { revenue: 'int', months: 'int' },
      inputs: { months: { table: 'fin.revenue_monthly' } },
      sql: 'select sum(revenue)::bigint as revenue, count(*) as months from months having count(*) > 0',
    },
    {
      name: 'fin.report',
      code: true,
      columns: { what: 'text', value: 'int' },
      inputs: { year: { table: 'fin.year' }, margins: { table: 'fin.margins' } },
      sql: `select 'revenue' as what, revenue as value from year
union all select 'weeks', count(*) from margins union all select 'margin', coalesce(sum(margin), 0)::bigint from margins`,
    },
  ]
  const inPipeline = (pipeline: string, tables: readonly Omit<Table, 'pipeline'>[]): readonly Table[] =>
    tables.map((table) => ({ ...table, pipeline }))
  return {
    feeds,
    tables: [
      ...inPipeline('sales', sales),
      ...inPipeline('web', web),
      ...inPipeline('ship', ship),
      ...inPipeline('fin', fin),
    ],
  }
}

/** The SQL that a node has: of what it is asked for, as far as a partition or a moment is asked for at all. */
export function sqlOf({ sql: all, grain, regions: hasRegions, incremental }: Table): string {
  if (incremental) return incremental.changes
  if (!grain) return all
  const region = hasRegions ? ' and region = any($partition_values_region)' : ''
  return `select * from (\n${all}\n) as made where day >= $partition_start and day < $partition_end${region}`
}
