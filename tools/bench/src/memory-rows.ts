/** What the engine may use in the benchmark of memory, in DuckDB's words. */
export const engineLimit = '512MB'
export const engineLimitMiB = 512e6 / 2 ** 20

export const columns = ['id', 'day', 'customer', 'amount', 'status', 'changed'] as const
export const partitionColumn = 'day'

/** Conditions that no row may meet. */
export const checks = [
  'amount < 0 or amount > 100000',
  "status not in ('open', 'paid', 'sent', 'returned')",
] as const

/** So many rows of one delivery, `id` of the number i of a row: 100 days, one after the other. */
export const made = (count: number, id: string, changed: number): string =>
  `select ${id} as id, date '2026-01-01' + cast(i * 100 // ${count} as int) as day, i * 7919 % 1000003 as customer, i % 10000 / 8 as amount,
     ['open', 'paid', 'sent', 'returned'][1 + i % 4] as status, ${changed} as changed
   from range(${count}) as r(i)`
