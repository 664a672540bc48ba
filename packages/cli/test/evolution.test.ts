import { describe, expect, test } from 'vitest'
import { project, shop } from './project.ts'

const pipelines = shop['pipelines.ts']!

describe('a schema that has changed since partitions were stored', () => {
  test('a new nullable column reads as NULL in old partitions', async () => {
    using app = project(shop)
    await app.levada('run')
    app.write(
      'pipelines.ts',
      pipelines.replace(
        'customer: z.string(), amount: z.number() }),\n  key',
        'customer: z.string(), amount: z.number(), note: z.string().nullable() }),\n  key',
      ),
    )
    app.write(
      'stage.sql',
      "select *, 'new' as note from raw where day >= $partition_start and day < $partition_end\n",
    )
    expect((await app.levada('run', '--partition', '2026-01-02')).code).toBe(0)
    expect(
      JSON.parse((await app.levada('query', 'select id, note from shop.orders order by id', '--json')).out),
    ).toEqual([
      { id: '1', note: null },
      { id: '2', note: null },
      { id: '3', note: 'new' },
    ])
  })

  test('a new column that is not nullable is STALE_SCHEMA, with what to run', async () => {
    using app = project(shop)
    await app.levada('run')
    app.write(
      'pipelines.ts',
      pipelines.replace(
        'customer: z.string(), amount: z.number() }),\n  key',
        'customer: z.string(), amount: z.number(), note: z.string() }),\n  key',
      ),
    )
    app.write(
      'stage.sql',
      "select *, 'new' as note from raw where day >= $partition_start and day < $partition_end\n",
    )
    const { code, out } = await app.levada('run', 'shop.totals')
    expect(code).toBe(1)
    expect(out).toContain(
      "error STALE_SCHEMA 'shop.orders' (day=2026-01-01 and maybe others) was written without the column 'note'",
    )
    expect(out).toContain('levada run shop.orders')
    expect((await app.levada('run', '+shop.totals')).code).toBe(0)
  })
})
