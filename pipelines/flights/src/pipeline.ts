import { definePipeline, node, sqlNode } from '@levada/core'
import { flights, rejectedFlights } from './assets.ts'
import type { FlightsPipeline } from './ports.ts'
import { reasonFor } from './reason.ts'
import { deduplicated, rejects } from './views.ts'

const stageFlights = sqlNode('stage-flights', {
  inputs: { deduplicated },
  output: flights,
  sql: new URL('./stage-flights.sql', import.meta.url),
})

const explainRejects = node('explain-rejects', {
  inputs: { rejects },
  outputs: { rejected: rejectedFlights },
  async run({ rejects }, { outputs, log }) {
    let rows = 0
    for await (const row of rejects.rows()) {
      await outputs.rejected.write({ ...row, reason: reasonFor(row) })
      rows++
    }
    log.info('flights rejected', { rows })
  },
})

export const pipeline: FlightsPipeline = definePipeline('flights', { nodes: [stageFlights, explainRejects] })
export default pipeline
