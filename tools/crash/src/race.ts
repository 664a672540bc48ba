import { spawn } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { text } from 'node:stream/consumers'
import { setTimeout as sleep } from 'node:timers/promises'
import { loadApp, openApp, type Session } from '@levada/core/run'
import type { Version } from '@levada/core/spi'
import { raceFiles, raceProblem, rowsMarked } from './race-app.ts'
import { rowsOf } from './reader.ts'

export interface Raced {
  /** How often each outcome was told. */
  readonly told: Readonly<Record<string, number>>
  /** Versions that readers saw, each of which was read again in the end. */
  readonly seen: number
  /** What must not be. */
  readonly wrong: readonly string[]
}

const tmp = join(import.meta.dirname, '../tmp')
const asset = 'race.days'
/** An hour ahead, and a year in the past. */
const clocks = [1, -8760]

/**
 * Two processes whose clocks differ publish one asset, each so many times, are paused at random, and clean up now and then; readers look
 * at what is current, and at any version that is kept.
 * @param server an entry of type `postgres`; files otherwise
 */
export async function race(rounds: number, server?: object): Promise<Raced> {
  mkdirSync(tmp, { recursive: true })
  const dir = mkdtempSync(join(tmp, 'race-'))
  const files = { ...raceFiles(server ? 'postgres' : 'parquet', server), 'landing/0.csv': rowsMarked(0) }
  for (const [file, content] of Object.entries(files)) {
    mkdirSync(dirname(join(dir, file)), { recursive: true })
    writeFileSync(join(dir, file), content)
  }
  await using session = await openApp(await loadApp(dir), { appDir: dir, processEnv: { RACER: '0' } })
  const wrong = new Set<string>()
  const seen = new Map<string, { readonly version: Version; readonly rows: string }>()
  async function look(version: Version): Promise<void> {
    const { id, number } = version
    const rows = await rowsOf(session, asset, version)
    const problem = raceProblem(rows)
    if (problem !== undefined) wrong.add(`version ${number} was read as ${problem}`)
    const before = seen.get(id)
    if (before && before.rows !== rows.join()) wrong.add(`version ${number} has other rows than it had`)
    seen.set(id, { version, rows: rows.join() })
  }
  const racers = clocks.map((hours, i) =>
    spawn(
      process.execPath,
      [
        '--conditions=@levada/source',
        join(import.meta.dirname, 'race-run.ts'),
        dir,
        `${i + 1}`,
        `${rounds}`,
        `${hours}`,
      ],
      { stdio: ['ignore', 'pipe', 'inherit'] },
    ),
  )
  const going = (): boolean =>
    racers.some(({ exitCode, signalCode }) => exitCode === null && signalCode === null)
  const outputs = Promise.all(racers.map((racer) => text(racer.stdout)))
  try {
    await Promise.all([pausing(racers, going), reading(session, going, look, wrong)])
    const lines = (await outputs).flatMap((output) => output.split('\n').filter(Boolean))
    for (const [i, { exitCode }] of racers.entries())
      if (exitCode !== 0) wrong.add(`racer ${i + 1} has failed`)
    const stored = (await kept(session)).map(({ id }) => id)
    const published = lines.flatMap((line) => (line.startsWith('kept ') ? [line.slice(5)] : []))
    for (const id of published) if (!stored.includes(id)) wrong.add(`${id} was published, and is lost`)
    for (const id of stored) if (!published.includes(id)) wrong.add(`${id} is there, and nobody published it`)
    for (const { version } of seen.values())
      await look(version).catch((error: unknown) =>
        wrong.add(`version ${version.number} was seen, and is lost: ${String(error)}`),
      )
    const told: Record<string, number> = {}
    for (const line of lines) told[line.split(' ')[0]!] = (told[line.split(' ')[0]!] ?? 0) + 1
    return { told, seen: seen.size, wrong: [...wrong] }
  } finally {
    rmSync(dir, { recursive: true, force: true })
  }
}

const kept = async ({ catalog }: Session): Promise<readonly Version[]> =>
  (await catalog.entry(asset).dataset.versions!()).versions

async function pausing(
  racers: readonly { kill(signal: NodeJS.Signals): boolean }[],
  going: () => boolean,
): Promise<void> {
  while (going()) {
    const racer = racers[Math.floor(Math.random() * racers.length)]!
    await sleep(Math.random() * 200)
    racer.kill('SIGSTOP')
    await sleep(Math.random() * 150)
    racer.kill('SIGCONT')
  }
}

async function reading(
  session: Session,
  going: () => boolean,
  look: (version: Version) => Promise<void>,
  wrong: Set<string>,
): Promise<void> {
  const { dataset } = session.catalog.entry(asset)
  while (going()) {
    try {
      const head = await dataset.head()
      if (head) await look(head)
      const versions = Math.random() < 0.1 ? await kept(session) : []
      const any = versions[Math.floor(Math.random() * versions.length)]
      if (any) await look(any)
    } catch (error) {
      wrong.add(`a reader is told: ${String(error)}`)
    }
    await sleep(2)
  }
}
