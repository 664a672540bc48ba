import { asset, between, source } from '@levada/core'
import { z } from 'zod'

/** The register as delivered: CSV, where the state `NA` is a text like others. */
export const rawAirports = source('geo.raw_airports', {
  description: 'Airports, landing strips and heliports of the United States.',
  schema: z.object({
    iata: z.string(),
    name: z.string(),
    city: z.string(),
    state: z.string(),
    country: z.string(),
    latitude: z.number(),
    longitude: z.number(),
  }),
})

export const airports = asset('geo.airports', {
  description: 'One row per airport.',
  owner: 'geo-team',
  tags: ['reference'],
  schema: z.object({
    iata: z.string().describe('IATA or FAA code.'),
    name: z.string(),
    city: z.string(),
    state: z.string().describe("Two letters; 'NA' where there is none."),
    country: z.string(),
    latitude: z.number().describe('Degrees north.'),
    longitude: z.number().describe('Degrees east.'),
  }),
  key: ['iata'],
  checks: [between('latitude', -90, 90), between('longitude', -180, 180)],
})
