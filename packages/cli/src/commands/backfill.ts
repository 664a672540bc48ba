import { LevadaError, partitionText, type Plan, type Step } from '@levada/core/run'
import { openSession, printJson, type AppOptions } from '../app.ts'
import { paramsOf, planOptionsOf, selectionOf, type PlanWords, type SelectionOptions } from '../selection.ts'
import { count, paint, plural } from '../style.ts'
import { runnerOf, runPlan } from './run.ts'

interface BackfillOptions extends AppOptions, SelectionOptions, PlanWords {
  readonly chunk?: string | undefined
  readonly dryRun?: boolean | undefined
  readonly runner?: string | undefined
}

export async function backfill(selection: readonly string[], options: BackfillOptions): Promise<number> {
  const runner = runnerOf(options.runner)
  const chunk = Number(options.chunk ?? 30)
  if (!/^\d{1,6}$/.test(options.chunk ?? '30') || chunk === 0)
    throw new LevadaError('USAGE', `--chunk ${options.chunk} is not a number of partitions.`, {
      hint: 'Write --chunk 30.',
    })
  await using session = await openSession(options, paramsOf(options.param))
  const planning = session.plan(selectionOf(selection, options), {
    ...planOptionsOf(session, options),
    backfill: { chunk },
  })
  if (!options.dryRun) {
    if (!options.json) console.log(headOf(await planning))
    const code = await runPlan(session, planning, { runner, json: options.json === true })
    if (code === 1 && !options.json)
      console.log('Run the same command again to go on: what is written is not written again.')
    return code
  }
  const plan = await planning
  if (options.json) printJson(reportOf(plan))
  else console.log(reportText(plan))
  return 0
}

interface NodeReport {
  readonly node: string
  /** Partitions of the range. */
  readonly asked: number
  /** Those of them that have to be written; the others are there as they would be made. */
  readonly to_write: number
  readonly chunks: readonly {
    readonly step: string
    readonly partitions: string
    readonly count: number
    readonly reason: string
  }[]
}

const nodeOf = ({ pipeline, node }: Step): string => `${pipeline}/${node}`

function reportOf({ env, selection, steps, asked, notices }: Plan): {
  readonly env: string
  readonly selection: string
  readonly notices: readonly string[]
  readonly nodes: readonly NodeReport[]
} {
  const nodes = Object.entries(asked).map(([node, all]): NodeReport => {
    const own = steps.filter((step) => step.work.kind === 'node' && nodeOf(step) === node)
    const chunks = own.map(({ id, partitions = [], reason }) => ({
      step: id,
      partitions: partitionText(Object.keys(partitions[0] ?? {}), partitions),
      count: partitions.length,
      reason,
    }))
    return { node, asked: all, to_write: chunks.reduce((sum, each) => sum + each.count, 0), chunks }
  })
  return { env, selection, notices, nodes }
}

function headOf(plan: Plan): string {
  const { nodes } = reportOf(plan)
  const sum = (of: (node: NodeReport) => number): number => nodes.reduce((all, node) => all + of(node), 0)
  const [asked, missing, chunks] = [
    sum((node) => node.asked),
    sum((node) => node.to_write),
    sum((node) => node.chunks.length),
  ]
  return missing === 0
    ? `${plural(asked, 'partition')} of ${plural(nodes.length, 'node')}: all there.`
    : `${count(missing)} of ${plural(asked, 'partition')} to write, in ${plural(chunks, 'step')}.`
}

/** Of one node; `--json` has all. */
const mostLines = 20

function reportText(plan: Plan): string {
  const { nodes, notices } = reportOf(plan)
  const lines = [...notices.map((notice) => `${paint('yellow', '!')} ${notice}`), headOf(plan)]
  for (const { node, asked, to_write: missing, chunks } of nodes) {
    lines.push('', `${paint('bold', node)}  ${count(missing)} of ${plural(asked, 'partition')} to write`)
    for (const chunk of chunks.slice(0, mostLines))
      lines.push(
        `  ${chunk.partitions} ${paint('dim', `${plural(chunk.count, 'partition')} · ${chunk.reason}`)}`,
      )
    const more = chunks.length - mostLines
    if (more > 0) lines.push(`  … and ${plural(more, 'step')} more, up to ${chunks.at(-1)!.partitions}`)
  }
  return lines.join('\n')
}
