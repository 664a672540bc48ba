import type { Column, Deprecation } from '../schema/index.ts'
import type { Graph, GraphNode } from './graph.ts'

/** A node that reads what its provider announced to remove. */
export interface DeprecatedRead {
  readonly node: GraphNode
  readonly asset: string
  /** `status`, or `route.origin` for a field; undefined when the whole asset goes. */
  readonly column: string | undefined
  readonly deprecation: Deprecation
}

/** What some nodes, and the checks of what they write, expect of other pipelines although it is deprecated there. */
export const deprecatedReads = (graph: Graph, nodes: readonly GraphNode[]): readonly DeprecatedRead[] =>
  graph.deprecated.size > 0 ? nodes.flatMap((node) => readsOf(graph, node)) : []

/** Whether something is, as a whole or in part. */
export function isDeprecated(whole: Deprecation | undefined, parts: readonly Column[]): boolean {
  if (whole !== undefined) return true
  for (const { deprecated, type } of parts)
    if (deprecated || (type.kind === 'struct' && isDeprecated(undefined, type.fields))) return true
  return false
}

function readsOf(graph: Graph, node: GraphNode): readonly DeprecatedRead[] {
  const found = new Map<string, DeprecatedRead>()
  const read = (asset: string, names: (columns: readonly Column[]) => readonly Deprecated[]): void => {
    const provider = graph.assets.get(asset)
    if (!provider || !graph.deprecated.has(asset) || provider.pipeline === node.pipeline) return
    const whole = provider.asset.deprecated
    const all = [
      ...(whole ? [{ column: undefined, deprecation: whole }] : []),
      ...names(provider.asset.columns),
    ]
    for (const each of all) found.set(`${asset} ${each.column ?? ''}`, { node, asset, ...each })
  }
  for (const { name, role, columns } of node.declared)
    if (role === 'expects') read(name, (provided) => deprecatedColumns(columns, provided))
  for (const { rule } of Object.values(node.node.outputs).flatMap(({ checks }) => checks))
    if (rule.kind === 'relationship' && rule.to.role === 'expects')
      read(rule.to.name, (provided) =>
        provided.flatMap(({ name, deprecated }) =>
          deprecated && rule.toColumns.includes(name) ? [{ column: name, deprecation: deprecated }] : [],
        ),
      )
  return [...found.values()]
}

type Deprecated = Pick<DeprecatedRead, 'column' | 'deprecation'>

function deprecatedColumns(
  needs: readonly Column[],
  provided: readonly Column[],
  path = '',
): readonly Deprecated[] {
  return needs.flatMap((need) => {
    const have = provided.find(({ name }) => name === need.name)
    if (!have) return []
    const column = path + need.name
    const inside =
      need.type.kind === 'struct' && have.type.kind === 'struct'
        ? deprecatedColumns(need.type.fields, have.type.fields, `${column}.`)
        : []
    return [...(have.deprecated ? [{ column, deprecation: have.deprecated }] : []), ...inside]
  })
}
