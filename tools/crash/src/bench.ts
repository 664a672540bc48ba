import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import { execa } from 'execa'
import type { Disk } from './disk.ts'
import type { Op } from './op.ts'
import { losePower, type Random } from './power.ts'
import { openReader, rowsOf, watch, type Rows } from './reader.ts'
import {
  appFiles,
  assets,
  moves,
  scenariosOf,
  shortRetention,
  type Scenario,
  type Store,
} from './scenario.ts'

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
export type Fault = 'ENOSPC' | 'EMFILE' | 'EROFS' | 'EIO' | 'CUT' | `CLOCK${number}`

/**
 * Where a command is killed, at one of its points, or as soon as an engine has made so many files; where something fails for it, also of
 * what it reads; or how much room its disk has, in blocks. `whole`: with all processes that it has started, not the one alone that has come there.
 */
export type Where =
  | { readonly point: number; readonly fault?: Fault; readonly whole?: boolean }
  | { readonly read: number; readonly fault: Fault }
  | { readonly file: number }
  | { readonly blocks: number }

/** What an asset holds, and what each of its partitions was made from. */
type State = Readonly<
  Record<string, { readonly rows: Rows; readonly fingerprints: readonly string[] } | undefined>
>

/** One command, and what it does when nothing disturbs it. */
export interface Scene {
  readonly name: string
  readonly ops: readonly Op[]
  /** What it opens and lists without writing it. */
  readonly reads: readonly Op[]
  /** How many files of data engines make. */
  readonly files: number
  /** How many blocks of its disk it takes; undefined where it has none of its own. */
  readonly blocks: number | undefined
  /**
   * Disturbs the command, looks at what is left, ends it and looks again; a reader looks all the while.
   * @param random when given, what had not been synced is lost, in part or wholly, as after a loss of power
   */
  disturb(where: Where, random?: Random): Promise<Outcome>
}

export interface CrashBench extends AsyncDisposable {
  readonly store: Store
  readonly scenes: readonly Scene[]
}

export interface Outcome {
  /** The last that was done; undefined when the command had ended before. */
  readonly at: Op | undefined
  readonly resumed: boolean
  /** How often a reader read a version meanwhile. */
  readonly reads: number
  /** What was printed by the command that was disturbed. */
  readonly said: string
  /** What must not be; nothing when all held. */
  readonly wrong: readonly string[]
}

interface Options {
  readonly databases?: Databases
  /** Whether what is synced lasts; a run that syncs nothing has to be found out. @default true */
  readonly syncs?: boolean
  /** The names of scenarios. @default all of the store */
  readonly only?: readonly string[]
  /** Puts each app on a disk of its own, whose room can be changed. */
  readonly disk?: Disk
}

/** Prepares apps for commands to be disturbed. */
export async function openCrashBench(
  store: Store,
  { databases, syncs = true, only, disk }: Options = {},
): Promise<CrashBench> {
  mkdirSync(tmp, { recursive: true })
  const root = mkdtempSync(join(tmp, `${store}-`))
  const name = (part: string): string => `crash_${process.pid}_${part}`
  const write = (dir: string, file: string, text: string): void => {
    mkdirSync(dirname(join(dir, file)), { recursive: true })
    writeFileSync(join(dir, file), text)
  }
  const entryOf = (part: string): object | undefined => databases?.entry(name(part))

  /** A copy of an app, with a database of its own. */
  async function copy(from: string, part: string): Promise<string> {
    const dir = join(root, part)
    mkdirSync(dir)
    await disk?.mount(dir)
    cpSync(join(root, from), dir, { recursive: true, preserveTimestamps: true })
    if (databases) {
      await databases.create(name(part), name(from))
      write(dir, 'conf/base/resources.yml', JSON.stringify({ postgres: entryOf(part) }))
    }
    return dir
  }
  async function forget(part: string): Promise<void> {
    await disk?.unmount(join(root, part))
    // A worker whose run was killed may not have noticed yet.
    rmSync(join(root, part), { recursive: true, force: true, maxRetries: 5 })
    await databases?.drop(name(part))
  }
  const traceOf = (dir: string): string => `${dir}.trace`
  const levada = (dir: string, words: readonly string[], where?: Where) =>
    execa(process.execPath, [bin, ...words], {
      cwd: dir,
      reject: false,
      // A group of processes of its own.
      detached: where !== undefined,
      env: {
        NO_COLOR: '1',
        CI: '1',
        ...(where && {
          NODE_OPTIONS: `--import ${faults}`,
          CRASH_ROOT: dir,
          CRASH_TRACE: traceOf(dir),
          ...('point' in where && { CRASH_AT: String(where.point) }),
          ...('read' in where && { CRASH_READ: String(where.read) }),
          ...('fault' in where && where.fault && { CRASH_FAULT: where.fault }),
          ...('point' in where && where.whole && { CRASH_WHOLE: '1' }),
          ...('file' in where && {
            CRASH_FILE: String(where.file),
            CRASH_FILES_BEFORE: String(dataFiles(dir)),
          }),
          ...(!syncs && { CRASH_NO_SYNC: '1' }),
        }),
      },
    })
  const opsOf = (dir: string, what: '' | '.reads' = ''): readonly Op[] =>
    readFileSync(`${traceOf(dir)}${what}`, 'utf8')
      .split('\n')
      .filter(Boolean)
      .map((line) => JSON.parse(line) as Op)
  const firedIn = (dir: string): Op | undefined =>
    existsSync(`${traceOf(dir)}.fired`)
      ? (JSON.parse(readFileSync(`${traceOf(dir)}.fired`, 'utf8')) as Op)
      : undefined

  const first = join(root, 'first')
  if (databases) await databases.create(name('first'))
  for (const [file, text] of Object.entries(appFiles(store, entryOf('first')))) write(first, file, text)
  write(first, 'landing/moves.csv', moves(false))
  await succeed(levada(first, ['run']))
  const old = await stateOf(first)
  write(first, 'landing/moves.csv', moves(true))
  const second = await copy('first', 'second')
  await succeed(levada(second, ['run']))
  const current = await stateOf(second)
  for (const asset of assets)
    if (same(old[asset]?.rows, current[asset]?.rows))
      throw new Error(`The second run changes nothing of ${asset}.`)

  /** What is wrong with rows that are neither those of the first run nor those of the second one. */
  function strange(asset: string, rows: Rows, inChunks: boolean | undefined): string | undefined {
    const known = [old[asset]!.rows, current[asset]!.rows]
    const isKnown = (some: Rows, day?: string): boolean =>
      known.some((all) => same(some, day === undefined ? all : all.filter((row) => dayOf(row) === day)))
    const parts = inChunks ? [...Map.groupBy(rows, dayOf)] : [[undefined, rows] as const]
    if (parts.every(([day, part]) => isKnown(part, day))) return undefined
    return `${asset} is neither as before nor as after: ${rows.length} rows, ${JSON.stringify(rows).slice(0, 300)}`
  }
  /** All versions that there are, each of which has to be whole. */
  async function versionsIn(dir: string, { inChunks }: Scenario): Promise<readonly string[]> {
    const wrong: string[] = []
    await using session = await openReader(dir)
    for (const asset of assets) {
      const { versions = [], damaged = [] } = (await session.catalog.entry(asset).dataset.versions?.()) ?? {}
      for (const { number, problem } of damaged) wrong.push(`version ${number} of ${asset}: ${problem}`)
      for (const version of versions) {
        const problem = await rowsOf(session, asset, version).then(
          (rows) => strange(asset, rows, inChunks),
          (error: unknown) => `it cannot be read: ${String(error)}`,
        )
        if (problem !== undefined) wrong.push(`version ${version.number} of ${asset}: ${problem}`)
      }
    }
    return wrong
  }

  let cases = 0
  async function sceneOf(scenario: Scenario): Promise<Scene> {
    const { words, from, resumes, inChunks, removes } = scenario
    const before = from === 'first' ? old : current
    const ready = async (part: string): Promise<string> => {
      const dir = await copy(from, part)
      if (removes) {
        write(dir, 'conf/base/environment.yml', shortRetention)
        if (store !== 'postgres') leaveDead(dir)
      }
      return dir
    }
    const whole = `whole${++cases}`
    const dir = await ready(whole)
    const had = dataFiles(dir)
    const usedBefore = disk?.used(dir) ?? 0
    await succeed(levada(dir, words, { point: -1 }))
    const after = await stateOf(dir)
    for (const asset of scenario.changes)
      if (same(before[asset]?.rows, after[asset]?.rows))
        throw new Error(`'${scenario.name}' changes nothing of ${asset}.`)
    const kept = keptIn(dir)
    const ops = opsOf(dir)
    const readOps = opsOf(dir, '.reads')
    const files = Math.max(0, dataFiles(dir) - had)
    const blocks = disk && disk.used(dir) - usedBefore
    await forget(whole)

    async function disturb(where: Where, random?: Random): Promise<Outcome> {
      const part = `case${++cases}`
      const caseDir = await ready(part)
      const had = new Set(readdirSync(caseDir, { recursive: true }) as string[])
      const wrong: string[] = []
      let reads = 0
      const watched = async <T>(work: () => PromiseLike<T>): Promise<T> => {
        const reader = watch(caseDir, assets, (asset, rows) => strange(asset, rows, inChunks))
        try {
          return await work()
        } finally {
          const seen = await reader.stop()
          reads += seen.reads
          wrong.push(...seen.wrong)
        }
      }
      if ('blocks' in where) await disk!.leave(caseDir, where.blocks)
      const ended = await watched(() => levada(caseDir, words, where))
      const said = `${ended.stdout}${ended.stderr}`
      const isFull = 'blocks' in where && ended.exitCode !== 0
      const at = isFull
        ? ({ name: 'disk', path: `${where.blocks} blocks`, phase: 'after' } as const)
        : firedIn(caseDir)
      const fault = 'fault' in where ? where.fault : undefined
      const isRefused = isFull || (fault !== undefined && !fault.startsWith('CLOCK'))
      // One of several that is killed is told by those that are left.
      const isKilled = at !== undefined && !isFull && fault === undefined
      if (
        isRefused || isKilled
          ? (ended.exitCode === undefined && !isKilled) ||
            /INTERNAL/.test(said) ||
            (hasStack(said) && !isModule(at))
          : ended.exitCode !== 0
      )
        wrong.push(`${at ? 'what happened is not told' : 'it failed by itself'}: ${said}`)
      if (isFull && !/error STORAGE .*\n(.*\n)*? *→ /.test(said)) wrong.push(`no code or no remedy: ${said}`)
      if (random) losePower(caseDir, opsOf(caseDir), had, random)
      const read = (): Promise<State | void> =>
        stateOf(caseDir).catch((error: unknown) => void wrong.push(`nothing can be read: ${String(error)}`))
      wrong.push(
        ...(await versionsIn(caseDir, scenario).catch((error: unknown) => [
          `versions cannot be listed: ${String(error)}`,
        ])),
      )
      const left = await read()
      for (const asset of assets) {
        const problem = left && strange(asset, left[asset]?.rows ?? [], inChunks)
        if (problem !== undefined) wrong.push(problem)
      }
      if ('blocks' in where) await disk!.free(caseDir)
      const runs = join(caseDir, '.levada/runs')
      const earlier = new Set(readdirSync(join(root, from, '.levada/runs')))
      const id =
        at && resumes
          ? newest(runs).find((each) => existsSync(join(runs, each, 'run.json')) && !earlier.has(each))
          : undefined
      const resumed =
        id === undefined ? undefined : await watched(() => levada(caseDir, ['run', '--resume', id]))
      // Source that could not be read has no fingerprint in the record; then it says to run it anew.
      const isAnew =
        resumed === undefined || ('read' in where && /CODE_CHANGED .*\n.*levada run /.test(resumed.stderr))
      const again = isAnew ? await watched(() => levada(caseDir, words)) : resumed
      if (again.exitCode !== 0) wrong.push(`it cannot be ended: ${again.stdout}${again.stderr}`)
      else {
        const then = await read()
        for (const asset of assets)
          if (then && !same(then[asset], after[asset]))
            wrong.push(`${asset} is in the end not what it is when nothing disturbs '${scenario.name}'`)
        if (removes && !same(keptIn(caseDir), kept))
          wrong.push(`other files are kept: ${JSON.stringify(keptIn(caseDir))}, not ${JSON.stringify(kept)}`)
        if (removes) {
          const { stdout } = await levada(caseDir, ['gc'])
          if (stdout !== 'There is nothing to remove.') wrong.push(`something is left to remove: ${stdout}`)
        }
      }
      if (wrong.length === 0) await forget(part)
      return { at, resumed: id !== undefined, reads, said, wrong }
    }
    return { name: scenario.name, ops, reads: readOps, files, blocks, disturb }
  }

  const scenes: Scene[] = []
  for (const scenario of scenariosOf(store))
    if (only?.includes(scenario.name) ?? true) scenes.push(await sceneOf(scenario))
  return {
    store,
    scenes,
    async [Symbol.asyncDispose]() {
      for (const part of ['first', 'second']) await databases?.drop(name(part))
      await disk?.unmount(second)
      rmSync(root, { recursive: true, force: true })
    },
  }
}

const same = (one: unknown, other: unknown): boolean => JSON.stringify(one) === JSON.stringify(other)
const dayOf = (row: string): string => (JSON.parse(row) as { readonly day: string }).day

/** The place of an error is one line. */
const hasStack = (said: string): boolean => /(\n +at .*){2}/.test(said)

/** Node, which loads it, tells where it was when it could not. */
const isModule = (op: Op | undefined): boolean => op?.path.endsWith('.ts') === true

interface Ended {
  readonly exitCode?: number | undefined
  readonly stdout: string
  readonly stderr: string
}
async function succeed(running: PromiseLike<Ended>): Promise<void> {
  const { exitCode, stdout, stderr } = await running
  if (exitCode !== 0) throw new Error(`What nothing disturbs failed: ${stdout}${stderr}`)
}

const newest = (folder: string): readonly string[] =>
  existsSync(folder) ? readdirSync(folder).toSorted().toReversed() : []

const filesIn = (folder: string): readonly string[] =>
  existsSync(folder)
    ? readdirSync(folder, { recursive: true, withFileTypes: true })
        .filter((entry) => entry.isFile())
        .map(({ parentPath, name }) => join(parentPath, name))
    : []

const dataFiles = (dir: string): number =>
  filesIn(join(dir, 'data')).filter((file) => !file.includes('/manifests/')).length

/** Manifests and files of data, without what is written before it gets its name: that is removed after a day. */
const keptIn = (dir: string): readonly string[] =>
  filesIn(join(dir, 'data'))
    .filter((file) => !file.endsWith('.tmp'))
    .map((file) => file.slice(dir.length))
    .toSorted()

/** What an attempt that died two days ago has left. */
function leaveDead(dir: string): void {
  const folder = join(dir, 'data/bank/moves/data/20010101T000000000Z-dead')
  mkdirSync(folder)
  const old = new Date(Date.now() - 2 * 86_400_000)
  for (const name of ['a', 'b', 'c']) {
    writeFileSync(join(folder, name), 'nobody reads this')
    utimesSync(join(folder, name), old, old)
  }
  utimesSync(folder, old, old)
}

/** What a reader sees, who knows nothing of the run. */
async function stateOf(dir: string): Promise<State> {
  await using session = await openReader(dir)
  const state: Record<string, State[string]> = {}
  for (const asset of assets) {
    const head = await session.catalog.entry(asset).dataset.head()
    if (!head) continue
    const rows = await rowsOf(session, asset, head)
    const fingerprints = head.partitions.map(
      ({ key, provenance }) => `${JSON.stringify(key)} ${JSON.stringify(provenance?.fingerprint)}`,
    )
    state[asset] = { rows, fingerprints: fingerprints.toSorted() }
  }
  return state
}
