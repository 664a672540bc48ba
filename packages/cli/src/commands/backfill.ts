import {
  LevadaError,
  partitionText,
  type EventSink,
  type LevadaEvent,
  type Plan,
  type Step,
} from '@levada/core/run'
import { openSession, printJson, type AppOptions } from '../app.ts'
import { paramsOf, planOptionsOf, selectionOf, type PlanWords, type SelectionOptions } from '../selection.ts'
import { count, paint, plural } from '../style.ts'
import { waitOf } from '../wait.ts'
import { limitsOf, type LimitWords } from '../limits.ts'
import { runnerOf, runPlan } from './run.ts'

interface BackfillOptions extends AppOptions, SelectionOptions, PlanWords, LimitWords {
  readonly chunk?: string | undefined
  readonly limit?: string | undefined
  readonly maxFailures?: string | undefined
  readonly dryRun?: boolean | undefined
  readonly runner?: string | undefined
  readonly wait?: string | boolean | undefined
}

type StepState = Extract<LevadaEvent, { type: 'step_finished' }>['state']

/** @param words the command line */
export async function backfill(
  selection: readonly string[],
  options: BackfillOptions,
  words: readonly string[],
): Promise<number> {
  const runner = runnerOf(options.runner)
  const chunk = numberOf('--chunk', options.chunk, 'partitions') ?? 30
  const limit = numberOf('--limit', options.limit, 'steps')
  const maxFailures = numberOf('--max-failures', options.maxFailures, 'steps')
  await using session = await openSession(options, paramsOf(options.param))
  const limits = limitsOf(options)
  const wait = waitOf(options.wait)
  let planning: Promise<Plan>
  const plan = (): Promise<Plan> =>
    (planning = session.plan(selectionOf(selection, options), {
      ...planOptionsOf(session, options),
      backfill: { chunk, ...(limit !== undefined && { limit }) },
    }))
  planning = plan()
  if (!options.dryRun) {
    if (!options.json) console.log(headOf(await planning))
    const ended = new Map<string, StepState>()
    const also: EventSink = {
      name: 'backfill',
      event: (event) => void (event.type === 'step_finished' && ended.set(event.step_id, event.state)),
    }
    const json = options.json === true
    // The same command does what is left, and sees what has changed since.
    const how = { runner, words, json, limits, maxFailures, tellsResume: false, also: [also] }
    const code = await runPlan(session, planning, {
      ...how,
      ...(wait !== undefined && { wait: { forMs: wait, plan } }),
    })
    if (!json) for (const line of leftLines(await planning, ended)) console.log(line)
    return code
  }
  const planned = await planning
  if (options.json) printJson(reportOf(planned))
  else console.log(reportText(planned))
  return 0
}

/** @throws USAGE */
function numberOf(option: string, text: string | undefined, of: string): number | undefined {
  if (text === undefined) return undefined
  if (/^[1-9]\d{0,5}$/.test(text)) return Number(text)
  throw new LevadaError('USAGE', `${option} ${text} is not a number of ${of}.`, {
    hint: `Write ${option} ${option === '--chunk' ? 30 : 3}.`,
  })
}

/** What a run has not written, if anything: as far as it came, and why. */
function leftLines({ steps, later }: Plan, ended: ReadonlyMap<string, StepState>): readonly string[] {
  const left = [
    ...steps.flatMap((step) => {
      const state = ended.get(step.id) ?? 'skipped'
      return step.work.kind === 'source' || state === 'succeeded' ? [] : [{ step, why: whyLeft[state] }]
    }),
    ...later.map((step) => ({ step, why: 'beyond --limit' })),
  ]
  if (left.length === 0) return []
  const partitions = left.reduce((sum, { step }) => sum + (step.partitions?.length ?? 0), 0)
  const lines = ['', `Left to write: ${plural(partitions, 'partition')}, in ${plural(left.length, 'step')}.`]
  const groups = Map.groupBy(left, ({ step, why }) => JSON.stringify([nodeOf(step), why]))
  for (const all of [...groups.values()].slice(0, mostLines)) {
    const [{ step, why }] = all as [(typeof all)[number]]
    const pieces = all.slice(0, 3).map((each) => rangeOf(each.step))
    const more =
      all.length > 3
        ? ` … and ${plural(all.length - 3, 'step')} more, up to ${rangeOf(all.at(-1)!.step)}`
        : ''
    lines.push(`  ${nodeOf(step)}  ${pieces.join('; ')}${more} ${paint('dim', why)}`)
  }
  lines.push('Run the same command again to go on: what is written is not written again.')
  return lines
}

const whyLeft = { failed: 'failed', skipped: 'not begun', cancelled: 'stopped' } as const

const rangeOf = ({ partitions = [] }: Step): string =>
  partitionText(Object.keys(partitions[0] ?? {}), partitions) || 'all of it'

interface NodeReport {
  readonly node: string
  /** Partitions of the range. */
  readonly asked: number
  /** Those of them that have to be written; the others are there as they would be made. */
  readonly to_write: number
  /** Those beyond `--limit`. */
  readonly later?: number
  readonly chunks: readonly {
    readonly step: string
    readonly partitions: string
    readonly count: number
    readonly reason: string
  }[]
}

const nodeOf = ({ pipeline, node }: Step): string => `${pipeline}/${node}`

function reportOf({ env, selection, steps, later, asked, notices }: Plan): {
  readonly env: string
  readonly selection: string
  readonly notices: readonly string[]
  readonly nodes: readonly NodeReport[]
  /** Steps without partitions: checks of sources, and what is written as a whole. */
  readonly others: readonly { readonly step: string; readonly reason: string }[]
} {
  const nodes = Object.entries(asked).map(([node, all]): NodeReport => {
    const isOwn = (step: Step): boolean => step.work.kind === 'node' && nodeOf(step) === node
    const chunks = steps.filter(isOwn).map((step) => ({
      step: step.id,
      partitions: rangeOf(step),
      count: step.partitions?.length ?? 0,
      reason: step.reason,
    }))
    const left = later.filter(isOwn).reduce((sum, { partitions = [] }) => sum + partitions.length, 0)
    return {
      node,
      asked: all,
      to_write: chunks.reduce((sum, each) => sum + each.count, 0),
      ...(left > 0 && { later: left }),
      chunks,
    }
  })
  const others = steps.flatMap(({ id, partitions, reason }) => (partitions ? [] : [{ step: id, reason }]))
  return { env, selection, notices, nodes, others }
}

function headOf(plan: Plan): string {
  const { nodes, others } = reportOf(plan)
  const sum = (of: (node: NodeReport) => number): number => nodes.reduce((all, node) => all + of(node), 0)
  const [asked, missing, later, chunks] = [
    sum((node) => node.asked),
    sum((node) => node.to_write),
    sum((node) => node.later ?? 0),
    sum((node) => node.chunks.length),
  ]
  const whole = others.filter(({ step }) => !step.startsWith('source:')).length
  if (missing + later + whole === 0)
    return `${plural(asked, 'partition')} of ${plural(nodes.length, 'node')}: all there.`
  const without = whole > 0 ? ` and ${plural(whole, 'step')} without partitions` : ''
  const rest = later > 0 ? `; ${count(later)} more are left for later` : ''
  return `${count(missing)} of ${plural(asked, 'partition')} to write, in ${plural(chunks, 'step')}${without}${rest}.`
}

/** Of one node; `--json` has all. */
const mostLines = 20

function reportText(plan: Plan): string {
  const { nodes, others, notices } = reportOf(plan)
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
  if (others.length > 0) lines.push('', 'Without partitions')
  for (const { step, reason } of others.slice(0, mostLines)) lines.push(`  ${step} ${paint('dim', reason)}`)
  if (others.length > mostLines) lines.push(`  … and ${plural(others.length - mostLines, 'step')} more`)
  return lines.join('\n')
}
