import { definePipeline, sqlNode } from '@levada/core'
import { z } from 'zod'
import { airport, dailyAirport, route } from './assets.ts'
import { airports, flights } from './expectations.ts'
import type { DelaysPipeline } from './ports.ts'

/** A flight is late when it leaves more than this after its time. */
const params = { late_after_minutes: z.int().default(15) }

const aggregateDailyAirport = sqlNode('aggregate-daily-airport', {
  inputs: { flights },
  output: dailyAirport,
  params,
  sql: new URL('./daily-airport.sql', import.meta.url),
})

const aggregateAirport = sqlNode('aggregate-airport', {
  inputs: { flights, airports },
  output: airport,
  params,
  sql: new URL('./airport.sql', import.meta.url),
})

const aggregateRoute = sqlNode('aggregate-route', {
  inputs: { flights },
  output: route,
  params,
  sql: new URL('./route.sql', import.meta.url),
})

export const pipeline: DelaysPipeline = definePipeline('delays', {
  nodes: [aggregateDailyAirport, aggregateAirport, aggregateRoute],
})
export default pipeline
