import { existsSync, readFileSync } from 'node:fs'
import { relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { SqlText } from '../engine/index.ts'
import { LevadaError } from '../errors/index.ts'
import type { SqlSource } from '../pipeline/index.ts'

/**
 * The text of a node or view for a dialect: `x.postgres.sql` beside `x.sql` wins.
 * @throws SQL_FILE_MISSING
 */
export function readSql(owner: string, source: SqlSource, dialect: string, root: string): SqlText {
  if (source.kind === 'inline') return { text: source.sql.text, ...inlinePlace(source.sql.stack, root) }
  const path = fileURLToPath(source.href)
  const special = path.replace(/\.sql$/, `.${dialect}.sql`)
  const file = existsSync(special) ? special : path
  try {
    return {
      text: readFileSync(file, 'utf8').replace(/^\ufeff/, ''),
      file: shown(file, root),
      line: 1,
      column: 1,
    }
  } catch (cause) {
    throw new LevadaError('SQL_FILE_MISSING', `The SQL file of ${owner} does not exist.`, {
      place: { file: shown(file, root) },
      cause,
    })
  }
}

/** Paths below the app are shown relative to it. */
function shown(file: string, root: string): string {
  const path = relative(root, file)
  return path.length < file.length ? path : file
}

/** The folder of core itself, whose frames are not the author's. */
const own = fileURLToPath(new URL('..', import.meta.url))

/** The author's line in a stack: the first frame outside of core; undefined when there is none. */
export function authorPlace(
  stack: string,
  root: string,
): { file: string; line: number; column: number } | undefined {
  for (const [, path, line, column] of stack.matchAll(/((?:file:\/\/)?\/[^\s()]+?):(\d+):(\d+)/g)) {
    const file = path!.startsWith('file:') ? fileURLToPath(path!) : path!
    if (!file.startsWith(own)) return { file: shown(file, root), line: Number(line), column: Number(column) }
  }
  return undefined
}

/** The text of sql`…` begins behind its opening backtick. */
function inlinePlace(stack: string, root: string): { file: string; line: number; column: number } {
  const place = authorPlace(stack, root)
  return place ? { ...place, column: place.column + 4 } : { file: 'sql`…`', line: 1, column: 1 }
}
