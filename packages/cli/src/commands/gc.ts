import { relative } from 'node:path'
import { errorRecord, type AssetCleaning, type Cleaning } from '@levada/core/run'
import { openSession, printJson, type AppOptions } from '../app.ts'
import { tellDamage } from '../damage.ts'
import { errorText } from '../errors.ts'
import { bytes, paint, plural } from '../style.ts'

interface GcOptions extends AppOptions {
  readonly yes?: boolean | undefined
}

export async function gc(assets: readonly string[], options: GcOptions): Promise<number> {
  await using session = await openSession(options)
  const removes = options.yes === true
  const done = await session.clean(assets.length > 0 ? assets : undefined, { remove: removes })
  if (options.json) printJson({ removed: removes, assets: done.map(recordOf) })
  else console.log(text(done, removes))
  tellDamage(session, options)
  return done.some(hasFailed) ? 1 : 0
}

/** What belongs to others or is written by one, and what keeps no versions, is no failure. */
const isLeft = (code: string): boolean =>
  code === 'NOT_SUPPORTED' || code === 'FOREIGN_ASSET' || code === 'LEASED'

const hasFailed = ({ problem }: AssetCleaning): boolean => problem !== undefined && !isLeft(problem.code)

const recordOf = ({ asset, type, address, found, pinnedBy, problem }: AssetCleaning) => ({
  asset,
  type,
  address,
  ...(problem && { error: errorRecord(problem) }),
  ...(found && {
    kept: found.kept.map(({ version: { number, id }, why }) => ({ number, id, why })),
    removed: found.removed.map(({ number, id, createdAt, rows }) => ({
      number,
      id,
      created_at: createdAt,
      rows,
    })),
    pinned_by: pinnedBy,
    leftovers: found.leftovers,
    size_bytes: found.sizeBytes,
    damaged: found.damaged,
  }),
})

function text(done: readonly AssetCleaning[], removes: boolean): string {
  const lines: string[] = []
  const holders = new Set<string>()
  const sum = { versions: 0, leftovers: 0, sizeBytes: 0 }
  for (const { asset, address, found, pinnedBy, problem } of done) {
    for (const run of pinnedBy) holders.add(run)
    if (problem) {
      if (isLeft(problem.code)) lines.push(paint('dim', `${asset}: left alone. ${problem.message}`))
      else lines.push(`${asset}: ${errorText(problem)}`)
      continue
    }
    const { removed, leftovers, sizeBytes, damaged } = found!
    sum.versions += removed.length
    sum.leftovers += leftovers
    sum.sizeBytes += sizeBytes
    if (removed.length > 0 || leftovers > 0 || sizeBytes > 0)
      lines.push(
        `${paint('bold', asset)}  ${whatText(found!)}, ${bytes(sizeBytes)}  ${paint('dim', keptText(found!))}`,
      )
    for (const { number, at, problem: why } of damaged)
      lines.push(
        `${paint('yellow', '!')} ${asset}: version ${number ?? '?'} cannot be read (${at}): ${why}. As long as it is there, no rows below ${relative(process.cwd(), address) || '.'} are removed: they may be its own.`,
      )
  }
  if (holders.size > 0)
    lines.push(
      `What ${holders.size === 1 ? 'a run that has' : 'runs that have'} not finished ${holders.size === 1 ? 'reads' : 'read'} stays for seven days, or until ${holders.size === 1 ? 'it is' : 'they are'} done: ${[...holders].map((run) => `levada run --resume ${run}`).join(', ')}`,
    )
  const all = [
    plural(sum.versions, 'version'),
    ...(sum.leftovers > 0 ? [`what ${plural(sum.leftovers, 'attempt')} left that died`] : []),
    bytes(sum.sizeBytes),
  ].join(', ')
  const failed = done.filter(hasFailed).length
  const notDone = `${plural(failed, 'asset')} could not be ${removes ? 'cleaned' : 'looked at'}`
  if (sum.versions + sum.leftovers + sum.sizeBytes === 0)
    lines.push(nothingText(done.length - failed, failed > 0 ? notDone : undefined))
  else {
    const rest = failed > 0 ? ` ${notDone}.` : ''
    if (removes) lines.push(`Removed: ${all}.${rest}`)
    else lines.push(`To remove: ${all}. Nothing is removed yet; levada gc --yes does it.${rest}`)
  }
  return lines.join('\n')
}

function nothingText(others: number, notDone: string | undefined): string {
  if (notDone === undefined) return 'There is nothing to remove.'
  return others === 0 ? `${notDone}.` : `${notDone}; of the others there is nothing to remove.`
}

function whatText({ removed, leftovers }: Cleaning): string {
  const numbers = rangesOf(removed.map(({ number }) => number).toReversed())
  const parts = [
    ...(removed.length > 0 ? [`${removed.length === 1 ? 'version' : 'versions'} ${numbers}`] : []),
    ...(leftovers > 0 ? [`what ${plural(leftovers, 'attempt')} left that died`] : []),
  ]
  return parts.length > 0 ? parts.join(', ') : 'files that no version names'
}

const reasons = {
  current: 'current',
  newest: 'among the newest',
  age: 'within its age',
  grace: 'may still be read',
  pinned: 'read by a run that has not finished',
} as const

/** `keeps 9 (current), 7-8 (may still be read)` */
function keptText({ kept }: Cleaning): string {
  const groups = [...Map.groupBy(kept, ({ why }) => why)].map(
    ([why, all]) =>
      `${rangesOf(all.map(({ version: { number } }) => number).toReversed())} (${reasons[why]})`,
  )
  return groups.length > 0 ? `keeps ${groups.join(', ')}` : ''
}

/** `1-3, 5` */
function rangesOf(ascending: readonly number[]): string {
  const ranges: [number, number][] = []
  for (const number of ascending) {
    const last = ranges.at(-1)
    if (last && last[1] + 1 === number) last[1] = number
    else ranges.push([number, number])
  }
  return ranges.map(([from, to]) => (from === to ? `${from}` : `${from}-${to}`)).join(', ')
}
