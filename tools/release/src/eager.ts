import { readFileSync, writeFileSync } from 'node:fs'
import { basename, join, relative, resolve, sep } from 'node:path'
import { parseSync } from 'oxc-parser'

/** A node of a syntax tree, as far as this looks at it. */
interface Node {
  readonly type: string
  readonly start: number
  readonly end: number
  readonly [key: string]: unknown
}

const isNode = (value: unknown): value is Node =>
  typeof value === 'object' && value !== null && typeof (value as Node).type === 'string'

const childrenOf = (node: Node): readonly Node[] =>
  Object.values(node)
    .flatMap((value) => (Array.isArray(value) ? (value as unknown[]) : [value]))
    .filter(isNode)

const kinds = new Set(['FunctionDeclaration', 'FunctionExpression', 'ArrowFunctionExpression'])

interface FoundFunction {
  /** The names of the functions around it and its own, `openApp/.params`, with a dot for one that is assigned; without a name, its number in what is around it. */
  readonly key: string
  readonly node: Node
  readonly parent: Node | undefined
}

/** All functions of a module, outer ones before inner ones. */
export function functionsOf(code: string): readonly FoundFunction[] {
  const found: FoundFunction[] = []
  const visit = (node: Node, parent: Node | undefined, path: string, taken: Map<string, number>): void => {
    let inner = path
    let names = taken
    if (kinds.has(node.type)) {
      const name = nameOf(node, parent) ?? '#'
      const number = (taken.get(name) ?? 0) + 1
      taken.set(name, number)
      const key = `${path}${name}${number > 1 || name === '#' ? number : ''}`
      found.push({ key, node, parent })
      inner = `${key}/`
      names = new Map()
    }
    for (const child of childrenOf(node)) visit(child, node, inner, names)
  }
  const names = new Map<string, number>()
  for (const node of statementsOf(code)) visit(node, undefined, '', names)
  return found
}

function statementsOf(code: string): readonly Node[] {
  const { program, errors } = parseSync('module.js', code, { preserveParens: false, sourceType: 'module' })
  if (errors.length > 0) throw new Error(errors[0]!.message)
  return program.body as unknown as readonly Node[]
}

function nameOf(node: Node, parent: Node | undefined): string | undefined {
  const named = [node['id'], parent?.['id'], parent?.['key'], parent?.['left']].find(isNode)
  const last = named?.type === 'MemberExpression' ? (named['property'] as Node) : named
  if (last?.type !== 'Identifier') return undefined
  return `${isNode(node['id']) ? '' : '.'}${last['name'] as string}`
}

/** Whether an arrow function takes `this` and the like from what is around it. */
const borrows = (node: Node): boolean =>
  childrenOf(node).some(
    (child) =>
      ['ThisExpression', 'Super', 'MetaProperty'].includes(child.type) ||
      (child.type === 'Identifier' && child['name'] === 'arguments') ||
      (!child.type.startsWith('Function') && borrows(child)),
  )

interface Edit {
  readonly at: number
  readonly until: number
  readonly text: string
  readonly closes: boolean
}

/**
 * The same module, with parentheses around functions that are used whenever it is loaded. V8 compiles such functions with the module, so that they
 * are in the cache of compiled code, which Node writes when a module is compiled; all others are compiled anew in each process.
 * Declarations come first, as assignments to variables; arrow functions become plain ones, since V8 looks for `(function`.
 * @param keys as {@link functionsOf} gives them
 */
export function withEager(code: string, keys: ReadonlySet<string>): string {
  const edits: Edit[] = []
  const declared: Node[] = []
  const wrap = (node: Node, opening: string, bodyFrom: number, closing: string): void => {
    edits.push({ at: node.start, until: bodyFrom, text: opening, closes: false })
    edits.push({ at: node.end, until: node.end, text: closing, closes: true })
  }
  for (const { node, parent } of functionsOf(code).filter(({ key }) => keys.has(key))) {
    if (node.type === 'FunctionDeclaration') {
      if (parent === undefined) declared.push(node)
    } else if (node.type === 'FunctionExpression') {
      const isMethod =
        parent?.type === 'MethodDefinition' ||
        parent?.['method'] === true ||
        /^[gs]et$/.test(String(parent?.['kind']))
      if (!isMethod) wrap(node, '(', node.start, ')')
    } else {
      const params = node['params'] as readonly Node[]
      if (borrows(node) || params.some((param) => childrenOf(param).length > 0 && hasFunction(param)))
        continue
      const texts = params.map(({ start, end }) => code.slice(start, end)).join(',')
      const opening = `(${node['async'] === true ? 'async ' : ''}function(${texts})`
      const body = code.indexOf('=>', params.at(-1)?.end ?? node.start) + 2
      if (node['expression'] === true) wrap(node, `${opening}{return `, body, '})')
      else wrap(node, opening, body, ')')
    }
  }
  // Where one ends and the next begins; of those that begin or end together the outer one is outside.
  if (edits.length + declared.length === 0) return code
  const ordered = edits
    .map((edit, number) => ({ ...edit, number }))
    .toSorted((a, b) =>
      a.at !== b.at
        ? a.at - b.at
        : a.closes === b.closes
          ? (a.number - b.number) * (a.closes ? -1 : 1)
          : Number(b.closes) - Number(a.closes),
    )
  const textOf = (from: number, to: number): string => {
    let text = ''
    let done = from
    for (const edit of ordered) {
      const isBefore = edit.at < from || (edit.at === from && edit.closes)
      if (isBefore || edit.until > to || (edit.at === to && !edit.closes)) continue
      text += code.slice(done, edit.at) + edit.text
      done = edit.until
    }
    return text + code.slice(done, to)
  }
  const start = programStart(code)
  let rest = ''
  let done = start
  for (const { start: from, end } of declared) {
    rest += textOf(done, from)
    done = end
  }
  rest += textOf(done, code.length)
  const first = declared.map(
    (node) => `var ${(node['id'] as Node)['name'] as string}=(${textOf(node.start, node.end)});`,
  )
  return `${code.slice(0, start)};${first.join('')}${rest}`
}

const hasFunction = (node: Node): boolean =>
  childrenOf(node).some((child) => kinds.has(child.type) || hasFunction(child))

/** Where the imports of a module end. */
const programStart = (code: string): number =>
  statementsOf(code).findLast(({ type }) => type === 'ImportDeclaration')?.end ?? 0

const packages = join(import.meta.dirname, '../../../packages')

/** `core/run` of `packages/core/dist/run.js`, `core/later` of `later-<hash>.js`. */
export const chunkOf = (file: string): string => {
  const [folder] = relative(packages, resolve(file)).replaceAll(sep, '/').split('/dist/')
  return `${folder}/${basename(file, '.js').replace(/-[\w-]{8}$/, '')}`
}

export const listFile = join(import.meta.dirname, 'used-at-start.json')

/** Rewrites a module that was built, for what `used-at-start.ts` has found of it. */
export function makeEager(file: string): void {
  const lists = JSON.parse(readFileSync(listFile, 'utf8')) as Readonly<Record<string, readonly string[]>>
  const keys = lists[chunkOf(file)]
  if (keys) writeFileSync(file, withEager(readFileSync(file, 'utf8'), new Set(keys)))
}
