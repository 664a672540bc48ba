import type { GraphView } from '@levada/core/run'

const attributes = {
  asset: 'shape=box, style=rounded',
  source: 'shape=cylinder',
  external: 'shape=cylinder, style=dotted',
  view: 'shape=hexagon, style=dashed',
  node: 'shape=box',
}
const lines = { reads: '', writes: ' [style=bold]', checks: ' [style=dashed, label="check"]' }

/** A quoted id of DOT. Only quotation marks are escaped in it. */
const quoted = (text: string): string => `"${text.replaceAll('"', String.raw`\"`)}"`

/** A digraph for Graphviz: nodes are boxes and views hexagons, by pipeline; sources and externals are cylinders. */
export function dot(app: string, { nodes, views, assets, edges }: GraphView): string {
  const out = [`digraph ${quoted(app)} {`, '  rankdir=LR']
  for (const pipeline of new Set(nodes.map((node) => node.pipeline))) {
    out.push(`  subgraph ${quoted(`cluster_${pipeline}`)} {`, `    label=${quoted(pipeline)}`)
    for (const [kind, all] of [
      ['view', views],
      ['node', nodes],
    ] as const)
      for (const one of all)
        if (one.pipeline === pipeline)
          out.push(`    ${quoted(`${kind}:${one.id}`)} [label=${quoted(one.name)}, ${attributes[kind]}]`)
    out.push('  }')
  }
  for (const { name, role } of assets)
    out.push(`  ${quoted(`asset:${name}`)} [label=${quoted(name)}, ${attributes[role]}]`)
  for (const { from, to, kind } of edges) out.push(`  ${quoted(from)} -> ${quoted(to)}${lines[kind]}`)
  return [...out, '}'].join('\n')
}
