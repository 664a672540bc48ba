import { relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { GraphNode } from '../app/index.ts'
import type { Place } from '../errors/index.ts'
import type { AnyNode } from '../pipeline/index.ts'
import { authorPlace } from '../plan/index.ts'
import { withText } from './module-place.ts'

/** Where the author declared a node. */
export function nodePlace({ work }: AnyNode, root: string): Place | undefined {
  const place = authorPlace(work.stack, root)
  return place && withText(place, root)
}

/** Where the author wrote a node: its SQL, or the call that declares it. */
export function atNode(
  { node: { work } }: Pick<GraphNode, 'node'>,
  root: string,
): { readonly place?: Place } {
  if (work.kind === 'sql' && work.sql.kind === 'file') {
    const path = fileURLToPath(work.sql.href)
    const file = relative(root, path)
    return { place: { file: file.startsWith('..') ? path : file } }
  }
  const stack = work.kind === 'function' ? work.stack : work.sql.kind === 'inline' ? work.sql.sql.stack : ''
  const place = authorPlace(stack, root)
  return place ? { place: withText(place, root) } : {}
}
