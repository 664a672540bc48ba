import type { StateTerm } from '../app/index.ts'
import { LevadaError } from '../errors/index.ts'
import { decideNodes, type DecideRequest } from './decide-nodes.ts'
import type { ReasonKind } from './reason.ts'

const own: readonly ReasonKind[] = ['code', 'schema', 'checks', 'params', 'engine', 'packages', 'unrecorded']
const fromOthers: readonly ReasonKind[] = ['input', 'made', 'unknown']

export interface NodeStatesRequest extends Pick<
  DecideRequest,
  'graph' | 'fingerprints' | 'states' | 'heads'
> {
  /** Ids of nodes that failed in the latest run that had them, for whoever keeps a history. */
  readonly failedNodes: (() => Promise<ReadonlySet<string>>) | undefined
}

/**
 * Ids of the nodes in a state, by what a run of everything would say: `missing` have nothing stored, `changed` are not what their rows
 * were made with, of `stale` what they read is. `failed` is told by the history of runs.
 */
export function nodeStates(request: NodeStatesRequest): (state: StateTerm) => Promise<ReadonlySet<string>> {
  let decided: ReturnType<typeof decideNodes> | undefined
  return async (state) => {
    if (state === 'failed') {
      if (request.failedNodes) return request.failedNodes()
      throw new LevadaError('NOT_SUPPORTED', 'state:failed needs the history of runs.', {
        hint: 'Use the command levada, or give failedNodes to session.plan.',
      })
    }
    const toRun = await (decided ??= decideNodes({
      ...request,
      nodes: request.graph.nodes.map((_, number) => number),
      partitionsOf: () => undefined,
      mode: 'changed',
      isRefused: () => false,
      onRun: () => {},
    }))
    const kinds = state === 'changed' ? own : state === 'stale' ? fromOthers : (['missing'] as const)
    return new Set(
      toRun.flatMap((run, number) =>
        run?.reasons.some(({ kind }) => kinds.includes(kind as never))
          ? [request.graph.nodes[number]!.id]
          : [],
      ),
    )
  }
}
