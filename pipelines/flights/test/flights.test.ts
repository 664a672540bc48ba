import { expectRows, fake, runPipeline } from '@levada/testing/pipeline'
import { expect, test } from 'vitest'
import flights, { type RawFlights } from '../src/index.ts'

const flight = { date: '2001-03-04T10:00:00', delay: 5, distance: 300, origin: 'ATL', destination: 'BOS' }

test('each flight once; those with an impossible delay are explained', async () => {
  const late = { ...flight, delay: 1688 }
  const run = await runPipeline(flights, { inputs: { 'aviation.raw_flights': [flight, flight, late] } })
  expectRows(run.rows('aviation.flights'), [{ delay_minutes: 5 }], { columns: ['delay_minutes'] })
  expect(run.rows('aviation.rejected_flights')[0]!.reason).toBe('left 28 hours late: probably the wrong day')
})

test('a run of one day takes its flights only', async () => {
  const raw = fake<RawFlights>([{ date: '2001-03-04T23:59:59' }, { date: '2001-03-05T00:00:00' }])
  const run = await runPipeline(flights, { inputs: { 'aviation.raw_flights': raw }, partition: '2001-03-04' })
  expect(run.rows('aviation.flights')).toHaveLength(1)
})
