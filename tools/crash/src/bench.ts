import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import { loadApp, openApp, type Session } from '@levada/core/run'
import { execa } from 'execa'
import type { Op } from './op.ts'
import { losePower, type Random } from './power.ts'
import { appFiles, assets, moves, type Store } from './scenario.ts'

const bin = join(import.meta.dirname, '../../../packages/cli/bin/levada.mjs')
const faults = new URL('./faults.ts', import.meta.url).href
const tmp = join(import.meta.dirname, '../tmp')

/** Databases of a server that can be copied. */
export interface Databases {
  /** An entry of type `postgres` in resources.yml. */
  entry(database: string): object
  create(database: string, like?: string): Promise<void>
  drop(database: string): Promise<void>
}

/** What an operation says that is refused; `CUT`: a statement finds its connection gone; `CLOCK`: the clock jumps by so many hours. */
export type Fault = 'ENOSPC' | 'EMFILE' | 'EROFS' | 'CUT' | `CLOCK${number}`

/** Where a run is killed, at one of its points, or as soon as the engine has made so many files; or where something fails for it. */
export type Where = ({ readonly point: number; readonly fault?: Fault } | { readonly file: number }) & {
  /** Runs steps side by side, so that a point is another one each time. */
  readonly concurrent?: true
}

/** What an asset holds, and what each of its partitions was made from. */
type State = Readonly<
  Record<string, { readonly rows: readonly string[]; readonly fingerprints: readonly string[] } | undefined>
>

export interface CrashBench extends AsyncDisposable {
  readonly store: Store
  /** What an undisturbed run does, in order. */
  readonly ops: readonly Op[]
  /** How many files of data it makes. */
  readonly files: number
  /**
   * Kills a run, looks at what is left, ends it and looks again.
   * @param random when given, what had not been synced is lost, in part or wholly, as after a loss of power
   * @returns what was wrong; nothing when all held
   */
  kill(where: Where, random?: Random): Promise<Outcome>
}

export interface Outcome {
  /** The last that the run did; undefined when it had ended before. */
  readonly at: Op | undefined
  readonly resumed: boolean
  readonly wrong: readonly string[]
}

interface Options {
  readonly databases?: Databases
  /** Whether what is synced lasts; a run that syncs nothing has to be found out. @default true */
  readonly syncs?: boolean
}

/** Prepares an app that has run once and whose source has changed since. */
export async function openCrashBench(
  store: Store,
  { databases, syncs = true }: Options = {},
): Promise<CrashBench> {
  mkdirSync(tmp, { recursive: true })
  const root = mkdtempSync(join(tmp, `${store}-`))
  const name = (part: string): string => `crash_${process.pid}_${part}`
  const first = join(root, 'first')
  const write = (dir: string, file: string, text: string): void => {
    mkdirSync(dirname(join(dir, file)), { recursive: true })
    writeFileSync(join(dir, file), text)
  }
  const entryOf = (part: string): object | undefined => databases?.entry(name(part))

  /** A copy of the app as it is before the run that is killed, with a database of its own. */
  async function copy(part: string): Promise<string> {
    const dir = join(root, part)
    cpSync(first, dir, { recursive: true, preserveTimestamps: true })
    if (databases) {
      await databases.create(name(part), name('first'))
      write(dir, 'conf/base/resources.yml', JSON.stringify({ postgres: entryOf(part) }))
    }
    return dir
  }
  async function forget(part: string): Promise<void> {
    rmSync(join(root, part), { recursive: true, force: true })
    await databases?.drop(name(part))
  }
  const traceOf = (dir: string): string => `${dir}.trace`
  const levada = (dir: string, words: readonly string[], where?: Where) =>
    execa(process.execPath, [bin, ...words], {
      cwd: dir,
      reject: false,
      env: {
        NO_COLOR: '1',
        CI: '1',
        ...(where && {
          NODE_OPTIONS: `--import ${faults}`,
          CRASH_ROOT: dir,
          CRASH_TRACE: traceOf(dir),
          ...('point' in where ? { CRASH_AT: String(where.point) } : { CRASH_FILE: String(where.file) }),
          ...('fault' in where && { CRASH_FAULT: where.fault }),
          ...(!syncs && { CRASH_NO_SYNC: '1' }),
        }),
      },
    })
  const opsOf = (dir: string): readonly Op[] =>
    readFileSync(traceOf(dir), 'utf8')
      .split('\n')
      .filter(Boolean)
      .map((line) => JSON.parse(line) as Op)

  if (databases) await databases.create(name('first'))
  for (const [file, text] of Object.entries(appFiles(store, entryOf('first')))) write(first, file, text)
  write(first, 'landing/moves.csv', moves(false))
  await succeed(levada(first, ['run']))
  const before = await stateOf(first)
  write(first, 'landing/moves.csv', moves(true))

  const dir = await copy('whole')
  const had = dataFiles(dir)
  await succeed(levada(dir, ['run', '--runner', 'sequential'], { point: -1 }))
  const after = await stateOf(dir)
  for (const asset of assets)
    if (JSON.stringify(before[asset]?.rows) === JSON.stringify(after[asset]?.rows))
      throw new Error(`The run that is killed changes nothing of ${asset}.`)
  const ops = opsOf(dir)
  const files = dataFiles(dir) - had
  await forget('whole')

  let cases = 0
  async function kill(where: Where, random?: Random): Promise<Outcome> {
    const part = `case${++cases}`
    const caseDir = await copy(part)
    const wrong: string[] = []
    const runner = where.concurrent ? 'concurrent' : 'sequential'
    const ended = await levada(caseDir, ['run', '--runner', runner], where)
    const isFault = 'fault' in where
    const at =
      ended.signal === 'SIGKILL' || isFault
        ? opsOf(caseDir)['point' in where ? where.point : opsOf(caseDir).length - 1]
        : undefined
    const said = `${ended.stdout}${ended.stderr}`
    const goesOn = isFault && where.fault?.startsWith('CLOCK')
    if (
      isFault && !goesOn
        ? ended.exitCode === undefined || /INTERNAL|\n +at /.test(said)
        : (goesOn || !at) && ended.exitCode !== 0
    )
      wrong.push(`${isFault ? 'the fault is not told as one' : 'the run failed by itself'}: ${said}`)
    if (random) losePower(caseDir, opsOf(caseDir), first, random)
    const read = (): Promise<State | void> =>
      stateOf(caseDir).catch((error: unknown) => void wrong.push(`nothing can be read: ${String(error)}`))
    const left = await read()
    for (const asset of assets) {
      const rows = JSON.stringify(left?.[asset]?.rows)
      if (left && rows !== JSON.stringify(before[asset]?.rows) && rows !== JSON.stringify(after[asset]?.rows))
        wrong.push(`${asset} is neither as before nor as after: ${rows?.slice(0, 300)}`)
    }
    const runs = join(caseDir, '.levada/runs')
    const recorded = newest(runs).filter((id) => existsSync(join(runs, id, 'run.json')))
    const id = at && recorded.find((each) => !readdirSync(join(first, '.levada/runs')).includes(each))
    const again = await levada(caseDir, id === undefined ? ['run'] : ['run', '--resume', id])
    if (again.exitCode !== 0) wrong.push(`it cannot be ended: ${again.stdout}${again.stderr}`)
    else {
      const then = await read()
      for (const asset of assets)
        if (then && JSON.stringify(then[asset]) !== JSON.stringify(after[asset]))
          wrong.push(`${asset} is in the end not what an undisturbed run makes of it`)
    }
    if (wrong.length === 0) await forget(part)
    return { at, resumed: id !== undefined, wrong }
  }
  return {
    store,
    ops,
    files,
    kill,
    async [Symbol.asyncDispose]() {
      if (databases) await databases.drop(name('first'))
      rmSync(root, { recursive: true, force: true })
    },
  }
}

interface Ended {
  readonly exitCode?: number | undefined
  readonly stdout: string
  readonly stderr: string
}
async function succeed(running: PromiseLike<Ended>): Promise<void> {
  const { exitCode, stdout, stderr } = await running
  if (exitCode !== 0) throw new Error(`A run that nothing disturbs failed: ${stdout}${stderr}`)
}

const newest = (folder: string): readonly string[] =>
  existsSync(folder) ? readdirSync(folder).toSorted().toReversed() : []

const dataFiles = (dir: string): number =>
  existsSync(join(dir, 'data'))
    ? readdirSync(join(dir, 'data'), { recursive: true, withFileTypes: true }).filter(
        (entry) => entry.isFile() && !entry.parentPath.endsWith('manifests'),
      ).length
    : 0

/** What a reader sees, who knows nothing of the run. */
async function stateOf(dir: string): Promise<State> {
  await using session: Session = await openApp(await loadApp(dir), { appDir: dir })
  const state: Record<string, State[string]> = {}
  for (const asset of assets) {
    const head = await session.catalog.entry(asset).dataset.head()
    if (!head) continue
    const rows = (await session.load(asset).rows()).map((row) => JSON.stringify(row)).toSorted()
    const fingerprints = head.partitions.map(
      ({ key, provenance }) => `${JSON.stringify(key)} ${JSON.stringify(provenance?.fingerprint)}`,
    )
    state[asset] = { rows, fingerprints: fingerprints.toSorted() }
  }
  return state
}
