import { toTree, type Tree } from './yaml/write.ts'

/** The files of conf/ of the project; made anew for each case, since mutations change them. */
export const confTrees = (): Record<string, Tree> => ({
  'conf/base/globals.yml': toTree({ landing: 'landing', curated: 'data', size: 2, text: 'a b' }),
  'conf/base/catalog.yml': toTree({
    'sales.raw_orders': { type: 'csv', path: '${globals:landing}/orders.csv', delimiter: ',', header: true },
    'sales.raw_customers': { type: 'ndjson', path: '${globals:landing}/customers.ndjson' },
    'shops.raw_stores': { type: 'json', path: '${globals:landing}/stores.json' },
    'shops.raw_prices': { type: 'parquet', path: '${globals:landing}/prices.parquet' },
    '{domain}.{table}': {
      type: 'parquet',
      path: '${globals:curated}/{domain}/{table}',
      compression: '${env:CODEC,zstd}',
    },
  }),
  'conf/base/engines.yml': toTree({ default: 'duckdb', 'shops.prices': 'duckdb' }),
  'conf/base/resources.yml': toTree({
    duckdb: { memory_limit: '1GB', threads: '${globals:size}', temp_directory: '.levada/tmp' },
  }),
  'conf/base/parameters.yml': toTree({
    sales: { at_least: 1.5, top: 50, nobody: 'nobody' },
    shops: { factor: 2.5, round: false },
  }),
  'conf/prod/globals.yml': toTree({ curated: 'data-prod' }),
  'conf/prod/environment.yml': toTree({ protected: true }),
  'conf/staging/globals.yml': toTree({ curated: 'data-staging' }),
  'conf/staging/environment.yml': toTree({ protected: false, reads: 'prod' }),
})

/** What `${env:…}` finds. */
export const processEnv: Readonly<Record<string, string>> = { CODEC: 'zstd', REGION: 'north' }

export const sqlFiles: Readonly<Record<string, string>> = {
  large: 'select id, customer, amount from orders where amount >= $at_least',
  orders: `select id, day, customer, amount, weight, note
from raw
where day >= $partition_start and day < $partition_end`,
  customers: 'select name, city, age, score from raw',
  totals: `with known as (
  select c.city as place, l.id as id, l.amount as amount
  from large as l join customers as c on c.name = l.customer
)
select coalesce(place, $nobody) as city, count(id)::int as orders, cast(sum(amount) as decimal(38, 2)) as amount
from known
group by place
order by city
limit $top`,
  stores: "select code, staff, area, opened from raw where code <> '--' and area is distinct from -1.0",
  prices: `select sku, case when $round then round(price * $factor) else price * $factor end as price, label
from raw`,
}
