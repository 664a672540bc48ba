import { relative } from 'node:path'
import {
  allChecks,
  failedRows,
  isLevadaError,
  LevadaError,
  partitionText,
  runCommand,
  showColumn,
  showDeprecation,
  toJson,
  type Session,
} from '@levada/core/run'
import type { Column } from '@levada/core'
import { openSession, printJson, type AppOptions } from '../app.ts'
import { tellDamage } from '../damage.ts'
import { printErrors } from '../errors.ts'
import { partitionsText } from '../partitions-text.ts'
import { bytes, count, paint, plural } from '../style.ts'
import { rowTable, table } from '../table.ts'

interface ShowOptions extends AppOptions {
  readonly partition?: string | undefined
  readonly limit?: string | undefined
  readonly files?: boolean | undefined
  readonly failed?: boolean | undefined
}

export async function show(asset: string, options: ShowOptions): Promise<number> {
  const limit = Number(options.limit ?? 10)
  if (options.limit !== undefined && !/^\d{1,9}$/.test(options.limit))
    throw new LevadaError('USAGE', `--limit ${options.limit} is not a number of rows.`, {
      hint: 'Write --limit 20.',
    })
  await using session = await openSession(options)
  const { partition } = options
  const loaded = session.load(asset, partition === undefined ? {} : { partition })
  if (options.failed) return await showFailed(session, asset, limit, options)
  const version = await loaded.version().catch(unlessMissing)
  const partitions = version && (await loaded.partitions())
  if (partitions) checkStored(session, asset, version, partitions)
  if (options.files) {
    tellDamage(session, { json: true })
    return showFiles(await loaded.location(), options)
  }
  let stale: LevadaError | undefined
  const rows = await loaded.rows({ limit }).catch((error: unknown) => {
    if (!isLevadaError(error) || error.code !== 'STALE_SCHEMA' || options.json) return unlessMissing(error)
    // All else can be told.
    stale = error
    return []
  })
  const { role, pipeline, asset: declared } = session.graph.assets.get(asset)!
  tellDamage(session, { json: true })
  const { type, dataset } = session.catalog.entry(asset)
  if (options.json) {
    const { columns, key, partitions, tags, owner, description, deprecated } = declared
    const checks = allChecks(declared).map(({ name, severity, mostly, implied }) => ({
      name,
      severity,
      mostly,
      implied,
    }))
    printJson({
      asset,
      role,
      pipeline,
      description,
      owner,
      deprecated,
      tags,
      columns,
      key,
      partitions,
      checks,
      type,
      address: dataset.address,
      version,
      rows: toJson(rows ?? []),
    })
    return 0
  }
  const facts: [string, string | undefined][] = [
    ['', declared.description],
    ['', declared.deprecated && `${paint('yellow', '!')} ${showDeprecation(declared.deprecated)}`],
    ['owner', declared.owner],
    ['tags', declared.tags.join(', ') || undefined],
    ['key', declared.key.join(', ') || undefined],
    [
      'partitions',
      declared.partitions.map(({ kind, column }) => `${kind} by ${column}`).join(', ') || undefined,
    ],
    ['stored', `${type} ${relative(process.cwd(), dataset.address) || '.'}`],
    ['version', version && `${version.number}, ${version.createdAt}, run ${version.runId}`],
    [
      'size',
      version &&
        `${plural(version.rows, 'row')}, ${bytes(version.sizeBytes)}${declared.partitions.length > 0 ? ` in ${plural(version.partitions.length, 'partition')}` : ''}`,
    ],
  ]
  console.log(`${paint('bold', asset)} · ${role} of '${pipeline}'`)
  for (const [name, value] of facts)
    if (value !== undefined) console.log(name === '' ? value : `${name.padEnd(11)}${value}`)
  console.log(
    `\n${table(
      ['column', 'type', 'description'],
      declared.columns.map((column) => [column.name, showColumn(column), saidOf(column)]),
    )}`,
  )
  if (allChecks(declared).length > 0)
    console.log(
      `\n${table(
        ['check', 'severity'],
        allChecks(declared).map(({ name, severity, mostly }) => [
          name,
          mostly === 1 ? severity : `${severity}, of at least ${mostly * 100} % of the rows`,
        ]),
      )}`,
    )
  if (stale) {
    console.log('')
    printErrors([stale], { json: false })
    return 2
  }
  if (!rows)
    console.log(`\nNot built yet in environment ${session.env}: ${runCommand(`+${asset}`, session.env)}`)
  else if (limit > 0) {
    const of = partitions ? ` of ${partitionsText(partitions)}` : ''
    const total = await loaded.count()
    console.log(
      `\n${rowTable(
        declared.columns.map(({ name }) => name),
        rows,
      )}\n\n${paint('dim', `${count(rows.length)} of ${plural(total, 'row')}${of}`)}`,
    )
  }
  return 0
}

/** What is not built yet is shown without its rows. */
const unlessMissing = (error: unknown): undefined => {
  if (!(error instanceof LevadaError && error.code === 'NOT_MATERIALIZED')) throw error
}

type Version = NonNullable<Awaited<ReturnType<ReturnType<Session['load']>['version']>>>
type Key = Readonly<Record<string, string>>

/** @throws NOT_MATERIALIZED when the version has no rows of any of them */
function checkStored({ env, graph }: Session, asset: string, version: Version, wanted: readonly Key[]): void {
  const names = graph.assets.get(asset)!.asset.partitions.map(({ column }) => column)
  const text = (key: Key): string => names.map((name) => `${name}=${key[name]}`).join(',')
  const stored = version.partitions.map(({ key }) => text(key)).toSorted()
  if (wanted.some((key) => stored.includes(text(key)))) return
  const asked = partitionText(names, wanted)
  const range = stored.length === 1 ? stored[0] : `${stored[0]} … ${stored.at(-1)}`
  const there = stored.length === 0 ? 'it has none' : `there are ${count(stored.length)}: ${range}`
  throw new LevadaError(
    'NOT_MATERIALIZED',
    `'${asset}' has no rows of ${partitionsText(wanted)} in version ${version.number}; ${there}.`,
    { hint: `Choose one of those, or build it: ${runCommand(asset, env)} --partition ${asked}` },
  )
}

function showFiles(
  location: Awaited<ReturnType<ReturnType<Session['load']>['location']>>,
  options: ShowOptions,
): number {
  const files = (function uris(at: typeof location): readonly string[] {
    if (at.kind === 'files') return at.uris
    return at.kind === 'union' ? at.parts.flatMap(uris) : []
  })(location)
  if (options.json) printJson(files)
  else for (const file of files) console.log(file)
  return 0
}

/** What is said of a column beside its type. */
function saidOf({ description, default: filled, deprecated }: Column): string {
  const said = [
    description,
    filled === undefined ? undefined : `By default ${JSON.stringify(filled)}.`,
    deprecated && paint('yellow', showDeprecation(deprecated).replace('d', 'D')),
  ]
  return said.filter((text) => text !== undefined).join(' ')
}

async function showFailed(
  session: Session,
  asset: string,
  limit: number,
  options: ShowOptions,
): Promise<number> {
  const found = await failedRows(session, asset, limit)
  if (options.json)
    printJson(
      found.map(({ runId, check, files, rows }) => ({ run_id: runId, check, files, rows: toJson(rows) })),
    )
  else if (found.length === 0) console.log(`No run has kept rows of ${asset} that failed a check.`)
  for (const { runId, check, files, columns, rows } of options.json ? [] : found) {
    console.log(
      `${paint('bold', check)} in run ${runId}\n${rowTable(
        columns.map(({ name }) => name),
        rows,
      )}`,
    )
    console.log(
      paint('dim', `\nAll of them: ${files.map((file) => relative(process.cwd(), file)).join(', ')}\n`),
    )
  }
  return 0
}
