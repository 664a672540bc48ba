import type { PartitionKey } from '../asset/index.ts'
import { throwAll, toLevadaErrors, type LevadaError } from '../errors/index.ts'
import {
  guaranteesIn,
  nodeStep,
  sourceStep,
  type Places,
  type Plan,
  type PlanRequest,
  type Planning,
  type Resumption,
  type Step,
} from './plan.ts'
import type { Reason } from './reason.ts'
import { openStanding, type Pin } from './standing.ts'

/** A step that was planned before: what cannot be told from the graph. */
export interface PlannedStep {
  readonly id: string
  /** A node, `orders/stage`, or the source that is checked. */
  readonly node?: string
  readonly source?: string
  readonly partitions?: readonly PartitionKey[]
  readonly reasons: readonly Reason[]
  readonly needs: readonly string[]
  readonly after?: readonly string[]
}

export interface PlannedBefore {
  readonly request: PlanRequest
  /** All steps of the run. */
  readonly steps: readonly PlannedStep[]
  /** Where inputs stood that the run does not make. */
  readonly pins: ReadonlyMap<string, Pin>
  readonly stateOf: Planning['stateOf']
  /** This step alone. */
  readonly only?: string | undefined
  readonly resumes: Resumption
}

/**
 * The steps of a run that are not done, as they were planned, with the pins that they had.
 * @throws NOT_SUPPORTED, CATALOG_CLASH, FOREIGN_ASSET, STALE_SCHEMA: all at once
 */
export async function planAgain({
  request,
  steps,
  pins,
  stateOf,
  only,
  resumes,
}: PlannedBefore): Promise<Plan> {
  const { graph, reading, env, selection, mode, notices } = request
  const nodes = new Map(graph.nodes.map((node) => [node.id, node]))
  const written = new Set(steps.flatMap(({ node }) => (node === undefined ? [] : nodes.get(node)!.writes)))
  const onlyRead: Places = reading.other ? await reading.other.catalog.places() : new Map()
  const heads = openStanding(request)
  const alone = steps.find(({ id }) => id === only)?.node
  await heads.look(only === undefined ? written : alone === undefined ? [] : nodes.get(alone)!.writes)
  const ready: Planning['ready'] = { engines: new Map(), moved: new Map() }
  const planning: Planning = {
    request,
    pins,
    written,
    onlyRead,
    makers: new Map(),
    heads,
    ready,
    stateOf,
  }
  const done = new Set(resumes.finished)
  const errors: LevadaError[] = []
  const left: Step[] = []
  for (const { id, node, source, partitions, reasons, needs, after } of steps) {
    if (done.has(id) || (only !== undefined && id !== only)) continue
    try {
      const known = source === undefined ? undefined : graph.assets.get(source)!
      const step = known
        ? await sourceStep(planning, known.asset, known.pipeline)
        : await nodeStep(planning, nodes.get(node!)!, { reasons, partitions })
      left.push({ ...step, id, needs, ...(after && { after }) })
    } catch (error) {
      errors.push(...toLevadaErrors(error))
    }
  }
  throwAll(errors)
  const { partition } = request
  return {
    env,
    selection,
    ...(typeof partition === 'string' && { partition }),
    mode,
    resumes,
    steps: left,
    later: [],
    skipped: [],
    asked: {},
    notices,
    guarantees: guaranteesIn(request, left, ready),
  }
}
