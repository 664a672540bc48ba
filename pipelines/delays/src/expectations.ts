import { col, expects } from '@levada/core'
import { z } from 'zod'

// What this package needs of others: only the columns it uses. It imports neither package.
export const flights = expects(
  'aviation.flights',
  z.object({
    flight_date: col.date(),
    origin: z.string(),
    destination: z.string(),
    delay_minutes: z.int().meta({ unit: 'minutes' }),
  }),
)

export const airports = expects(
  'geo.airports',
  z.object({
    iata: z.string(),
    name: z.string(),
    city: z.string(),
    state: z.string(),
    latitude: z.number(),
    longitude: z.number(),
  }),
)
