import { col, sql, view } from '@levada/core'
import { z } from 'zod'
import { rawFlights } from './assets.ts'

/** Exact duplicates kept once, in the names that the package publishes, inside the partitions that are written. */
export const deduplicated = view('deduplicated', {
  inputs: { raw: rawFlights },
  sql: new URL('./deduplicated.sql', import.meta.url),
})

/** The rows that `aviation.flights` leaves out. Typed, since a function node reads it; its filter reaches the file. */
export const rejects = view('rejects', {
  inputs: { deduplicated },
  schema: z.object({
    departed_at: col.timestamp(),
    flight_date: col.date(),
    origin: z.string(),
    destination: z.string(),
    distance_miles: z.int(),
    delay_minutes: z.int(),
  }),
  sql: sql`select * from deduplicated where delay_minutes not between -120 and 1440`,
})
