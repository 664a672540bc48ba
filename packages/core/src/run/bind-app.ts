import type { AnyAsset, Check } from '../asset/index.ts'
import type { Graph, GraphNode } from '../app/index.ts'
import type { Engines } from '../catalog/index.ts'
import type { Binder, Engine, Relation } from '../engine/index.ts'
import { LevadaError, toLevadaErrors } from '../errors/index.ts'
import { viewsBelow } from '../pipeline/index.ts'
import { boundsOf, sinceBound, queryBuilder } from '../plan/index.ts'
import type { BindCache } from './bind-cache.ts'
import { failingCount, otherTable, tableOf } from './check-sql.ts'
import { placeOf } from './checks.ts'
import { resultProblems } from './result-fit.ts'

type Collect = (error: unknown) => void

export interface Bound {
  /** Nodes, views and checks whose SQL was bound. */
  readonly bound: number
  /** What could not be bound, and why. */
  readonly notBound: readonly string[]
}

export const attempt = async (action: () => unknown, failed: Collect): Promise<void> => {
  try {
    await action()
  } catch (error) {
    failed(error)
  }
}

/** Binds the SQL of every node, view and check against empty tables made of what it declares to read. */
export async function bindAll(
  graph: Pick<Graph, 'nodes' | 'assets'>,
  engines: Pick<Engines, 'nameFor' | 'get'>,
  root: string,
  collect: Collect,
  cache?: BindCache,
): Promise<Bound> {
  let bound = 0
  const notBound: string[] = []
  const empty = new Map<AnyAsset, Relation>()
  const scan = (asset: AnyAsset): Relation => {
    const known = empty.get(asset) ?? { kind: 'empty', columns: asset.columns }
    empty.set(asset, known)
    return known
  }
  await using shared = new AsyncDisposableStack()
  const binders = new Map<Engine, Promise<Binder>>()
  /** One binder for all, or a session for each where the engine has none. */
  const openBinder = async (engine: Engine, own: AsyncDisposableStack): Promise<Binder> => {
    if (!engine.openBinder) return own.use(await engine.open())
    const known = binders.get(engine) ?? engine.openBinder().then((binder) => shared.use(binder))
    binders.set(engine, known)
    return known
  }
  const withBinder = async (
    what: string,
    asset: string | undefined,
    use: (context: Context) => Promise<void>,
  ): Promise<void> => {
    await using own = new AsyncDisposableStack()
    let engine: Engine
    let binder: Pick<Binder, 'bind'>
    try {
      engine = await engines.get(engines.nameFor(asset))
      const opened = await openBinder(engine, own)
      binder = cache?.over(engine, opened) ?? opened
    } catch (error) {
      const [first] = toLevadaErrors(error)
      notBound.push(`${what}: ${first!.message}`)
      // An engine that cannot be reached says nothing about the app.
      return first!.retryable ? undefined : collect(error)
    }
    await use({ engine, binder, scan, root, collect, count: () => bound++ })
  }
  for (const node of graph.nodes) {
    await withBinder(node.id, node.writes[0], (context) => bindNode(context, node))
  }
  for (const { name, role, asset } of graph.assets.values()) {
    if (role === 'external' || asset.checks.length === 0) continue
    await withBinder(`checks of ${name}`, name, async (context) => {
      for (const check of asset.checks) await bindCheck(context, asset, check)
    })
  }
  return { bound, notBound }
}

interface Context {
  readonly engine: Engine
  readonly binder: Pick<Binder, 'bind'>
  readonly scan: (asset: AnyAsset) => Relation
  readonly root: string
  readonly collect: Collect
  readonly count: () => void
}

async function bindNode(
  { engine, binder, scan, root, collect, count }: Context,
  { node }: GraphNode,
): Promise<void> {
  const outputs = Object.values(node.outputs)
  const partitioned = outputs.find(({ partitions }) => partitions.length > 0)
  const builder = queryBuilder({
    dialect: engine.dialect.name,
    root,
    params: {},
    bounds: { ...boundsOf(partitioned, undefined), ...sinceBound(outputs) },
    scan,
  })
  // A view is bound before what reads it, so that its error is told at its own file, and once.
  const broken = new Set<unknown>()
  for (const view of viewsBelow(Object.values(node.inputs))) {
    if (viewsBelow(Object.values(view.inputs)).some((below) => broken.has(below))) {
      broken.add(view)
      continue
    }
    await attempt(
      async () => {
        const query = builder.query(view, view.sql)
        const result = await binder.bind(query)
        if (view.columns)
          for (const problem of resultProblems(query, result, { name: view.name, columns: view.columns }))
            collect(problem)
        count()
      },
      (error) => {
        broken.add(view)
        collect(error)
      },
    )
  }
  const { work } = node
  if (work.kind !== 'sql' || broken.size > 0) return
  await attempt(async () => {
    const query = builder.query(node, work.sql)
    for (const problem of resultProblems(query, await binder.bind(query), outputs[0]!)) collect(problem)
    count()
  }, collect)
}

/** Binds what a run will execute, and tells errors at the author's line. */
async function bindCheck(
  { engine, binder, scan, root, collect, count }: Context,
  asset: AnyAsset,
  check: Check,
): Promise<void> {
  if (check.rule.kind === 'rowCount') return
  const own = tableOf(asset, check)
  const inputs = {
    [own]: scan(asset),
    ...(check.rule.kind === 'relationship' && { [otherTable]: scan(check.rule.to) }),
  }
  const name = `check ${check.name} of '${asset.name}'`
  await attempt(
    async () => {
      const text = failingCount(asset, check, engine.dialect)
      await binder.bind({
        kind: 'query',
        name,
        sql: { text, file: name, line: 1, column: 1 },
        inputs,
        params: {},
      })
      count()
    },
    (error) => {
      for (const { code, message, hint } of toLevadaErrors(error)) {
        collect(
          new LevadaError(code, message.startsWith(name) ? message : `${name}: ${message}`, {
            hint,
            cause: error,
            ...placeOf(check, root),
          }),
        )
      }
    },
  )
}
