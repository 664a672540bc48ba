import { relative } from 'node:path'
import type { AssetVersion, AssetVersions } from '@levada/core/run'
import { openSession, printJson, type AppOptions } from '../app.ts'
import { tellDamage } from '../damage.ts'
import { bytes, count, paint } from '../style.ts'
import { table } from '../table.ts'
import { timeText } from '../time-text.ts'

export async function versions(asset: string, options: AppOptions): Promise<number> {
  await using session = await openSession(options)
  const found = await session.versions(asset)
  if (options.json) printJson({ ...found, versions: found.versions.map((version) => recordOf(version)) })
  else console.log(text(found, session.env))
  tellDamage(session, options)
  return 0
}

/** A version without what a plan alone needs of it. */
const recordOf = (version: AssetVersion) => ({
  number: version.number,
  id: version.id,
  created_at: version.createdAt,
  app: version.app,
  run_id: version.runId,
  rows: version.rows,
  size_bytes: version.sizeBytes,
  partitions: version.partitions.length,
  current: version.current,
  restores: version.restores,
  pinned_by: version.pinnedBy,
})

function text({ asset, env, type, address, versions: list, damaged }: AssetVersions, here: string): string {
  const where = `${type} ${relative(process.cwd(), address) || '.'}${env === here ? '' : `, in environment ${env}`}`
  const lines = [`${paint('bold', asset)} · ${where}`]
  const isPartitioned = list.some(({ partitions }) => Object.keys(partitions[0]?.key ?? {}).length > 0)
  const partitions = <T>(cell: T): readonly T[] => (isPartitioned ? [cell] : [])
  if (list.length === 0) lines.push('It has no versions yet.')
  else
    lines.push(
      table(
        ['version', 'published (UTC)', 'rows', ...partitions('partitions'), 'size', 'run', ''],
        list.map((version) => [
          String(version.number),
          timeText(version.createdAt),
          count(version.rows),
          ...partitions(count(version.partitions.length)),
          bytes(version.sizeBytes),
          version.runId,
          notes(version).join(', '),
        ]),
        [true, false, true, ...partitions(true), true],
      ),
    )
  for (const { number, at, problem } of damaged)
    lines.push(`${paint('yellow', '!')} version ${number ?? '?'} cannot be read (${at}): ${problem}`)
  if (list.length > 1)
    lines.push(
      '',
      paint(
        'dim',
        `Roll back: levada restore ${asset} --version ${list[1]!.number}${here === 'dev' ? '' : ` --env ${here}`}`,
      ),
    )
  return lines.join('\n')
}

const notes = ({ current, restores, pinnedBy }: AssetVersion): readonly string[] => [
  ...(current ? [paint('green', 'current')] : []),
  ...(restores === undefined ? [] : [`version ${restores} again`]),
  ...pinnedBy.map((run) => `kept for run ${run}, which has not finished`),
]
