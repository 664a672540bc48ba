import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { basename, dirname, relative, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { SqlText } from '../engine/index.ts'
import { decodeUtf8, didYouMean, LevadaError } from '../errors/index.ts'
import type { Sql, SqlSource } from '../pipeline/index.ts'

/**
 * The text of a node or view for a dialect: `x.postgres.sql` beside `x.sql` wins.
 * @throws SQL_FILE_MISSING, STORAGE, SQL_SYNTAX when it is not UTF-8
 */
export function readSql(owner: string, source: SqlSource, dialect: string, root: string): SqlText {
  if (source.kind === 'inline') return inlineText(source.sql, root)
  const path = fileURLToPath(source.href)
  const special = path.replace(/\.sql$/, `.${dialect}.sql`)
  const file = existsSync(special) ? special : path
  let bytes: Buffer
  try {
    bytes = readFileSync(file)
  } catch (cause) {
    const folder = dirname(file)
    const beside = existsSync(folder) ? readdirSync(folder).filter((name) => name.endsWith('.sql')) : []
    if ((cause as { code?: string }).code !== 'ENOENT')
      throw new LevadaError(
        'STORAGE',
        `The SQL file of ${owner} cannot be read: ${(cause as Error).message}`,
        {
          place: { file: shown(file, root) },
          cause,
        },
      )
    throw new LevadaError(
      'SQL_FILE_MISSING',
      `The SQL file of ${owner} does not exist.${didYouMean(basename(file), beside)}`,
      { place: { file: shown(file, root) }, cause },
    )
  }
  const decoded = decodeUtf8(bytes)
  if ('text' in decoded)
    return { text: decoded.text.replace(/^\ufeff/, ''), file: shown(file, root), line: 1, column: 1 }
  const { fault, line, column } = decoded
  throw new LevadaError('SQL_SYNTAX', `The SQL file of ${owner} ${fault}.`, {
    place: { file: shown(file, root), line, column },
    hint: 'Save it as UTF-8.',
  })
}

/** The dialects for which there is a file of its own beside a SQL file, in order. */
export function dialectsOf(source: SqlSource): readonly string[] {
  if (source.kind === 'inline') return []
  const path = fileURLToPath(source.href)
  const [folder, name] = [dirname(path), basename(path, '.sql')]
  if (!existsSync(folder)) return []
  return readdirSync(folder)
    .flatMap((file) =>
      file.startsWith(`${name}.`) ? [/^([a-z]\w*)\.sql$/.exec(file.slice(name.length + 1))?.[1]] : [],
    )
    .filter((dialect) => dialect !== undefined)
    .toSorted()
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
  for (const [, path, line, column] of stack.matchAll(/(?<=[\s(])((?:file:\/\/)?\/[^\s()]+?):(\d+):(\d+)/g)) {
    const file = path!.startsWith('file:') ? fileURLToPath(path!) : path!
    if (!file.startsWith(own) && !isOfCore(file))
      return { file: shown(file, root), line: Number(line), column: Number(column) }
  }
  return undefined
}

/** Whether a file belongs to another copy of core, or to the command. */
function isOfCore(file: string): boolean {
  const folder = /^(.*)\/(?:src|dist|bin)\//.exec(file)?.[1]
  if (folder === undefined || !existsSync(`${folder}/package.json`)) return false
  return /"name": "@levada\/(core|cli)"/.test(readFileSync(`${folder}/package.json`, 'utf8'))
}

/** The text of sql`…` begins behind its opening backtick, where the stack points. */
function inlineText({ text, stack }: Sql, root: string): SqlText {
  const place = authorPlace(stack, root)
  if (!place) return { text, file: 'sql`…`', line: 1, column: 1 }
  const path = resolve(root, place.file)
  return {
    text,
    ...place,
    column: place.column + 1,
    // Read when an error has to show it.
    get context() {
      try {
        return readFileSync(path, 'utf8')
      } catch {
        // The error itself is told.
        return undefined
      }
    },
  }
}
