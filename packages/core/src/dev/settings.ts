import { viewsBelow } from '../pipeline/index.ts'
import type { GraphNode } from '../app/index.ts'
import { resolveParams, type ParamValues } from '../plan/index.ts'
import type { Session } from '../run/session.ts'

/** What the configuration says for each node: values of its params, entries of what it reads and writes, its engine. */
export function settingsOf(session: Session, given: ParamValues): (node: GraphNode) => string {
  const { app, config, engines, graph } = session
  const params = resolveParams(app, config, given, () => {})
  const said = new Map<string, unknown>()
  const explained = (path: string): unknown => {
    if (!said.has(path))
      said.set(
        path,
        attempt(() => session.explain(path)?.value),
      )
    return said.get(path)
  }
  const catalog = new Map([...graph.assets.keys()].map((name) => [name, explained(`catalog.${name}`)]))
  return ({ pipeline, node, reads, writes }) => {
    const names = [node, ...viewsBelow(Object.values(node.inputs))].flatMap((each) =>
      Object.keys(each.params),
    )
    const engine = attempt(() => engines.nameFor(writes[0]))
    return JSON.stringify(
      [
        names.map((name) => params[pipeline]?.[name]),
        [...reads, ...writes].map((name) => catalog.get(name)),
        engine,
        explained(`resources.${engine}`),
      ],
      (_, value: unknown) => (typeof value === 'bigint' ? String(value) : value),
    )
  }
}

/** What is wrong is told by whoever runs it. */
function attempt<T>(look: () => T): T | undefined {
  try {
    return look()
  } catch {
    return undefined
  }
}
