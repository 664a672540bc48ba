import { readdirSync, readFileSync } from 'node:fs'
import { basename, join, relative, sep } from 'node:path'
import type { GraphNode } from '../app/index.ts'
import type { Signal } from '../engine/index.ts'
import { didYouMean, LevadaError, toLevadaErrors } from '../errors/index.ts'
import type { LevadaEvent } from '../events/index.ts'
import { bindAll } from '../run/bind-app.ts'
import { loadApp } from '../run/find-app.ts'
import { generatedFiles, pipelinePackages, writeGenerated } from '../run/generate.ts'
import { previewProblem } from '../run/preview.ts'
import { openApp, type Session } from '../run/session.ts'
import { takeWorkspaceFromSource } from '../run/workspace-source.ts'
import { isSqlFile, nodesWithSql, signature, sqlFiles } from './concerned.ts'
import type { DevEvent, DevOptions } from './dev.ts'
import { freshModules } from './fresh-modules.ts'
import { settingsOf } from './settings.ts'
import { foldersOf, watchFiles, type Change } from './watch-files.ts'

type Emit = (event: DevEvent) => void

/** An app as it was loaded last. */
interface Loaded {
  readonly session: Session
  readonly sql: ReadonlySet<string>
  /** Of each node, with its settings. */
  readonly signatures: Signatures
}
type Signatures = ReadonlyMap<string, string>

export async function devLoop(options: DevOptions, emit: Emit): Promise<boolean> {
  const { appDir, signal } = options
  const sources = pipelinePackages(appDir).filter(({ source }) => source)
  const packages = sources.map(({ dir }) => dir)
  // Before, so that what it finds is fresh, too.
  takeWorkspaceFromSource()
  using modules = freshModules(
    [appDir, ...packages],
    sources.map(({ name }) => name),
  )
  const conf = join(appDir, 'conf')
  let loaded: Loaded | undefined
  /** The app as it was when a change was last dealt with wholly. */
  let settled: Signatures | undefined
  /** What was loaded last is not what stands in the files. */
  let broken = false
  let turn = new AbortController()
  // Editors write files of their own beside it.
  const isConf = (file: string): boolean =>
    file.startsWith(conf + sep) && /^[^.#~].*\.ya?ml$/.test(basename(file))
  const isGenerated = (file: string): boolean =>
    packages.some((dir) => file === join(dir, 'src/ports.ts') || file === join(dir, 'contract.json'))
  using watching = watchFiles(
    (file) =>
      isConf(file) ||
      (!isGenerated(file) && modules.files.has(file)) ||
      isSqlFile(loaded?.sql ?? new Set(), file),
    () => turn.abort(),
  )
  const watchAll = (): void =>
    watching.folders([...foldersOf([...modules.files, ...(loaded?.sql ?? [])]), ...foldersBelow(conf)])

  async function load(): Promise<Loaded> {
    modules.renew()
    const before = loaded
    const { env, params } = options
    const session = (await openApp(await loadApp(appDir), {
      appDir,
      ...(env !== undefined && { env }),
      ...(params && { params }),
    })) as Session
    const settings = settingsOf(session, params ?? {})
    loaded = {
      session,
      sql: sqlFiles(session.graph),
      signatures: new Map(session.graph.nodes.map((node) => [node.id, signature(node) + settings(node)])),
    }
    await before?.session.close()
    return loaded
  }

  /** Runs nodes, one after the other, until the next file is saved. */
  async function show(
    session: Session,
    nodes: readonly GraphNode[],
    since: number,
    stop: Signal,
    told: Told,
  ): Promise<void> {
    for (const node of nodes) {
      if (stop.aborted) break
      const reason = previewProblem(node)
      if (reason !== undefined) {
        emit({ type: 'skipped', node: node.id, reason })
        continue
      }
      try {
        const { partition, limit } = options
        const preview = await session.preview(node.id, {
          signal: stop,
          sink: logSink(node.id, emit),
          ...(partition !== undefined && { partition }),
          ...(limit !== undefined && { limit }),
        })
        if (!stop.aborted) emit({ type: 'preview', ...preview, elapsed_ms: performance.now() - since })
      } catch (error) {
        if (!stop.aborted) tell(emit, told, toLevadaErrors(error), since, node.id)
      }
    }
  }

  /** Binds everything; what was told already is not told again. */
  async function bind(
    { graph, engines, catalog }: Session,
    told: Told,
    since: number,
    stop: Signal,
  ): Promise<void> {
    const errors = [...catalog.checkAll(), ...(await catalog.clashes()), ...engines.checkAll()]
    const { bound, notBound } = await bindAll(
      graph,
      engines,
      appDir,
      (error) => void errors.push(...toLevadaErrors(error)),
    )
    if (stop.aborted) return
    tell(emit, told, errors, since)
    emit({
      type: 'bound',
      statements: bound,
      errors: told.size,
      not_bound: notBound,
      elapsed_ms: performance.now() - since,
    })
  }

  async function generate(files: readonly string[]): Promise<void> {
    const dirs = packages.filter((dir) => files.some((file) => file.startsWith(dir + sep)))
    const made = []
    for (const dir of dirs) made.push(...(await generatedFiles(dir)))
    const stale = made.filter((file) => file.stale)
    writeGenerated(stale)
    if (stale.length > 0) emit({ type: 'generated', files: stale.map(({ file }) => shownPath(file)) })
  }

  async function handle({ files, since }: Change, stop: Signal): Promise<void> {
    const changed = [...files]
    emit({ type: 'changed', files: changed.map(shownPath) })
    const code = changed.filter((file) => modules.files.has(file))
    if (loaded && !broken && code.length === 0 && !changed.some(isConf)) {
      const { session } = loaded
      const nodes =
        focused(session, options.node) ??
        session.graph.nodes.filter((node) =>
          changed.some((file) => nodesWithSql(session.graph, file).includes(node)),
        )
      await show(session, nodes, since, stop, new Set())
      // What cannot be read was told.
      await generate(changed).catch(() => undefined)
      return
    }
    const told: Told = new Set()
    try {
      const { session, signatures } = await load()
      broken = false
      if (code.length > 0) await generate(code)
      const nodes = focused(session, options.node) ?? concerned(session, signatures, changed)
      if (changed.some(isConf)) emit({ type: 'concerned', nodes: nodes.map(({ id }) => id) })
      await show(session, nodes, since, stop, told)
      if (stop.aborted) return
      await bind(session, told, since, stop)
      settled = signatures
    } catch (error) {
      broken = true
      tell(emit, told, toLevadaErrors(error), since)
    }
  }

  /** The nodes whose definition or settings are others than before, or whose SQL is; else those that may call what was changed. */
  function concerned({ graph }: Session, now: Signatures, changed: readonly string[]): readonly GraphNode[] {
    const sql = changed.flatMap((file) => nodesWithSql(graph, file))
    const other = graph.nodes.filter(
      (node) => sql.includes(node) || (settled && settled.get(node.id) !== now.get(node.id)),
    )
    if (other.length > 0) return other
    if (changed.every(isConf)) return []
    const owners = new Set(changed.map((file) => packages.find((dir) => file.startsWith(dir + sep))))
    const own = new Map(packages.map((dir) => [pipelineName(dir), dir]))
    return graph.nodes.filter(
      ({ pipeline, node }) => node.work.kind === 'function' && owners.has(own.get(pipeline)),
    )
  }

  let busy = true
  const onAbort = (): void => {
    turn.abort()
    watching[Symbol.dispose]()
  }
  signal.addEventListener('abort', onAbort, { once: true })
  try {
    const started = performance.now()
    const first = await load().catch((error: unknown) => {
      const errors = toLevadaErrors(error)
      if (errors.some(({ code }) => code === 'ENV_UNKNOWN')) throw error
      broken = true
      tell(emit, new Set(), errors, started)
    })
    settled = first?.signatures
    const nodes = first ? focused(first.session, options.node) : undefined
    watchAll()
    emit({
      type: 'watching',
      env: options.env ?? 'dev',
      ...(first && { app: first.session.app.name }),
      folders: [...foldersOf([...modules.files, ...(first?.sql ?? [])])].map(shownPath),
    })
    if (first) {
      const told: Told = new Set()
      await show(first.session, nodes ?? [], started, turn.signal, told)
      await bind(first.session, told, started, turn.signal)
    }
    while (!signal.aborted) {
      busy = false
      const change = await watching.next()
      if (!change) break
      busy = true
      turn = new AbortController()
      await handle(change, turn.signal)
      if (turn.signal.aborted) watching.giveBack(change)
      watchAll()
    }
  } finally {
    signal.removeEventListener('abort', onAbort)
    await loaded?.session.close()
  }
  return busy
}

/** The name of the pipeline of a package, as it was generated. */
function pipelineName(dir: string): string | undefined {
  try {
    return (JSON.parse(readFileSync(join(dir, 'contract.json'), 'utf8')) as { name?: string }).name
  } catch {
    return undefined
  }
}

/** Errors that were told in one turn, as text. */
type Told = Set<string>

function tell(emit: Emit, told: Told, errors: readonly LevadaError[], since: number, node?: string): void {
  const fresh = errors.filter(({ code, message, place }) => {
    const text = JSON.stringify([code, message, place?.file, place?.line])
    return !told.has(text) && told.add(text)
  })
  if (fresh.length === 0) return
  emit({
    type: 'errors',
    ...(node !== undefined && { node }),
    errors: fresh,
    elapsed_ms: performance.now() - since,
  })
}

/** The node that is looked at. @throws SELECTION_UNKNOWN */
function focused({ graph }: Session, name: string | undefined): readonly GraphNode[] | undefined {
  if (name === undefined) return undefined
  const found = graph.nodes.filter(
    ({ id, node, writes }) => id === name || node.name === name || writes.includes(name),
  )
  if (found.length > 0) return found
  const known = graph.nodes.flatMap(({ id, node, writes }) => [id, node.name, ...writes])
  throw new LevadaError(
    'SELECTION_UNKNOWN',
    `No node of the app is named '${name}', and none writes an asset of this name.${didYouMean(name, known)}`,
  )
}

const shownPath = (file: string): string => relative(process.cwd(), file) || '.'

function foldersBelow(root: string): readonly string[] {
  try {
    const inner = readdirSync(root, { recursive: true, withFileTypes: true })
    return [
      root,
      ...inner.filter((entry) => entry.isDirectory()).map(({ parentPath, name }) => join(parentPath, name)),
    ]
  } catch {
    return []
  }
}

const logSink = (node: string, emit: Emit) => ({
  name: 'dev',
  event(event: LevadaEvent) {
    if (event.type !== 'log') return
    const { level, message, facts } = event
    emit({ type: 'log', node, level, message, ...(facts && { facts }) })
  },
})
