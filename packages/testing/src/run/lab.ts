import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import {
  loadApp,
  openApp,
  type LevadaEvent,
  type Plan,
  type RunOptions,
  type Session,
} from '@levada/core/run'
import type { Runner } from '../runner.ts'
import { appFiles, assets } from './app.ts'

/** What the nodes of the app are told. */
export interface Behaviour {
  readonly fail?: string
  readonly wait?: string
  readonly deaf?: boolean
  readonly delays?: Readonly<Record<string, number>>
  readonly highest?: number
  /** What plugins do around the node 'double'. */
  readonly hooks?: 'tell' | 'before' | 'after' | 'never'
  /** In which order the plan lists its steps: numbers to sort by. @default as it was made */
  readonly order?: () => number
}

/** What came of a run, without what differs from run to run. */
export interface Told {
  readonly runId: string
  readonly state: string
  /** Steps by what they came to. */
  readonly steps: Readonly<Record<string, string>>
  /** The events of each step in their order, and those of the run. */
  readonly events: Readonly<Record<string, readonly unknown[]>>
  /** Ids that are stored, of assets that are. */
  readonly rows: Readonly<Record<string, readonly unknown[]>>
  /** From which versions each asset was made that the run published, by their assets. */
  readonly lineage: Readonly<Record<string, unknown>>
}

export interface Lab {
  readonly expect: Runner['expect']
  /** Runs all in an empty place with the runner of the suite, or with the one that all are compared to. */
  run(behaviour?: Behaviour, how?: RunOptions, env?: string): Promise<Told>
  reference(behaviour?: Behaviour): Promise<Told>
  /** Goes on with the last run, one in which a node failed; now it does not. */
  resume(runId: string, behaviour: Behaviour): Promise<Told>
}

/** @param root a folder from which the packages are found that the app imports */
export async function withLab(
  { root, options, expect }: { root: string; options: RunOptions; expect: Runner['expect'] },
  work: (lab: Lab) => Promise<void>,
): Promise<void> {
  const folders: string[] = []
  const begin = async (): Promise<string> => {
    await mkdir(root, { recursive: true })
    const dir = await mkdtemp(join(root, 'runner-'))
    folders.push(dir)
    for (const [file, text] of Object.entries(appFiles)) {
      await mkdir(dirname(join(dir, file)), { recursive: true })
      await writeFile(join(dir, file), text)
    }
    return dir
  }
  const opened = async (
    dir: string,
    { delays, hooks, order, ...rest }: Behaviour,
    make: (session: Session) => Promise<Plan>,
    how: RunOptions,
    env = 'dev',
  ): Promise<Told> => {
    if (hooks) await writeFile(join(dir, 'hooks'), hooks)
    const params = { t: { ...rest, ...(delays && { delays: JSON.stringify(delays) }) } }
    await using session = (await openApp(await loadApp(dir), {
      appDir: dir,
      env,
      params,
    })) as unknown as Session
    const plan = await make(session)
    const steps = order ? shuffled(plan.steps, order) : plan.steps
    return await told(session, { ...plan, steps }, how)
  }
  try {
    await work({
      expect,
      run: async (behaviour = {}, how = {}, env = 'dev') =>
        opened(await begin(), behaviour, (session) => session.plan(), { ...options, ...how }, env),
      reference: async (behaviour = {}) =>
        opened(await begin(), behaviour, (session) => session.plan(), { runner: 'sequential' }),
      resume: async (runId, behaviour) => {
        const dir = folders.at(-1)!
        await writeFile(join(dir, 'mended'), '')
        return opened(dir, behaviour, (session) => session.resume(runId), options)
      },
    })
  } finally {
    for (const dir of folders) await rm(dir, { recursive: true, force: true })
  }
}

const shuffled = <T>(list: readonly T[], order: () => number): readonly T[] =>
  list
    .map((item) => ({ item, place: order() }))
    .toSorted((a, b) => a.place - b.place)
    .map(({ item }) => item)

async function told(session: Session, plan: Plan, how: RunOptions): Promise<Told> {
  const events: LevadaEvent[] = []
  const sink = { name: 'lab', event: (event: LevadaEvent) => void events.push(event) }
  const result = await session.run(plan, { ...how, sinks: [sink, ...(how.sinks ?? [])] })
  const rows: Record<string, readonly unknown[]> = {}
  const lineage: Record<string, unknown> = {}
  for (const asset of assets) {
    if (!(await session.catalog.entry(asset).dataset.exists())) continue
    rows[asset] = (await session.load(asset).rows()).map(({ id }) => id)
    lineage[asset] = Object.keys(result.materializations.get(asset)?.inputs ?? {})
  }
  return {
    runId: result.runId,
    state: result.state,
    steps: Object.fromEntries([...result.steps].toSorted(([a], [b]) => (a < b ? -1 : 1))),
    events: Object.fromEntries(
      [...Map.groupBy(events, (event) => ('step_id' in event ? event.step_id : 'run'))].map(([id, own]) => [
        id,
        own.map(plain),
      ]),
    ),
    rows,
    lineage,
  }
}

const changing = new Set([
  'time',
  'run_id',
  'duration_ms',
  'cpu_ms',
  'pid',
  'host',
  'version',
  'inputs',
  'address',
  'attempt',
  'bytes_written',
  'frame',
  'line',
  'column',
  'failed_rows_at',
  'file',
])

/** An event without what differs from run to run. */
const plain = (event: LevadaEvent): unknown =>
  JSON.parse(JSON.stringify(event, (key, value: unknown) => (changing.has(key) ? undefined : value)))
