import { dimensionsOf, partitionBounds, partitionText } from '../asset/index.ts'
import type { Graph } from '../app/index.ts'
import { runCommand } from './command.ts'
import type { Step, StepInput, StepOutput } from './step.ts'

/**
 * What incremental steps leave out although it changed: partitions of an input that lie before `$since` and were written again since
 * the output was last brought up to date. That is known of inputs that are partitioned by the column that the output goes by; where
 * all partitions were written again, nothing is known of any.
 */
export function unseenNotices(graph: Graph, steps: readonly Step[], env: string): readonly string[] {
  const notices: string[] = []
  for (const { inputs, outputs } of steps)
    for (const output of outputs) {
      if (!output.follows) continue
      for (const input of inputs) {
        const notice = unseenOf(graph, input, output, env)
        if (notice !== undefined) notices.push(notice)
      }
    }
  return notices
}

function unseenOf(
  { assets }: Graph,
  { asset: name, version }: StepInput,
  { asset, base, follows }: StepOutput,
  env: string,
): string | undefined {
  const before = base?.inputs[name]
  if (!follows || !version || before === undefined) return undefined
  const { incremental, columns } = assets.get(asset)!.asset
  const by = columns.find((column) => column.name === incremental!.by)!
  const dimension = dimensionsOf(assets.get(name)!.asset).find(
    ({ column, kind, type }) => column === by.name && kind !== 'static' && type.kind === by.type.kind,
  )
  if (!dimension) return undefined
  // Versions are named by the time of their run.
  const changed = version.partitions.filter((partition) => partition.version > before)
  if (changed.length === version.partitions.length) return undefined
  const isBefore = (value: string): boolean =>
    (partitionBounds(dimension, value).end ?? '') <= String(follows.since)
  const old = changed.map(({ key }) => key).filter((key) => isBefore(key[dimension.column]!))
  if (old.length === 0) return undefined
  const which = partitionText(Object.keys(old[0]!), old)
  return `'${asset}' goes on from ${follows.since} and does not see what changed of '${name}' before it (${which}): ${runCommand(asset, env)} --force makes all rows anew.`
}
