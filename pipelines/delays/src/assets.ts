import { asset, between, col, daily, relationship } from '@levada/core'
import { z } from 'zod'
import { airports } from './expectations.ts'

/** The measures that all three assets share, over the flights of a group. */
const measures = {
  average_delay_minutes: z.number().meta({ unit: 'minutes' }),
  p90_delay_minutes: z
    .number()
    .meta({ unit: 'minutes' })
    .describe('Nine in ten flights were at most this late; continuous.'),
  late_share: z.number().describe('Share of flights later than late_after_minutes, 0 to 1.'),
}

export const dailyAirport = asset('delays.daily_airport', {
  description: 'Departures and delays by day and airport.',
  owner: 'operations-team',
  tags: ['daily'],
  schema: z.object({ flight_date: col.date(), origin: z.string(), flights: z.int(), ...measures }),
  key: ['flight_date', 'origin'],
  partitions: [daily('flight_date')],
  checks: [between('late_share', 0, 1)],
})

export const airport = asset('delays.airport', {
  description: 'One row per airport with a departure; measures over its flights, not over days.',
  owner: 'operations-team',
  tags: ['report'],
  schema: z.object({
    iata: z.string(),
    name: z.string(),
    city: z.string(),
    state: z.string(),
    latitude: z.number(),
    longitude: z.number(),
    flights: z.int().describe('Departures.'),
    ...measures,
  }),
  key: ['iata'],
  checks: [between('late_share', 0, 1), relationship('iata', airports, 'iata')],
})

export const route = asset('delays.route', {
  description: 'Departures and delays by origin and destination.',
  owner: 'operations-team',
  tags: ['report'],
  schema: z.object({
    origin: z.string(),
    destination: z.string(),
    flights: z.int(),
    average_delay_minutes: measures.average_delay_minutes,
    late_share: measures.late_share,
  }),
  key: ['origin', 'destination'],
  checks: [between('late_share', 0, 1)],
})
