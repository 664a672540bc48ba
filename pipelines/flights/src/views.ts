import { sql, view } from '@levada/core'
import { z } from 'zod'
import { flightColumns, rawFlights } from './assets.ts'

/** Exact duplicates kept once, in the names that the package publishes, inside the partitions that are written. */
export const deduplicated = view('deduplicated', {
  inputs: { raw: rawFlights },
  sql: new URL('./deduplicated.sql', import.meta.url),
})

/** The rows that `aviation.flights` leaves out. Typed, since a function node reads it; its filter reaches the file. */
export const rejects = view('rejects', {
  inputs: { deduplicated },
  schema: z.object(flightColumns),
  sql: sql`select * from deduplicated where delay_minutes not between -120 and 1440`,
})
