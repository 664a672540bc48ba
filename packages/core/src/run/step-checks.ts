import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { AnyAsset } from '../asset/index.ts'
import type { Written } from '../dataset/index.ts'
import type { Engine, EngineSession, Relation } from '../engine/index.ts'
import { LevadaError, throwAll } from '../errors/index.ts'
import type { CheckResult } from '../events/index.ts'
import { canRead, partitionsAmong, storedColumns, type Step } from '../plan/index.ts'
import { evaluateChecks, type CheckTarget } from './checks.ts'
import { assetRelation, type RunContext } from './context.ts'
import { stepFacts, type OutputWrite } from './output.ts'
import { relationAt } from './relation.ts'
import { unchecked } from './unchecked.ts'

export interface CheckRun {
  readonly context: RunContext
  readonly step: Step
  readonly engine: Engine
  readonly session: EngineSession
}

/** Checks what a step has staged of one output. @throws CHECK_FAILED, CHECK_CRASHED */
export async function checkOutput(
  run: CheckRun,
  write: OutputWrite,
  all: readonly OutputWrite[],
  written: Written,
): Promise<void> {
  const { step, engine, context } = run
  const { asset, staging, dataset } = write
  const staged = asItComes(
    await relationAt(
      { engines: context.engines, engine, signal: context.signal },
      dataset,
      staging.increment(),
      asset.columns,
    ),
  )
  const candidate =
    step.partitions || write.partial ? await candidateOf(context, engine, write, asset) : staged
  const increment = write.recheck ? candidate : staged
  // Another output of the step is seen as it would be published, everything else wholly, whatever partition is written.
  const related = async (other: AnyAsset): Promise<Relation> => {
    const own = all.find(({ asset: { name } }) => name === other.name)
    return own ? candidateOf(context, engine, own, other) : assetRelation(run.context, step, other, undefined)
  }
  await evaluate(run, {
    asset,
    increment,
    candidate,
    related,
    rows: written.rows,
    nulls: write.recheck ? undefined : written.nulls,
    unread: unread(step, write),
    source: false,
  })
}

/**
 * Checks that rows which are to be put in the place of others have a key, each its own; nothing is told when they have. @throws CHECK_FAILED
 */
export async function checkKey(run: CheckRun, asset: AnyAsset, rows: Relation): Promise<void> {
  // Of a row that says what is gone the key is all that counts.
  const columns = asset.columns.map((column) =>
    asset.key.includes(column.name) || column.name === asset.incremental?.by
      ? column
      : {
          ...column,
          nullable: true,
          ...(column.type.kind === 'enum' && { type: { kind: 'string' } as const }),
        },
  )
  const keyed: AnyAsset = { ...asset, columns, checks: [] }
  const related = (): Promise<Relation> => Promise.reject(new TypeError('a key is related to nothing'))
  await evaluate(run, { asset: keyed, increment: rows, candidate: rows, related, source: false }, false)
}

/** Checks a source before it is read. @throws CHECK_FAILED, CHECK_CRASHED */
export async function checkSource(run: CheckRun, asset: AnyAsset): Promise<void> {
  const related = (other: AnyAsset): Promise<Relation> =>
    assetRelation(run.context, run.step, other, undefined)
  const rows = asItComes(await related(asset))
  await evaluate(run, { asset, increment: rows, candidate: rows, related, source: true })
}

/** What readers would see: partitions that are kept and have to be built again before anybody reads them are left out. */
async function candidateOf(
  { engines, signal }: RunContext,
  engine: Engine,
  { asset, dataset, staging }: OutputWrite,
  declared: AnyAsset,
): Promise<Relation> {
  const columns = storedColumns(declared.columns, asset)
  const location = staging.candidate((partition) => canRead(columns, partition))
  return asItComes(await relationAt({ engines, engine, signal }, dataset, location, columns))
}

/** The rows of kept partitions that the candidate leaves out. */
function unread({ partitions }: Step, { asset, base }: OutputWrite): number {
  if (!partitions || !base) return 0
  const columns = storedColumns(asset.columns, asset)
  const written = new Set(partitionsAmong(base, partitions))
  return base.partitions
    .filter((partition) => !written.has(partition) && !canRead(columns, partition))
    .reduce((sum, { rows }) => sum + rows, 0)
}

/** Rows on their way into an engine are not looked at there: what is wrong with them is for checks to say. */
const asItComes = (relation: Relation): Relation =>
  relation.kind === 'batches' ? { ...relation, columns: relation.columns.map(unchecked) } : relation

async function evaluate(
  { context, step, engine, session }: CheckRun,
  what: Pick<
    CheckTarget,
    'asset' | 'increment' | 'candidate' | 'related' | 'source' | 'rows' | 'nulls' | 'unread'
  >,
  tellPassed = true,
): Promise<void> {
  const results = await evaluateChecks({
    ...what,
    session,
    engines: context.engines,
    engine,
    signal: context.signal,
    root: context.appDir,
    keep: {
      directory: join(context.appDir, '.levada', 'runs', context.runId, 'failed'),
      makeDir: async (path) => void (await mkdir(path, { recursive: true })),
    },
  })
  for (const result of results)
    if (tellPassed || result.outcome !== 'passed')
      context.emitter.emit({ type: 'check_finished', ...stepFacts(step), result })
  throwAll(
    results
      .filter(({ severity, outcome }) => severity === 'error' && outcome !== 'passed')
      .map((result) => blockingError(what.asset, result)),
  )
}

function blockingError({ name }: AnyAsset, result: CheckResult): LevadaError {
  const { check, failed_rows, rows, error, detail, sample, failed_rows_at } = result
  if (error) {
    const { file, line } = error
    const place = file === undefined ? {} : { place: { file, ...(line !== undefined && { line }) } }
    return new LevadaError('CHECK_CRASHED', error.message, { hint: error.hint, ...place })
  }
  const see = failed_rows_at === undefined ? '' : `See all of them: levada show ${name} --failed. `
  return new LevadaError(
    'CHECK_FAILED',
    `Check ${check} of '${name}' failed: ${detail ?? `${failed_rows} of ${rows} rows`}.`,
    {
      hint: `${see}Correct the data or the check, then run again.`,
      details: { asset: name, check, failed_rows, rows, sample, failed_rows_at },
    },
  )
}
