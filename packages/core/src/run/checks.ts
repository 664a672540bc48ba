import { join } from 'node:path'
import { allChecks, isRowCheck, type AnyAsset, type Check } from '../asset/index.ts'
import type { Engines } from '../catalog/index.ts'
import type { Engine, EngineSession, Query, Relation, Signal } from '../engine/index.ts'
import { errorRecord, LevadaError, toLevadaErrors, type ErrorRecord, type Place } from '../errors/index.ts'
import type { CheckResult } from '../events/index.ts'
import { authorPlace } from '../plan/index.ts'
import type { Column } from '../schema/index.ts'
import { failCount, failingCount, failingRows, otherTable, rowsTable, tableOf } from './check-sql.ts'
import { writeBatches } from './relation.ts'
import { collectRows, toJson } from './rows.ts'
import { unchecked } from './unchecked.ts'

export interface CheckTarget {
  readonly asset: AnyAsset
  readonly session: EngineSession
  readonly engine: Engine
  readonly engines: Engines
  /** The rows that the step wrote, or those of a source. */
  readonly increment: Relation
  /** The rows that readers would see. */
  readonly candidate: Relation
  readonly source: boolean
  /** How many rows the increment has, when that is known. */
  readonly rows?: number
  /** How many NULLs columns of the increment have, of those for which that is known. */
  readonly nulls?: Readonly<Record<string, number>> | undefined
  /** How many rows stand beside the candidate, in partitions that have to be built again. @default 0 */
  readonly unread?: number
  readonly signal: Signal
  /** The rows of the other asset of a relationship, as its `expects` declares them. */
  readonly related: (asset: AnyAsset) => Promise<Relation>
  /** The app's folder; paths in messages are relative to it. */
  readonly root: string
  /** Where files with failing rows are kept; a sample is all there is when left out. */
  readonly keep?: { readonly directory: string; readonly makeDir: (path: string) => Promise<void> }
}

/** Whether a check has to see all rows, rather than those of a step. */
export function needsCandidate(asset: AnyAsset, { rule, columns }: Check): boolean {
  // Rows that are added to a partition are not all of it.
  if (rule.kind === 'unique' && asset.incremental?.kind === 'append') return true
  if (rule.kind === 'unique')
    return !asset.partitions.every(({ column }) => columns.includes(column)) || asset.partitions.length === 0
  return rule.kind === 'rowCount' || rule.kind === 'sql'
}

interface Counted {
  readonly rows: number
  readonly failed: number
  /** What failed, where it is not single rows. */
  readonly detail?: string
  readonly error?: LevadaError
}

/** Evaluates all checks of an asset: those of single rows together, the others one by one. */
export async function evaluateChecks(target: CheckTarget): Promise<readonly CheckResult[]> {
  const checks = allChecks(target.asset)
  const counted = new Map<Check, Counted>()
  let rows = target.rows ?? 0
  for (const check of checks) {
    const failed = knownNulls(target, check)
    if (failed !== undefined) counted.set(check, { rows, failed })
  }
  const rowChecks = checks.filter((check) => isRowCheck(check) && !counted.has(check))
  for (const together of passes(target, rowChecks)) {
    const found = await countRows(target, together)
    rows = found.rows
    found.counts.forEach((count, i) => counted.set(together[i]!, count))
  }
  for (const check of checks) if (!counted.has(check)) counted.set(check, await countOne(target, check, rows))
  const results: CheckResult[] = []
  for (const check of checks) results.push(await report(target, check, counted.get(check)!))
  return results
}

/** How many rows fail a check for NULLs that were counted when the rows were written. */
function knownNulls({ rows, nulls }: CheckTarget, { rule, columns }: Check): number | undefined {
  const [column, ...others] = columns
  if (rows === undefined || rule.kind !== 'notNull' || column === undefined || others.length > 0)
    return undefined
  return nulls && Object.hasOwn(nulls, column) ? nulls[column] : undefined
}

/** Below this, opening the files twice costs more than the NULLs of each row. */
const manyRows = 500_000

/** One pass for all, or two where the engine knows the NULLs without reading: it does not when a condition stands beside. */
function passes(
  { engine, increment, rows }: CheckTarget,
  checks: readonly Check[],
): readonly (readonly Check[])[] {
  if (checks.length === 0 && rows !== undefined) return []
  const nulls = checks.filter(({ rule }) => rule.kind === 'notNull')
  if (increment.kind !== 'scan' || !engine.countsFromMetadata(increment.location)) return [checks]
  if (rows !== undefined && rows < manyRows) return [checks]
  return [nulls, checks.filter((check) => !nulls.includes(check))].filter(
    (pass, i) => i === 0 || pass.length > 0,
  )
}

const int = (name: string): Column => ({ name, type: { kind: 'int' }, nullable: false })

function query(
  target: CheckTarget,
  check: Check | undefined,
  text: string,
  inputs: Record<string, Relation>,
): Query {
  const file = check ? `check ${check.name} of ${target.asset.name}` : `checks of ${target.asset.name}`
  const sql = { text, file, line: 1, column: 1 }
  return { kind: 'query', name: file, sql, inputs, params: {}, trusted: check?.rule.kind !== 'sql' }
}

async function one(
  target: CheckTarget,
  statement: Query,
  columns: readonly Column[],
): Promise<Readonly<Record<string, unknown>>> {
  const [row] = await collectRows(await target.session.read(statement, columns, { signal: target.signal }), 1)
  return row!
}

/** One pass for all row checks; should it crash, one each, to tell which of them does. */
async function countRows(
  target: CheckTarget,
  checks: readonly Check[],
): Promise<{ rows: number; counts: readonly Counted[] }> {
  const count = async (some: readonly Check[]): Promise<{ rows: number; counts: readonly Counted[] }> => {
    const list = some.map((check, i) => `, ${failCount(target.asset, check, target.engine.dialect)} as f${i}`)
    const text = `select count(*) as n${list.join('')} from ${rowsTable}`
    const row = await one(target, query(target, some[0], text, { [rowsTable]: target.increment }), [
      int('n'),
      ...some.map((_, i) => int(`f${i}`)),
    ])
    const rows = row['n'] as number
    return { rows, counts: some.map((_, i) => ({ rows, failed: row[`f${i}`] as number })) }
  }
  try {
    return await count(checks)
  } catch (error) {
    if (isOther(error)) throw error
    const { rows } = await count([])
    const counts: Counted[] = []
    for (const check of checks)
      counts.push(
        await count([check]).then(
          ({ counts: [found] }) => found!,
          (cause: unknown) => crashed(target, check, rows, cause),
        ),
      )
    return { rows, counts }
  }
}

async function countOne(target: CheckTarget, check: Check, rows: number): Promise<Counted> {
  const { rule } = check
  try {
    const inputs = await inputsOf(target, check)
    if (rule.kind === 'rowCount') {
      const row = await one(target, query(target, check, `select count(*) as n from ${rowsTable}`, inputs), [
        int('n'),
      ])
      const n = (row['n'] as number) + (target.unread ?? 0)
      if (n >= (rule.min ?? 0) && n <= (rule.max ?? Infinity)) return { rows: n, failed: 0 }
      const bounds = [
        rule.min !== undefined && `at least ${rule.min}`,
        rule.max !== undefined && `at most ${rule.max}`,
      ]
      return { rows: n, failed: 0, detail: `${n} rows, expected ${bounds.filter(Boolean).join(' and ')}` }
    }
    const row = await one(
      target,
      query(target, check, failingCount(target.asset, check, target.engine.dialect), inputs),
      [int('failed')],
    )
    return { rows, failed: row['failed'] as number }
  } catch (error) {
    if (isOther(error)) throw error
    return crashed(target, check, rows, error)
  }
}

async function inputsOf(target: CheckTarget, check: Check): Promise<Record<string, Relation>> {
  const rows = needsCandidate(target.asset, check) ? target.candidate : target.increment
  if (check.rule.kind === 'sql') return { [tableOf(target.asset, check)]: rows }
  return {
    [rowsTable]: rows,
    ...(check.rule.kind === 'relationship' && { [otherTable]: await target.related(check.rule.to) }),
  }
}

/** What is no fault of a check: an interrupt, or rows that cannot be read. */
const isOther = (error: unknown): boolean =>
  toLevadaErrors(error).some(({ code }) =>
    ['CANCELLED', 'DATA_MISSING', 'DATA_UNREADABLE', 'SOURCE_SCHEMA', 'STORAGE'].includes(code),
  )

function crashed(target: CheckTarget, check: Check, rows: number, cause: unknown): Counted {
  const [found] = toLevadaErrors(cause)
  const error = new LevadaError(
    'CHECK_CRASHED',
    `Check ${check.name} of '${target.asset.name}' could not be evaluated: ${found!.message}`,
    { cause, ...placeOf(check, target.root) },
  )
  return { rows, failed: 0, error }
}

/** Where the author wrote a check. */
export function placeOf({ stack }: Check, root: string): { readonly place?: Place } {
  const place = authorPlace(stack, root)
  return place ? { place } : {}
}

async function report(
  target: CheckTarget,
  check: Check,
  { rows, failed, detail, error }: Counted,
): Promise<CheckResult> {
  const passes = detail === undefined && failed <= rows * (1 - check.mostly) + 1e-9
  const outcome = error
    ? check.severity === 'warn'
      ? 'not_checked'
      : 'failed'
    : passes
      ? 'passed'
      : 'failed'
  const scope = target.source ? 'source' : needsCandidate(target.asset, check) ? 'candidate' : 'increment'
  const record: ErrorRecord | undefined = error && errorRecord(error)
  const result: CheckResult = {
    asset: target.asset.name,
    check: check.name,
    severity: check.severity,
    outcome,
    scope,
    rows,
    failed_rows: failed,
    ...(detail !== undefined && { detail }),
    ...(record && { error: record }),
  }
  if (outcome !== 'failed' || error) return result
  return { ...result, ...(await keepFailingRows(target, check)) }
}

/** The name of a check as a folder's. */
export const checkFolder = (check: string): string => check.replaceAll(/[^\w.-]+/g, '_')

/** A few failing rows for the report; of a check that blocks, all of them in a file: what a warning is about can be queried. */
async function keepFailingRows(
  target: CheckTarget,
  check: Check,
): Promise<Pick<CheckResult, 'sample' | 'failed_rows_at'>> {
  const text = failingRows(target.asset, check, target.engine.dialect)
  if (text === undefined) return {}
  try {
    const rows = query(target, check, text, await inputsOf(target, check))
    const columns =
      check.rule.kind === 'sql' ? await resultColumns(target, rows) : target.asset.columns.map(unchecked)
    const { keep } = target
    if (check.severity === 'warn' || !keep)
      return { sample: await warningSample(target, check, rows, columns) }
    const directory = join(keep.directory, target.asset.name, checkFolder(check.name))
    await keep.makeDir(directory)
    const files = { kind: 'files', format: 'parquet', options: {} } as const
    const into = { ...files, directory, partitionBy: [] }
    const { engine, engines, session, signal } = target
    if (!engine.canWrite(into)) {
      const batches = (await session.read(rows, columns, { signal })).batches()
      await writeBatches(engines, { type: 'parquet', address: directory }, into, columns, batches, signal)
      return { sample: await sampleOf(target, rows, columns), failed_rows_at: directory }
    }
    const written = await session.write(rows, columns, into, { signal })
    // The sample comes from that file: the rows themselves are not read again.
    const location = { ...files, uris: written.files.map(({ path }) => join(directory, path)) }
    return {
      sample: await sampleOf(target, { kind: 'scan', location, columns }, columns),
      failed_rows_at: directory,
    }
  } catch (error) {
    if (isOther(error)) throw error
    return {}
  }
}

const sampled = 5

/** The first files hold enough of what is frequent, and reading a few of many is much cheaper. */
const firstFiles = 8

async function warningSample(
  target: CheckTarget,
  check: Check,
  rows: Query,
  columns: readonly Column[],
): Promise<Record<string, unknown>[]> {
  const some = {
    ...rows,
    sql: { ...rows.sql, text: `select * from (${rows.sql.text}\n) as failing limit ${sampled}` },
  }
  const { increment } = target
  if (
    isRowCheck(check) &&
    increment.kind === 'scan' &&
    increment.location.kind === 'files' &&
    increment.location.uris.length > firstFiles
  ) {
    const few: Relation = {
      ...increment,
      location: { ...increment.location, uris: increment.location.uris.slice(0, firstFiles) },
    }
    const found = await sampleOf(target, { ...some, inputs: { [rowsTable]: few } }, columns)
    if (found.length === sampled) return found
  }
  return sampleOf(target, some, columns)
}

async function sampleOf(
  target: CheckTarget,
  rows: Relation,
  columns: readonly Column[],
): Promise<Record<string, unknown>[]> {
  const found = await collectRows(
    await target.session.read(rows, columns, { signal: target.signal }),
    sampled,
  )
  return found.map((row) => toJson(row) as Record<string, unknown>)
}

/** The columns of an author's own query, as text where they have no column type. */
async function resultColumns(target: CheckTarget, rows: Query): Promise<readonly Column[]> {
  const columns = await target.session.bind(rows)
  return columns.map(
    ({ name }) =>
      target.asset.columns.find((column) => column.name === name) ?? {
        name,
        type: { kind: 'string' },
        nullable: true,
      },
  )
}
