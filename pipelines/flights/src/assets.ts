import { asset, between, col, daily, source } from '@levada/core'
import { z } from 'zod'

/** The file as the agency delivers it: one row per flight, a few of them twice. */
export const rawFlights = source('aviation.raw_flights', {
  description: 'Domestic flights as delivered, first half of 2001.',
  schema: z.object({
    date: col.timestamp(),
    delay: z.int(),
    distance: z.int(),
    origin: z.string(),
    destination: z.string(),
  }),
})

/** What the package says of a flight. */
export const flightColumns = {
  departed_at: col.timestamp().describe('Local time at the origin.'),
  flight_date: col.date(),
  origin: z.string().describe('IATA code.'),
  destination: z.string().describe('IATA code.'),
  distance_miles: z.int().meta({ unit: 'miles' }),
  delay_minutes: z.int().meta({ unit: 'minutes' }).describe('Departure delay; negative when early.'),
}

export const flights = asset('aviation.flights', {
  description: 'One row per domestic flight, exact duplicates removed, delays between -120 and 1440 minutes.',
  owner: 'aviation-team',
  tags: ['daily'],
  schema: z.object(flightColumns),
  partitions: [daily('flight_date')],
  checks: [between('delay_minutes', -120, 1440), between('delay_minutes', -60, 600, { severity: 'warn' })],
})

export const rejectedFlights = asset('aviation.rejected_flights', {
  description: 'The flights whose delay cannot be right, each with the reason.',
  owner: 'aviation-team',
  tags: ['daily'],
  schema: z.object({ ...flightColumns, reason: z.string() }),
  partitions: [daily('flight_date')],
})
