import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { project, shopWith, type Project } from './project.ts'

const orders = (amount: number, days: number): string => {
  const lines = ['id,day,customer,amount']
  for (let d = 0; d < days; d++) {
    const day = new Date(Date.UTC(2026, 0, 1 + d)).toISOString().slice(0, 10)
    for (let i = 0; i < 400; i++) lines.push(`${d * 400 + i},${day},ann,${amount}`)
  }
  return `${lines.join('\n')}\n`
}
const amounts = async (app: Project): Promise<unknown> =>
  JSON.parse(
    (await app.levada('query', 'select amount, count(*) as n from shop.orders group by amount', '--json'))
      .out,
  )

describe('a run that is killed', () => {
  test('at any time leaves the previous version readable, and the next run repairs', async () => {
    using app = project(shopWith({ 'landing/orders.csv': orders(1, 60) }))
    expect((await app.levada('run', 'shop.orders')).code).toBe(0)
    app.write('landing/orders.csv', orders(2, 60))
    const data = join(app.dir, 'data/shop/orders/data')
    let killedWhileWriting = 0
    for (let round = 0; round < 5; round++) {
      const run = app.start(['run', 'shop.orders'])
      const state = { ended: false }
      void run.then(() => (state.ended = true))
      const before = readdirSync(data).length
      while (readdirSync(data).length === before && !state.ended)
        await new Promise((resolve) => setTimeout(resolve, 5))
      await new Promise((resolve) => setTimeout(resolve, round * 15))
      if (run.kill('SIGKILL')) killedWhileWriting++
      await run
      const seen = await amounts(app)
      expect([[{ amount: 1, n: '24000' }], [{ amount: 2, n: '24000' }]]).toContainEqual(seen)
    }
    expect(killedWhileWriting).toBeGreaterThan(0)
    expect((await app.levada('run', 'shop.orders')).code).toBe(0)
    expect(await amounts(app)).toEqual([{ amount: 2, n: '24000' }])
  })

  test('SIGINT stops it with exit code 130 and publishes nothing of what was not done', async () => {
    using app = project(shopWith({ 'landing/orders.csv': orders(1, 60) }))
    const run = app.start(['run', '--json'])
    run.stdout!.once('data', () => run.kill('SIGINT'))
    const { exitCode, stdout } = await run
    expect(exitCode).toBe(130)
    expect(stdout).toContain('"type":"run_finished","state":"cancelled"')
    expect((await app.levada('query', 'select * from shop.totals')).err).toContain('NOT_MATERIALIZED')
  })
})

describe('two runs that race on one asset', () => {
  test('one publishes, the other is told', async () => {
    using app = project(shopWith({ 'landing/orders.csv': orders(1, 40) }))
    // The first round may end one before the other begins; then all is there, and has to be made anew.
    for (let round = 0; round < 10; round++) {
      const both = await Promise.all([
        app.levada('run', 'shop.orders', '--force'),
        app.levada('run', 'shop.orders', '--force'),
      ])
      const codes = both.map(({ code }) => code).toSorted((a, b) => a - b)
      if (codes[1] === 0) continue
      expect(codes).toEqual([0, 2])
      expect(both.find(({ code }) => code === 2)!.err).toContain('error LEASED')
      expect(await amounts(app)).toEqual([{ amount: 1, n: '16000' }])
      return
    }
    throw new Error('the two runs never met')
  })
})
