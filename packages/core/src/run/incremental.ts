import {
  grainsOf,
  partitionId,
  sinceOf,
  type AnyAsset,
  type Incremental,
  type PartitionKey,
} from '../asset/index.ts'
import {
  isEmptyLocation,
  type Dataset,
  type Location,
  type Staging,
  type Version,
  type Written,
} from '../dataset/index.ts'
import type { Engine, EngineSession, Query, Relation } from '../engine/index.ts'
import { buildsOn, storedColumns } from '../plan/index.ts'
import type { Column } from '../schema/index.ts'
import type { RunContext } from './context.ts'
import { incrementalOutput } from './incremental-output.ts'
import { namingAsset, type OutputWrite } from './output.ts'
import { checkRange, produce, type Production } from './produce.ts'
import { randomHex } from '../dataset/random-hex.ts'
import { relationAt, writeBatches } from './relation.ts'
import { collectRows } from './rows.ts'
import { checkKey } from './step-checks.ts'
import { unchecked } from './unchecked.ts'

/** An output whose rows follow those that it had, and from where on. */
interface Increment {
  readonly asset: AnyAsset
  readonly rule: Incremental
  readonly dataset: Dataset
  readonly head: Version | undefined
  /** What is built on; undefined when all rows are made anew. */
  readonly base: Version | undefined
}

/** What a step has staged of an output. */
export interface Staged {
  readonly write: OutputWrite
  readonly written: Written
}

/** Added to more often than this, a partition is written again in one piece: its rows would be in too many places. */
const mostParts = 50

/** All that a step needs to make rows. */
export type Making = Omit<Production, 'writes' | 'limit' | 'since'>

/**
 * Stages the output of a node that is brought up to date by what is new; undefined for a node that replaces its outputs. The
 * rows are sealed, not checked and not published.
 */
export async function stageIncrement(making: Making): Promise<Staged | undefined> {
  const { context, step, node } = making
  const asset = incrementalOutput(node)
  if (!asset) return undefined
  const { dataset } = context.catalog.entry(asset.name)
  const head = await dataset.head()
  const now = await context.fingerprints.of(node, asset)
  const base = buildsOn(step, node, head, now) ? head : undefined
  const scratch: Staging[] = []
  try {
    const staged = await stage(making, { asset, rule: asset.incremental!, dataset, head, base }, scratch)
    const checks = base?.whole && base.whole.fingerprint.checks !== now.checks
    return checks ? { ...staged, write: { ...staged.write, recheck: true } } : staged
  } finally {
    await Promise.allSettled(scratch.map((staging) => staging.discard()))
  }
}

async function stage(making: Making, increment: Increment, scratch: Staging[]): Promise<Staged> {
  const { rule, base, asset } = increment
  if (!base) return stageAll(making, increment, scratch)
  if (rule.kind === 'merge') return stageMerge(making, increment, scratch)
  const full = base.partitions.some(({ before }) => (before?.length ?? 0) + 1 >= mostParts)
  const { node } = making
  if (asset.key.length > 0 || full || node.node.work.kind === 'function')
    return stageAppend(making, increment, scratch)
  // Nothing is to be compared: the engine writes what is new right where it stays.
  const staging = await open(making, increment, { adds: true })
  return sealed(
    making,
    increment,
    staging,
    await madeInto(making, increment, staging, after(making, increment)),
  )
}

/** Rows that are new by their own word: those behind the highest that is stored. */
const after = (making: Making, { asset, rule, base }: Increment): string => {
  const { dialect } = making.engine
  return `${dialect.identifier(rule.by)} > ${dialect.literal(sinceOf({ kind: 'append', by: rule.by }, asset.columns, base!.watermark), byOf(asset, rule).type)}`
}

const byOf = ({ columns }: AnyAsset, { by }: Incremental): Column => columns.find(({ name }) => name === by)!

/** All rows anew, or those of the partitions of the step. */
async function stageAll(making: Making, increment: Increment, scratch: Staging[]): Promise<Staged> {
  const { rule, head, asset } = increment
  const { step, engine } = making
  const { identifier, literal } = engine.dialect
  // What is behind the watermark comes with the run that reaches it.
  const later =
    rule.kind === 'append' && step.partitions && head?.watermark !== undefined
      ? `${identifier(rule.by)} <= ${literal(sinceOf({ kind: 'append', by: rule.by }, asset.columns, head.watermark), byOf(asset, rule).type)}`
      : undefined
  const limit = rule.deleted === undefined ? later : `not ${identifier(rule.deleted)}`
  const target = step.partitions && asset.partitions.length > 0 ? { replace: step.partitions } : {}
  const staging = await open(making, { ...increment, base: head }, target)
  if (limit === undefined || making.node.node.work.kind === 'sql')
    return sealed(making, increment, staging, await madeInto(making, increment, staging, limit))
  const incoming = await stageIncoming(making, increment, scratch)
  await using near = await nearest(making, increment, staging)
  const rows = await relationOf(near, increment, incoming.staging.increment())
  const text = `select ${list(near, increment)} from incoming where ${limit}`
  return await sealed(
    making,
    increment,
    staging,
    await compute(near, increment, staging, text, { incoming: rows }),
  )
}

/** Rows that are not there yet, by their key or by their own word. */
async function stageAppend(making: Making, increment: Increment, scratch: Staging[]): Promise<Staged> {
  const { asset, rule, dataset, base } = increment
  const incoming = await stageIncoming(making, increment, scratch)
  if (incoming.written.rows === 0) return nothingNew(making, increment)
  const partitioned = asset.partitions.length > 0
  const touched = partitioned ? incoming.written.partitions.map(({ key }) => key) : undefined
  const full = among(base!, asset, touched).some(({ before }) => (before?.length ?? 0) + 1 >= mostParts)
  const staging = await open(
    making,
    increment,
    full ? { ...(touched && { replace: touched }) } : { adds: true },
  )
  await using near = await nearest(making, increment, staging)
  const { identifier, literal } = near.engine.dialect
  const rows = await relationOf(near, increment, incoming.staging.increment())
  const stored = await relationOf(
    near,
    increment,
    await dataset.locate(base, full ? touched : undefined),
    true,
  )
  const by = identifier(rule.by)
  const since = literal(sinceOf(rule, asset.columns, base!.watermark) as string, byOf(asset, rule).type)
  if (asset.key.length > 0)
    await checkKey({ ...making, engine: near.engine, session: near.session }, asset, rows)
  const fresh =
    asset.key.length > 0
      ? `select ${list(near, increment, 'incoming')} from incoming where ${by} >= ${since} and not exists (select 1 from known where known.${by} >= ${since} and ${sameKey(near, increment, 'known')})`
      : `select ${list(near, increment, 'incoming')} from incoming where ${after({ ...making, engine: near.engine }, increment)}`
  const text = full ? `select ${list(near, increment)} from stored union all ${fresh}` : fresh
  const known = full ? await relationOf(near, increment, await dataset.locate(base), true) : stored
  const inputs = {
    incoming: rows,
    ...(asset.key.length > 0 && { known }),
    ...(full && { stored }),
  }
  const written = await compute(near, increment, staging, text, inputs)
  const came = { highest: await highest(near, rows, byOf(asset, rule)), replaces: touched }
  return await sealed(making, increment, staging, written, came)
}

/** The partitions of rows that come and of rows that they replace, written again without the ones that are replaced. */
async function stageMerge(making: Making, increment: Increment, scratch: Staging[]): Promise<Staged> {
  const { asset, rule, dataset, base } = increment
  const incoming = await stageIncoming(making, increment, scratch)
  if (incoming.written.rows === 0) return nothingNew(making, increment)
  await using near = await nearest(making, increment, incoming.staging)
  const rows = await relationOf(near, increment, incoming.staging.increment())
  await checkKey({ ...making, engine: near.engine, session: near.session }, asset, rows)
  const touched = await touchedBy(making, near, increment, incoming.written, rows, scratch)
  const staging = await open(making, increment, { ...(touched && { replace: touched }) })
  const stored = await relationOf(near, increment, await dataset.locate(base, touched), true)
  const kept = `select ${list(near, increment, 'stored')} from stored where not exists (select 1 from incoming where ${sameKey(near, increment, 'stored')})`
  const gone = rule.deleted === undefined ? '' : ` where not ${near.engine.dialect.identifier(rule.deleted)}`
  const text = `${kept} union all select ${list(near, increment, 'incoming')} from incoming${gone}`
  const written = await compute(near, increment, staging, text, { stored, incoming: rows })
  const came = { highest: await highest(near, rows, byOf(asset, rule)), replaces: touched }
  return await sealed(making, increment, staging, written, came)
}

/** In which partitions rows come or are replaced; undefined for an asset without. */
async function touchedBy(
  making: Making,
  near: Near,
  increment: Increment,
  incoming: Written,
  rows: Relation,
  scratch: Staging[],
): Promise<readonly PartitionKey[] | undefined> {
  const { asset, dataset, base } = increment
  const names = asset.partitions.map(({ column }) => column)
  if (names.length === 0) return undefined
  const keys = incoming.partitions.map(({ key }) => key)
  if (names.every((name) => asset.key.includes(name))) return keys
  // A row may have been in another partition: those that are replaced say where they are.
  const replaced = await open(making, { ...increment, base: undefined }, {})
  scratch.push(replaced)
  const stored = await relationOf(near, increment, await dataset.locate(base), true)
  const text = `select ${list(near, increment, 'stored')} from stored where exists (select 1 from incoming where ${sameKey(near, increment, 'stored')})`
  const { partitions } = await compute(near, increment, replaced, text, { stored, incoming: rows })
  const all = new Map(
    [...keys, ...partitions.map(({ key }) => key)].map((key) => [partitionId(names, key), key]),
  )
  return [...all.values()]
}

/** The stored partitions of some keys, or all. */
function among(
  { partitions }: Version,
  asset: AnyAsset,
  keys: readonly PartitionKey[] | undefined,
): Version['partitions'] {
  const names = asset.partitions.map(({ column }) => column)
  const ids = keys && new Set(keys.map((key) => partitionId(names, key)))
  return ids ? partitions.filter(({ key }) => ids.has(partitionId(names, key))) : partitions
}

/** What the node gives, where nobody reads it: it is compared with what is stored. */
async function stageIncoming(
  making: Making,
  increment: Increment,
  scratch: Staging[],
): Promise<{ readonly staging: Staging; readonly written: Written }> {
  const staging = await open(making, { ...increment, base: undefined }, {})
  scratch.push(staging)
  const written = await madeInto(making, increment, staging, undefined)
  await staging.seal(written)
  return { staging, written }
}

function open(
  { context: { runId } }: Making,
  { asset, dataset, base }: Increment,
  how: { readonly replace?: readonly PartitionKey[]; readonly adds?: true },
): Promise<Staging> {
  const grains = grainsOf(asset)
  return dataset.stage({
    version: `${runId}-${randomHex()}`,
    columns: asset.columns,
    partitionBy: asset.partitions.map(({ column }) => column),
    ...(grains && { grains }),
    replace: undefined,
    base,
    ...how,
  })
}

/** Has the node write into a target. @throws ROW_OUT_OF_RANGE */
async function madeInto(
  making: Making,
  { asset, rule, dataset, base }: Increment,
  { target }: Staging,
  limit: string | undefined,
): Promise<Written> {
  const since = sinceOf(rule, asset.columns, base?.watermark)
  const [written] = await produce({
    ...making,
    writes: [{ asset, dataset, target }],
    since,
    ...(limit !== undefined && { limit }),
  })
  checkRange(making, asset, written!)
  return written!
}

async function nothingNew(making: Making, increment: Increment): Promise<Staged> {
  const staging = await open(making, increment, { adds: true })
  return sealed(making, increment, staging, { rows: 0, sizeBytes: 0, files: [], partitions: [] })
}

interface Came {
  /** The highest value of `by`, of rows that are removed, too; looked for among those that are written when left out. */
  readonly highest?: string | number | undefined
  /** The partitions that are written again. */
  readonly replaces?: readonly PartitionKey[] | undefined
}

async function sealed(
  making: Making,
  increment: Increment,
  staging: Staging,
  written: Written,
  { highest: seen, replaces }: Came = {},
): Promise<Staged> {
  const { asset, rule, dataset, head, base } = increment
  await staging.seal(written)
  const { step } = making
  const write = { asset, dataset, target: staging.target, base: head, staging, ...(replaces && { replaces }) }
  // A step for some partitions says nothing about the others.
  if (step.partitions) return { write, written }
  const rows = written.rows > 0 && seen === undefined
  let found = seen
  if (rows) {
    await using near = await nearest(making, increment, staging)
    found = await highest(near, await relationOf(near, increment, staging.increment()), byOf(asset, rule))
  }
  const watermark = later(base?.watermark, found)
  return { write: { ...write, upTo: { watermark }, ...(base && { partial: true }) }, written }
}

/** The later of two values of `by`: numbers, 64-bit integers or times as text. */
function later(a: string | number | undefined, b: string | number | undefined): string | number | undefined {
  if (a === undefined || b === undefined) return a ?? b
  if (typeof a === 'number') return Math.max(a, Number(b))
  const number = /^-?\d+$/
  if (number.test(a) && number.test(String(b))) return BigInt(a) > BigInt(b) ? a : b
  return a.replace('Z', '') > String(b).replace('Z', '') ? a : b
}

/** The engine that both reads and writes what the dataset stores, or the node's own. */
interface Near extends AsyncDisposable {
  readonly context: RunContext
  readonly engine: Engine
  readonly session: EngineSession
}

async function nearest(
  { context, engine, session }: Making,
  { dataset }: Increment,
  { target }: Staging,
): Promise<Near> {
  const empty = await dataset.emptyLocation()
  const reaches = (each: Engine): boolean => each.canScan(empty) && each.canWrite(target)
  const other = reaches(engine) ? undefined : await context.engines.find(reaches)
  if (!other) return { context, engine, session, [Symbol.asyncDispose]: async () => undefined }
  const own = await other.open()
  return { context, engine: other, session: own, [Symbol.asyncDispose]: () => own[Symbol.asyncDispose]() }
}

async function relationOf(
  { context: { engines, signal }, engine }: Near,
  { asset, dataset }: Increment,
  location: Location,
  stored = false,
): Promise<Relation> {
  const columns = stored ? storedColumns(asset.columns, asset) : asset.columns
  if (isEmptyLocation(location)) return { kind: 'empty', columns }
  const relation = await relationAt({ engines, engine, signal }, dataset, location, columns)
  // What is wrong with rows is for checks to say.
  return relation.kind === 'batches' ? { ...relation, columns: relation.columns.map(unchecked) } : relation
}

const list = ({ engine: { dialect } }: Near, { asset }: Increment, of?: string): string =>
  asset.columns
    .map(({ name }) => (of === undefined ? dialect.identifier(name) : `${of}.${dialect.identifier(name)}`))
    .join(', ')

const sameKey = ({ engine: { dialect } }: Near, { asset }: Increment, of: string): string =>
  asset.key
    .map((name) => `incoming.${dialect.identifier(name)} = ${of}.${dialect.identifier(name)}`)
    .join(' and ')

const query = (name: string, text: string, inputs: Readonly<Record<string, Relation>>): Query => ({
  kind: 'query',
  name,
  sql: { text, file: name, line: 1, column: 1 },
  inputs,
  params: {},
  trusted: true,
})

async function compute(
  { context, engine, session }: Near,
  { asset, dataset }: Increment,
  { target }: Staging,
  text: string,
  inputs: Readonly<Record<string, Relation>>,
): Promise<Written> {
  const { signal, engines } = context
  const rows = query(`rows of ${asset.name}`, text, inputs)
  if (engine.canWrite(target))
    return namingAsset(asset, () => session.write(rows, asset.columns, target, { signal }))
  const columns = asset.columns.map(unchecked)
  const cursor = await session.read(rows, columns, { signal })
  return namingAsset(asset, () => writeBatches(engines, dataset, target, columns, cursor.batches(), signal))
}

/** The highest value of a column; 64-bit integers as text. */
async function highest(
  { context: { signal }, engine, session }: Near,
  rows: Relation,
  { name, type }: Column,
): Promise<string | number | undefined> {
  const text = `select max(${engine.dialect.identifier(name)}) as highest from counted`
  const column: Column = { name: 'highest', type, nullable: true }
  const cursor = await session.read(query('watermark', text, { counted: rows }), [column], { signal })
  const [row] = await collectRows(cursor, 1)
  const value = row!['highest'] as string | number | bigint | null
  return value === null ? undefined : typeof value === 'bigint' ? String(value) : value
}
