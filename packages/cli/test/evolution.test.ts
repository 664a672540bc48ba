import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { project, shop, shopWith } from './project.ts'

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

  const withNote = pipelines.replace(
    'customer: z.string(), amount: z.number() }),\n  key',
    'customer: z.string(), amount: z.number(), note: z.string() }),\n  key',
  )
  const stageNote =
    "select *, 'new' as note from raw where day >= $partition_start and day < $partition_end\n"

  test.each([
    ['a new column', withNote, stageNote, "was written without the column 'note'; it is read as string."],
    [
      'another type',
      pipelines.replace(
        'customer: z.string(), amount: z.number() }),\n  key',
        'customer: z.string(), amount: col.decimal(9, 2) }),\n  key',
      ),
      'select id, day, customer, amount::decimal(9, 2) as amount from raw where day >= $partition_start and day < $partition_end\n',
      'was written with amount: float; it is read as decimal(9, 2).',
    ],
  ])(
    'a run of one partition that would keep others which do not fit is refused: %s',
    async (_, changed, sql, fact) => {
      using app = project(shop)
      await app.levada('run')
      app.write('pipelines.ts', changed)
      app.write('stage.sql', sql)
      for (const command of ['plan', 'run']) {
        const { code, err } = await app.levada(command, 'shop.orders', '--partition', '2026-01-02')
        expect(err).toContain(`error STALE_SCHEMA 'shop.orders' (day=2026-01-01 and maybe others) ${fact}`)
        expect(err).toContain('→ Run all of its partitions: levada run shop.orders (')
        expect(code).toBe(2)
      }
      const versions = join(app.dir, 'data/shop/orders/manifests')
      expect(readdirSync(versions)).toEqual(['00000001.json'])
      expect((await app.levada('run', 'shop.orders')).code).toBe(0)
    },
  )

  test('the only partition that is stored may be replaced by one of another schema', async () => {
    using app = project(shopWith({ 'landing/orders.csv': 'id,day,customer,amount\n1,2026-01-02,ann,10\n' }))
    await app.levada('run')
    app.write('pipelines.ts', withNote)
    app.write('stage.sql', stageNote)
    expect((await app.levada('run', 'shop.orders', '--partition', '2026-01-02')).code).toBe(0)
  })

  test('reading it by query and show is STALE_SCHEMA with the same remedy', async () => {
    using app = project(shop)
    await app.levada('run')
    app.write('pipelines.ts', withNote)
    for (const words of [
      ['query', 'select * from shop.orders'],
      ['show', 'shop.orders'],
      ['show', 'shop.orders', '--partition', '2026-01-02'],
    ]) {
      const { code, err } = await app.levada(...words)
      expect(err).toMatch(/error STALE_SCHEMA 'shop\.orders' .* was written without the column 'note'/)
      expect(err).toContain('→ Build it again: levada run shop.orders (')
      expect(code).toBe(2)
    }
  })
})
