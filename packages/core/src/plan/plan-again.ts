import type { PartitionKey } from '../asset/index.ts'
import { throwAll, toLevadaErrors, type LevadaError } from '../errors/index.ts'
import { indexOf } from '../app/index.ts'
import { stepMaker, type Places, type StepsRequest } from './make-steps.ts'
import type { Plan, PlanRequest, Resumption, Step } from './plan.ts'
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
  readonly stateOf: StepsRequest['stateOf']
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
  const index = indexOf(graph)
  const nodes = new Map(graph.nodes.map((node, number) => [node.id, number]))
  const numberOf = (asset: string): number => index.assetNumbers.get(asset)!
  const writesOf = (node: string): readonly number[] => graph.nodes[nodes.get(node)!]!.writes.map(numberOf)
  const outputs = steps.flatMap(({ node }) => (node === undefined ? [] : writesOf(node)))
  const written = new Uint8Array(index.assets.length)
  for (const asset of outputs) written[asset] = 1
  const onlyRead: Places = reading.other ? await reading.other.catalog.places() : new Map()
  const standing = openStanding(request)
  const alone = steps.find(({ id }) => id === only)?.node
  await standing.look(only === undefined ? outputs : alone === undefined ? [] : writesOf(alone))
  const pinned = new Map([...pins].map(([asset, pin]) => [numberOf(asset), pin]))
  const maker = stepMaker({ request, index, pins: pinned, written, onlyRead, standing, stateOf })
  const done = new Set(resumes.finished)
  const errors: LevadaError[] = []
  const left: Step[] = []
  for (const { id, node, source, partitions, reasons, needs, after } of steps) {
    if (done.has(id) || (only !== undefined && id !== only)) continue
    try {
      const known = source === undefined ? undefined : graph.assets.get(source)!
      const step = known
        ? await maker.source(known.asset, known.pipeline)
        : await maker.node(nodes.get(node!)!, { reasons, partitions })
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
    guarantees: maker.guarantees(),
  }
}
