import { definePipeline, sqlNode } from '@levada/core'
import { airports, rawAirports } from './assets.ts'
import type { AirportsPipeline } from './ports.ts'

const stageAirports = sqlNode('stage-airports', {
  inputs: { raw: rawAirports },
  output: airports,
  sql: new URL('./stage-airports.sql', import.meta.url),
})

export const pipeline: AirportsPipeline = definePipeline('airports', { nodes: [stageAirports] })
export default pipeline
