import { boundsOf, readSql, type Step } from '../plan/index.ts'
import { viewsBelow } from '../pipeline/index.ts'
import type { Engine } from '../engine/index.ts'

/** The SQL of a step as its authors wrote it, views first, with the values that are bound; nothing for TypeScript nodes. */
export function stepSql(
  step: Step,
  engine: Engine,
  root: string,
  params: Readonly<Record<string, unknown>>,
): string | undefined {
  if (step.work.kind !== 'node') return undefined
  const { node } = step.work.node
  const views = viewsBelow(Object.values(node.inputs)).map(
    (view) =>
      `-- view ${view.name}\n${readSql(view.name, view.sql, engine.dialect.name, root).text.trimEnd()}`,
  )
  const own =
    node.work.kind === 'sql'
      ? [
          `-- node ${node.name}\n${readSql(node.name, node.work.sql, engine.dialect.name, root).text.trimEnd()}`,
        ]
      : []
  const partitioned = Object.values(node.outputs).find(({ partitions }) => partitions.length > 0)
  const bounds = Object.entries(boundsOf(partitioned, step.partitions))
  const values = [...Object.entries(params), ...bounds.map(([name, { value }]) => [name, value] as const)]
  const text = [...views, ...own].join('\n\n')
  const bound = values
    .filter(([name]) => new RegExp(`\\$${name}(?!\\w)`).test(text))
    .map(([name, value]) => `-- $${name} = ${JSON.stringify(value)}`)
  return text === '' ? undefined : [...bound, text].join('\n')
}
