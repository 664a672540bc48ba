import { posix } from 'node:path'
import { parseSync, Visitor } from 'oxc-parser'

/** What a tarball must hold beside what its own manifest says. */
export interface Expected {
  /** A pipeline package ships its contract. */
  readonly contract: boolean
  /** SQL of the package's sources, relative to `src`. */
  readonly sql: readonly string[]
}

type Exports = string | null | { readonly [condition: string]: Exports }

interface Manifest {
  readonly exports?: Exports
  readonly bin?: Readonly<Record<string, string>>
  readonly scripts?: Readonly<Record<string, string>>
}

const hooks = ['preinstall', 'install', 'postinstall', 'prepare', 'prepublish', 'preprepare', 'postprepare']
const sqlReference = /new URL\(\s*['"`]([^'"`]+\.sql)['"`]\s*,\s*import\.meta\.url\s*\)/g

/** Sentences about a packed package that a user could not use, or that shows what is not theirs. */
export function inspect(files: ReadonlyMap<string, string>, { contract, sql }: Expected): string[] {
  const text = files.get('package.json') ?? '{}'
  const manifest = JSON.parse(text) as Manifest
  const needed = [
    'package.json',
    'README.md',
    'LICENSE',
    ...(contract ? ['contract.json'] : []),
    ...sql.map((file) => `dist/${file}`),
    ...targetsOf(manifest.exports ?? null),
    ...Object.values(manifest.bin ?? {}),
  ].map((file) => posix.normalize(file))
  return [
    ...['workspace:', 'catalog:', '@levada/source']
      .filter((word) => text.includes(word))
      .map((word) => `package.json holds '${word}'`),
    ...Object.keys(manifest.scripts ?? {})
      .filter((name) => hooks.includes(name))
      .map((name) => `package.json runs '${name}' on install`),
    ...needed.filter((file) => !files.has(file)).map((file) => `${file} is missing`),
    ...[...files.keys()].filter(isPrivate).map((file) => `${file} does not belong into a package`),
    ...[...files].flatMap(([file, code]) => (file.endsWith('.js') ? missingSql(file, code, files) : [])),
    ...[...files].flatMap(([file, code]) =>
      /\.(m?js|d\.ts)$/.test(file) ? missingModules(file, code, files) : [],
    ),
  ]
}

function targetsOf(exports: Exports): string[] {
  if (typeof exports === 'string') return [exports]
  return Object.values(exports ?? {}).flatMap(targetsOf)
}

function isPrivate(file: string): boolean {
  if (/\.test(-d)?\.|\.tsbuildinfo$|^\.|\/\./.test(file)) return true
  return /^(src|test)\//.test(file) ? !file.endsWith('.sql') : /(?<!\.d)\.ts$/.test(file)
}

function missingSql(file: string, code: string, files: ReadonlyMap<string, string>): string[] {
  const uncommented = code.replaceAll(/^\s*(\*|\/\*|\/\/).*$/gm, '')
  return [...uncommented.matchAll(sqlReference)]
    .map(([, sql]) => posix.join(posix.dirname(file), sql ?? ''))
    .filter((sql) => !files.has(sql))
    .map((sql) => `${file} refers to ${sql}, which is missing`)
}

// attw takes an untyped module for a typed one, so a lost declaration escapes it.
function missingModules(file: string, code: string, files: ReadonlyMap<string, string>): string[] {
  const types = file.endsWith('.d.ts')
  return [...specifiersOf(file, code)]
    .filter((specifier) => /^\.{1,2}\//.test(specifier))
    .map((specifier) => posix.join(posix.dirname(file), specifier))
    .map((target) => (types ? target.replace(/(?<!\.d)\.[jt]s$/, '.d.ts') : target))
    .filter((target) => !files.has(target))
    .map((target) => `${file} imports ${target}, which is missing`)
}

/** What a module imports; code that it holds as text is none of that. */
function specifiersOf(file: string, code: string): Set<string> {
  const { module, program } = parseSync(file, code)
  const found = new Set(module.staticImports.map(({ moduleRequest }) => moduleRequest.value))
  for (const { moduleRequest } of module.staticExports.flatMap(({ entries }) => entries))
    if (moduleRequest) found.add(moduleRequest.value)
  for (const { moduleRequest } of module.dynamicImports) {
    const [, specifier] = /^['"`]([^$]*)['"`]$/.exec(code.slice(moduleRequest.start, moduleRequest.end)) ?? []
    if (specifier) found.add(specifier)
  }
  new Visitor({ TSImportType: ({ source }) => void found.add(source.value) }).visit(program)
  return found
}
