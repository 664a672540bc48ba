/** Changes a file of the project that is recorded. */
export type Edit = (file: string, change: (text: string) => string) => void

/** One command of dbt, on the project `apps/dbt-orders` after a successful `build`, or on a variation of it. */
export interface Case {
  readonly name: string
  /** What the variation is. */
  readonly edit?: (edit: Edit) => void
  /** A command that runs before, and is not recorded. */
  readonly before?: readonly string[]
  /** What is changed after it. */
  readonly after?: (edit: Edit) => void
  readonly command: readonly string[]
  /** Where it tells something of its own. */
  readonly manifest?: true
}

const orders = 'seeds/raw_orders.csv'
const setStatus =
  (order: number, status: string) =>
  (edit: Edit): void =>
    edit(orders, (text) => text.replace(new RegExp(`^(${order},.*),\\w+$`, 'm'), `$1,${status}`))
/** A status that `accepted_values` does not have. */
const loseOrder = setStatus(7, 'lost')
const customers = 'models/marts/customers.sql'
const whole = 'c.customer_name,'
const broken = 'cast(c.customer_name as integer) as customer_name,'
const breakCustomers = (edit: Edit): void => edit(customers, (text) => text.replace(whole, broken))
const buildCustomers = ['build', '--select', 'customers']
const setAgeOfPayments =
  (age: string) =>
  (edit: Edit): void =>
    edit('macros/load_payments.sql', (text) =>
      text.replace('current_timestamp', `current_timestamp - interval ${age}`),
    )
const loadPayments = ['run', '--select', 'stg_payments']
const buildOrders = ['build', '--select', 'raw_orders', 'stg_orders']

export const cases: readonly Case[] = [
  { name: 'build', command: ['build'], manifest: true },
  { name: 'full-refresh', command: ['run', '--full-refresh', '--select', 'daily_revenue'] },
  {
    name: 'test-failure',
    edit: loseOrder,
    before: ['seed', '--select', 'raw_orders'],
    command: ['test', '--select', 'stg_orders'],
  },
  {
    name: 'skip',
    edit: loseOrder,
    command: [...buildOrders, 'path:models/marts/orders.sql'],
  },
  {
    name: 'retry',
    edit: breakCustomers,
    before: buildCustomers,
    after: (edit) => edit(customers, (text) => text.replace(broken, whole)),
    command: ['retry'],
  },
  {
    name: 'warning',
    edit(edit) {
      loseOrder(edit)
      edit('models/staging/_staging.yml', (text) =>
        text.replace(/accepted_values:\n(\s+)/, 'accepted_values:\n$1config: { severity: warn }\n$1'),
      )
    },
    command: buildOrders,
    manifest: true,
  },
  {
    name: 'unknown-ref',
    edit: (edit) => edit('models/staging/stg_orders.sql', (text) => text.replace('raw_orders', 'nowhere')),
    command: buildOrders,
  },
  {
    name: 'compile-error',
    edit: (edit) => edit('models/staging/stg_orders.sql', (text) => `${text}{{ no_such_macro() }}\n`),
    command: buildOrders,
  },
  { name: 'database-error', edit: breakCustomers, command: buildCustomers },
  {
    name: 'snapshot',
    edit: setStatus(300, 'completed'),
    before: ['seed', '--select', 'raw_orders'],
    command: ['snapshot'],
  },
  { name: 'freshness', before: loadPayments, command: ['source', 'freshness'] },
  {
    name: 'freshness-warning',
    edit: setAgeOfPayments('2 days'),
    before: loadPayments,
    command: ['source', 'freshness'],
  },
  {
    name: 'freshness-error',
    edit: setAgeOfPayments('5 days'),
    before: loadPayments,
    command: ['source', 'freshness'],
  },
  {
    name: 'freshness-no-table',
    edit: (edit) =>
      edit('models/staging/_sources.yml', (text) =>
        text.replace(/- name: payments\n(\s+)/, '- name: payments\n$1identifier: nowhere\n$1'),
      ),
    command: ['source', 'freshness'],
  },
  { name: 'docs', command: ['docs', 'generate'] },
  // The catalog of dbt 2; dbt 1 has no such option.
  { name: 'write-catalog', command: ['compile', '--write-catalog', '--select', 'customers'] },
  { name: 'list', command: ['ls', '--output', 'json', '--select', 'marts'] },
  { name: 'unknown-target', command: ['build', '--target', 'nowhere'] },
]
