type Parse = (
  text: string,
  options: { readonly ecmaVersion: 'latest'; readonly sourceType: 'module'; readonly allowHashBang: true },
) => object

export interface PlainCode {
  /** The syntax tree as plain data, without what only its form says. */
  readonly code: unknown
  /** What is imported, in whatever way. */
  readonly imports: readonly string[]
  /** The files named with `new URL('…', import.meta.url)`. */
  readonly files: readonly string[]
  /** Whether it may load more than what it names. */
  readonly untold: boolean
}

interface Syntax {
  readonly type: string
  readonly [key: string]: unknown
}
const isSyntax = (value: unknown): value is Syntax =>
  typeof value === 'object' && value !== null && typeof (value as Partial<Syntax>).type === 'string'

/** What a module says, apart from comments, white space, quotes, semicolons and commas; nothing when it cannot be read. */
export function plainCode(text: string, parse: Parse): PlainCode | undefined {
  const imports: string[] = []
  const files: string[] = []
  let untold = false

  function plain(value: unknown): unknown {
    if (typeof value === 'bigint') return `${value}n`
    if (Array.isArray(value)) return value.filter((each) => !isEmpty(each)).map(plain)
    if (typeof value !== 'object' || value === null) return value
    return isSyntax(value) ? plainNode(value) : plainFields(value)
  }

  function plainNode(node: Syntax): unknown {
    const { type, source } = node
    const from = textOf(source)
    if (from !== undefined) imports.push(from)
    if (type === 'ImportExpression' && from === undefined) untold = true
    if (type === 'Identifier' && /^(createRequire|require)$/.test(String(node['name']))) untold = true
    if (type === 'MetaProperty' && isNamed(node['meta'], 'import')) untold = true
    const file = type === 'NewExpression' ? namedFile(node) : undefined
    if (file !== undefined) {
      files.push(file)
      return ['file', file]
    }
    if (type === 'Literal') return ['Literal', plain(node['regex'] ?? node['bigint'] ?? node['value'])]
    return [type, plainFields(node)]
  }

  /** What is not there counts as little as what other versions of the parser do not know. */
  const plainFields = (value: object): object =>
    Object.fromEntries(
      Object.entries(value)
        .filter(([key, field]) => !['type', 'start', 'end'].includes(key) && !isAbsent(field))
        .toSorted(([a], [b]) => (a < b ? -1 : 1))
        .map(([key, field]) => [
          key,
          key === 'key' && (value as Syntax)['computed'] !== true ? keyOf(field, plain) : plain(field),
        ]),
    )

  try {
    const tree = parse(text, { ecmaVersion: 'latest', sourceType: 'module', allowHashBang: true })
    return { code: plain(tree), imports, files, untold }
  } catch {
    return undefined
  }
}

const isEmpty = (node: unknown): boolean => isSyntax(node) && node.type === 'EmptyStatement'
const isAbsent = (field: unknown): boolean =>
  field === null || field === undefined || field === false || (Array.isArray(field) && field.length === 0)
const isNamed = (node: unknown, name: string): boolean => isSyntax(node) && node['name'] === name
const textOf = (node: unknown): string | undefined =>
  isSyntax(node) && node.type === 'Literal' && typeof node['value'] === 'string' ? node['value'] : undefined

/** `{ 'a': 1 }` is `{ a: 1 }`. */
const keyOf = (key: unknown, plain: (node: unknown) => unknown): unknown =>
  isSyntax(key) && key.type === 'Identifier' ? key['name'] : (textOf(key) ?? plain(key))

/** The file that `new URL('…', import.meta.url)` names. */
function namedFile({ callee, arguments: given }: Syntax): string | undefined {
  if (!isNamed(callee, 'URL') || !Array.isArray(given)) return undefined
  const [first, second] = given as unknown[]
  return isSyntax(second) &&
    isSyntax(second['object']) &&
    second['object'].type === 'MetaProperty' &&
    isNamed(second['property'], 'url')
    ? textOf(first)
    : undefined
}
