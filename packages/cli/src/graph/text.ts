import type { GraphView } from '@levada/core/run'
import { paint, plural } from '../style.ts'

/** What goes in, the nodes in an order in which they can run, and what comes out. */
export function graphText({ nodes, assets }: GraphView): string {
  if (nodes.length + assets.length === 0) return 'Nothing is selected.'
  const written = new Set(nodes.flatMap(({ writes }) => writes))
  const read = new Set(nodes.flatMap(({ reads, checks }) => [...reads, ...checks]))
  const inputs = assets.filter(({ name }) => !written.has(name))
  const outputs = assets.filter(({ name }) => written.has(name) && !read.has(name))
  const pipelines = new Set(nodes.map(({ pipeline }) => pipeline))
  const width = Math.max(0, ...inputs.map(({ name }) => name.length))
  const lines = [`${plural(nodes.length, 'node')} of ${plural(pipelines.size, 'pipeline')}`]
  const list = (title: string, all: readonly string[]): void => {
    if (all.length > 0) lines.push('', paint('bold', title), ...all)
  }
  list(
    'inputs',
    inputs.map(({ name, role, pipeline }) =>
      `  ${name.padEnd(width)}  ${paint('dim', role === 'source' ? role : `${role} of ${pipeline}`)}`.trimEnd(),
    ),
  )
  list(
    'nodes',
    nodes.flatMap(({ id, kind, reads, views, checks, writes }, i) => [
      `${String(i + 1).padStart(3)}. ${paint('bold', id)}  ${paint('dim', kind === 'sql' ? 'SQL' : 'TypeScript')}`,
      ...(reads.length > 0 ? [`       reads   ${reads.join(', ')}`] : []),
      ...(views.length > 0
        ? [`       through ${views.join(', ')} ${paint('dim', views.length > 1 ? 'views' : 'view')}`]
        : []),
      ...(checks.length > 0 ? [`       checks  ${checks.join(', ')}`] : []),
      ...(writes.length > 0 ? [`       writes  ${writes.join(', ')}`] : []),
    ]),
  )
  list(
    'outputs',
    outputs.map(({ name }) => `  ${name}`),
  )
  return lines.join('\n')
}
