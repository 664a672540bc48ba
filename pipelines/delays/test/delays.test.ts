import { expectRows, fake, runPipeline } from '@levada/testing/pipeline'
import { test } from 'vitest'
import delays from '../src/index.ts'

test('a flight is late by more than late_after_minutes, at every level', async () => {
  const flight = { flight_date: '2001-03-04', origin: 'ATL', destination: 'BOS' }
  const run = await runPipeline(delays, {
    params: { late_after_minutes: 20 },
    inputs: {
      'aviation.flights': [
        { ...flight, delay_minutes: 20 },
        { ...flight, delay_minutes: 24 },
      ],
      'geo.airports': fake([{ iata: 'ATL' }, { iata: 'BOS' }]),
    },
  })
  const expected = [{ flights: 2, average_delay_minutes: 22, late_share: 0.5 }]
  for (const asset of ['delays.daily_airport', 'delays.airport', 'delays.route'] as const)
    expectRows(run.rows(asset), expected, { columns: ['flights', 'average_delay_minutes', 'late_share'] })
})
