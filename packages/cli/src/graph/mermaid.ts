import type { GraphView } from '@levada/core/run'

const shapes = {
  asset: (label: string) => `(${label})`,
  source: (label: string) => `[(${label})]`,
  external: (label: string) => `[(${label})]:::external`,
  view: (label: string) => `{{${label}}}:::view`,
  node: (label: string) => `[${label}]`,
}
const arrows = { reads: '-->', writes: '==>', checks: '-.->|check|' }

const quoted = (text: string): string => `"${text.replaceAll('#', '#35;').replaceAll('"', '#quot;')}"`

/** A flowchart of Mermaid: nodes are boxes and views hexagons, by pipeline; sources and externals are cylinders. */
export function mermaid({ nodes, views, assets, edges }: GraphView): string {
  // Numbers for ids, since some words are Mermaid's own.
  const ids = new Map<string, string>()
  const id = (name: string): string => {
    const known = ids.get(name) ?? `${name[0]!}${ids.size}`
    ids.set(name, known)
    return known
  }
  const lines = ['flowchart LR']
  ;[...new Set(nodes.map(({ pipeline }) => pipeline))].forEach((pipeline, i) => {
    lines.push(`  subgraph p${i}[${quoted(pipeline)}]`)
    for (const [kind, all] of [
      ['view', views],
      ['node', nodes],
    ] as const)
      for (const one of all)
        if (one.pipeline === pipeline)
          lines.push(`    ${id(`${kind}:${one.id}`)}${shapes[kind](quoted(one.name))}`)
    lines.push('  end')
  })
  for (const { name, role } of assets) lines.push(`  ${id(`asset:${name}`)}${shapes[role](quoted(name))}`)
  for (const { from, to, kind } of edges) lines.push(`  ${id(from)} ${arrows[kind]} ${id(to)}`)
  lines.push('  classDef view stroke-dasharray:4 3', '  classDef external stroke-dasharray:1 2')
  return lines.join('\n')
}
