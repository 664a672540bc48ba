import { setTimeout as sleep } from 'node:timers/promises'
import { loadApp, openApp, type Session } from '@levada/core/run'
import type { Version } from '@levada/core/spi'

/** Rows of one version, each as JSON, in order. */
export type Rows = readonly string[]

/** A reader who knows nothing of those who write. */
export const openReader = async (dir: string): Promise<Session> =>
  openApp(await loadApp(dir), { appDir: dir })

/** @throws what a reader is told when the version cannot be read as a whole */
export async function rowsOf(session: Session, asset: string, version: Version): Promise<Rows> {
  const { dataset } = session.catalog.entry(asset)
  const location = await dataset.locate(version)
  const engine = await session.engines.find((each) => each.canScan(location))
  if (!engine) throw new Error(`No engine reads ${asset}.`)
  const { columns } = session.graph.assets.get(asset)!.asset
  await using opened = await engine.open()
  const rows: string[] = []
  for await (const batch of (await opened.read({ kind: 'scan', location, columns }, columns)).rows())
    for (const row of batch) rows.push(JSON.stringify(row))
  if (rows.length !== version.rows) throw new Error(`${rows.length} rows are there, not ${version.rows}`)
  return rows.toSorted()
}

export interface Watch {
  /** Ends it; what was seen that must not be. */
  stop(): Promise<{ readonly reads: number; readonly wrong: readonly string[] }>
}

/**
 * Reads what is current, on and on, while others write.
 * @param problem tells what is wrong with rows; undefined when they are what may be there
 */
export function watch(
  dir: string,
  assets: readonly string[],
  problem: (asset: string, rows: Rows) => string | undefined,
): Watch {
  const wrong = new Set<string>()
  const read = new Map<string, number>()
  let reads = 0
  const over = new AbortController()
  async function look(session: Session, asset: string): Promise<void> {
    const version = await session.catalog.entry(asset).dataset.head()
    if (!version) return void wrong.add(`${asset} is gone, a reader says`)
    // As it appears, and once again.
    const times = read.get(version.id) ?? 0
    if (times === 2) return
    read.set(version.id, times + 1)
    const found = problem(asset, await rowsOf(session, asset, version))
    reads++
    if (found !== undefined) wrong.add(`a reader saw version ${version.number}: ${found}`)
  }
  async function loop(): Promise<void> {
    await using session = await openReader(dir)
    while (!over.signal.aborted) {
      for (const asset of assets)
        await look(session, asset).catch((error: unknown) =>
          wrong.add(`a reader of ${asset} is told: ${String(error)}`),
        )
      for (const damage of session.damage()) wrong.add(`a reader is told of damage: ${damage}`)
      await sleep(25)
    }
  }
  const looping = loop()
  looping.catch(() => undefined)
  return {
    async stop() {
      over.abort()
      await looping
      return { reads, wrong: [...wrong] }
    },
  }
}
