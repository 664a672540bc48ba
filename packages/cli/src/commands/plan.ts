import { LevadaError, type Plan, type Step, type StepInput } from '@levada/core/run'
import { openSession, printJson, type AppOptions } from '../app.ts'
import { tellingDamage } from '../damage.ts'
import { paramsOf, planOptionsOf, selectionOf, type PlanWords, type SelectionOptions } from '../selection.ts'
import { guaranteesText } from '../guarantees.ts'
import { partitionsText } from '../partitions-text.ts'
import { nothingText, skippedText } from '../skipped-text.ts'
import { count, paint, plural } from '../style.ts'

interface PlanOptions extends AppOptions, SelectionOptions, PlanWords {
  readonly sql?: boolean | undefined
  readonly record?: boolean | undefined
}

export async function plan(selection: readonly string[], options: PlanOptions): Promise<number> {
  if (options.record && options.sql)
    throw new LevadaError('USAGE', '--record prints what it takes to run the steps, and no SQL.', {
      hint: 'Leave one of --record and --sql out.',
    })
  await using session = await openSession(options, paramsOf(options.param))
  const planning = session.plan(selectionOf(selection, options), planOptionsOf(session, options))
  const made = await tellingDamage(session, planning)
  if (options.record) {
    const runId = await session.record(made)
    printJson({ run_id: runId ?? null, ...recordedJson(made) })
    return 0
  }
  const statements = new Map<string, string>()
  if (options.sql) for (const step of made.steps) statements.set(step.id, (await session.sqlOf(step)) ?? '')
  if (options.json) printJson(planJson(made, statements))
  else console.log(planText(made, statements))
  return 0
}

/** What an orchestrator needs of a plan to run its steps. */
const recordedJson = ({ env, selection, notices, steps }: Plan): object => ({
  env,
  selection,
  notices,
  steps: steps.map(({ id, pipeline, node, partitions, reason, engine, needs, after = [] }) => ({
    id,
    pipeline,
    node,
    ...(partitions && { partitions }),
    reason,
    engine,
    needs,
    after,
  })),
})

function planText(
  { steps, skipped, notices, env, guarantees }: Plan,
  statements: ReadonlyMap<string, string>,
): string {
  const lines = notices.map((notice) => `${paint('yellow', '!')} ${notice}`)
  const left = skipped.map(({ id }) => `${paint('dim', '-')} ${id}`)
  if (steps.length === 0) return [...lines, nothingText(skipped), ...left].join('\n')
  lines.push(`${plural(steps.length, 'step')} in environment ${env}`, '')
  steps.forEach((step, i) => {
    lines.push(
      `${String(i + 1).padStart(2)}. ${paint('bold', step.id)}  ${paint('dim', `${step.reason} · ${step.engine}`)}`,
    )
    for (const input of step.inputs)
      lines.push(
        `      reads  ${input.asset} ${paint('dim', inputText(input, env))}${input.moved ? paint('yellow', ` · moved to ${step.engine}`) : ''}`,
      )
    if (step.views.length > 0) lines.push(`      fuses  ${step.views.join(', ')}`)
    for (const output of step.outputs) {
      const { follows } = output
      const what = output.replaces
        ? partitionsText(output.replaces)
        : follows
          ? `${follows.kind === 'append' ? 'adds what is new' : 'merges what changed'} since ${follows.since}`
          : output.base
            ? `replaces all ${output.base.partitions.length > 1 ? plural(output.base.partitions.length, 'partition') : 'rows'}`
            : 'new'
      lines.push(
        `      writes ${output.asset} ${paint('dim', `${what} · ${output.dataset} ${output.address}`)}${output.moved ? paint('yellow', ` · moved from ${step.engine}`) : ''}`,
      )
    }
    const sql = statements.get(step.id)
    if (sql)
      lines.push(
        ...sql
          .trimEnd()
          .split('\n')
          .map((line) => `      ${paint('dim', '|')} ${line}`),
      )
  })
  if (steps.some(({ inputs, outputs }) => [...inputs, ...outputs].some(({ moved }) => moved)))
    lines.push('', 'moved: by columns through this process, in bounded memory')
  if (skipped.length > 0) lines.push('', `${skippedText(skipped)}:`, ...left)
  if (guarantees.length > 0) lines.push('', guaranteesText(guarantees))
  return lines.join('\n')
}

/** How many partitions have no rows stored. */
function lackingOf(
  partitions: readonly Readonly<Record<string, string>>[],
  version: NonNullable<StepInput['version']>,
): number {
  const names = Object.keys(version.partitions[0]?.key ?? {})
  const idOf = (key: Readonly<Record<string, string>>): string =>
    JSON.stringify(names.map((name) => key[name]))
  const stored = new Set(version.partitions.map(({ key }) => idOf(key)))
  return partitions.filter((key) => names.every((name) => key[name] !== undefined) && !stored.has(idOf(key)))
    .length
}

function inputText({ from, version, partitions, env }: StepInput, here: string): string {
  const lacking = partitions && version ? lackingOf(partitions, version) : 0
  const which = partitions
    ? `, ${partitionsText(partitions)}${lacking > 0 ? `, ${count(lacking)} of them not there` : ''}`
    : ''
  const what = from === 'run' ? 'from this run' : from === 'source' ? 'source' : `version ${version!.number}`
  return what + (env === here ? '' : ` of environment ${env}`) + which
}

const planJson = (
  { env, selection, notices, steps, skipped, guarantees }: Plan,
  statements: ReadonlyMap<string, string>,
): unknown => ({
  env,
  selection,
  notices,
  guarantees,
  steps: steps.map((step: Step) => ({
    id: step.id,
    pipeline: step.pipeline,
    node: step.node,
    reason: step.reason,
    reasons: step.reasons,
    engine: step.engine,
    ...(step.partitions && { partitions: step.partitions }),
    views: step.views,
    needs: step.needs,
    inputs: step.inputs.map(({ asset, from, env: from_env, version, partitions, moved }) => ({
      asset,
      from,
      env: from_env,
      ...(version && { version: version.id, number: version.number }),
      ...(partitions && { partitions }),
      moved,
    })),
    outputs: step.outputs.map(({ asset, dataset, address, base, replaces, follows, moved }) => ({
      asset,
      dataset,
      address,
      ...(base && { base: base.id }),
      ...(replaces && { replaces }),
      ...(follows && { follows }),
      moved,
    })),
    ...(statements.get(step.id) && { sql: statements.get(step.id) }),
  })),
  skipped: skipped.map(({ id, pipeline, node, partitions, reason, versions }) => ({
    id,
    pipeline,
    node,
    reason,
    ...(partitions && { partitions }),
    versions: Object.fromEntries(
      Object.entries(versions).map(([asset, { id: version }]) => [asset, version]),
    ),
  })),
})
