import { readFileSync } from 'node:fs'
import { dirname, relative, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { positionAt, type Place } from '../errors/index.ts'
import { authorPlace } from '../plan/index.ts'

/** Where in an author's modules loading failed, with the text around it; undefined when nothing tells. */
export function modulePlace(cause: unknown, root: string): Place | undefined {
  if (!(cause instanceof Error)) return undefined
  const stack = cause.stack ?? ''
  const place =
    importPlace(cause.message) ??
    syntaxPlace(stack) ??
    // What called the import is nobody's fault.
    authorPlace(stack.split(/ at (?:async )?importModule /)[0]!, root)
  return place && withText(place, root)
}

/** The place with its file relative to `root` and its text, for a code frame. */
export function withText(place: Place, root: string): Place {
  const path = resolve(root, place.file)
  const file = relative(root, path)
  const text = textOf(path)
  return {
    ...place,
    file: file.length < path.length ? file : path,
    ...(text !== undefined && { text }),
  }
}

/** What cannot be shown is not, beside the error that is told. */
function textOf(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return undefined
  }
}

/** `file:///…:3`, the line, and carets below it: how Node begins the stack of text that it cannot read. */
function syntaxPlace(stack: string): Place | undefined {
  const [head = '', ...rest] = stack.split('\n')
  const found = /^(.+):(\d+)$/.exec(head)
  const carets = rest.find((line) => /^\s*\^+$/.test(line))
  if (!found || carets === undefined) return undefined
  const [, path, line] = found
  return {
    file: path!.startsWith('file:') ? fileURLToPath(path!) : path!.replace(/\?[^?/]*$/, ''),
    line: Number(line),
    column: carets.indexOf('^') + 1,
  }
}

/** The import that names what Node cannot find. */
function importPlace(message: string): Place | undefined {
  const importer = / imported from (.+)$/m.exec(message)?.[1]
  const text = importer && textOf(importer)
  if (importer === undefined || text === undefined) return undefined
  const [, what = ''] = /^(?:Cannot find \w+|Package subpath) '([^']+)'/.exec(message) ?? []
  const wanted = [...text.matchAll(/(['"])([^'"\n]+)\1/g)].find(
    ([, , specifier = '']) =>
      specifier === what ||
      specifier.startsWith(`${what}/`) ||
      (what.startsWith('./') && specifier.endsWith(what.slice(1))) ||
      (specifier.startsWith('.') && resolve(dirname(importer), specifier) === what),
  )
  return { file: importer, ...(wanted && positionAt(text, wanted.index)) }
}
