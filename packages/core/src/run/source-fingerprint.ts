import { existsSync, globSync, readFileSync, realpathSync, statSync } from 'node:fs'
import { createRequire, stripTypeScriptTypes } from 'node:module'
import { dirname, extname, join, relative, resolve, sep } from 'node:path'
import type { ModuleCache, ModuleFacts } from './module-cache.ts'
import { plainCode } from './plain-code.ts'
import { onDisk } from '../dataset/os.ts'
import { sha256 } from '../dataset/sha256.ts'

const packageEntries = ['src/index.ts', 'src/pipeline.ts']
const moduleEndings = new Set(['.ts', '.mts', '.js', '.mjs'])

/**
 * Changes when the source of a package does: the modules that its entry reaches through imports inside of the package, and
 * the files that they name with `new URL('…', import.meta.url)`. Comments, types and the form of the code count for nothing;
 * packages count by name. Where a module reaches for files in a way that cannot be followed, all of `src` counts; of a folder
 * without one, all modules and JSON files.
 *
 * @param apart files that are told apart from the source
 * @param entries relative to the folder
 * @param cache of what its modules say
 * @throws STORAGE
 */
export const sourceFingerprint = (
  folder: string,
  apart: ReadonlySet<string>,
  options: SourceOptions = {},
): Promise<string> => onDisk(`Reading the source in ${folder}`, () => fingerprintIn(folder, apart, options))

interface SourceOptions {
  readonly entries?: readonly string[] | undefined
  readonly cache?: ModuleCache
}

async function fingerprintIn(
  folder: string,
  apart: ReadonlySet<string>,
  { entries = packageEntries, cache }: SourceOptions,
): Promise<string> {
  const dir = realpathSync(folder)
  const found = new Map<string, unknown>()
  const open = entries.map((file) => join(dir, file)).filter((file) => existsSync(file))
  const own = ownName(dir)
  const all = (): readonly string[] =>
    sourceFiles(dir).filter((file) => !/\.test(-d)?\./.test(file) && file !== join(dir, 'src/ports.ts'))
  for (let file = open.pop(); file !== undefined; file = open.pop()) {
    const name = relative(dir, file).split(sep).join('/')
    if (found.has(name) || apart.has(file)) continue
    if (!moduleEndings.has(extname(file))) {
      found.set(name, dataText(file))
      continue
    }
    const text = readFileSync(file, 'utf8')
    const read = (): Promise<ModuleFacts> => factsOf(text, extname(file))
    const { code, imports, files, untold } = await (cache?.of(text, extname(file), read) ?? read())
    found.set(name, code)
    if (untold) open.push(...all())
    for (const specifier of imports) {
      const path = resolved(specifier, file, { dir, own })
      if (path !== undefined) open.push(...(path === 'unknown' ? all() : [path]))
    }
    for (const url of files) open.push(...filesAt(resolve(dirname(file), url), dir))
  }
  cache?.save()
  return sha256(
    ...[...found].toSorted(([a], [b]) => (a < b ? -1 : 1)).map((module) => JSON.stringify(module)),
  )
}

/** The module that an import means, when it lies in the package. */
function resolved(
  specifier: string,
  file: string,
  { dir, own }: { readonly dir: string; readonly own: string | undefined },
): string | undefined {
  if (/^\.{1,2}\//.test(specifier)) return resolve(dirname(file), specifier)
  if (own !== undefined && (specifier === own || specifier.startsWith(`${own}/`))) return 'unknown'
  if (!specifier.startsWith('#')) return undefined
  try {
    const path = createRequire(file).resolve(specifier)
    if (path.split(sep).includes('node_modules')) return undefined
    return path.startsWith(join(dir, 'src') + sep) ? path : 'unknown'
  } catch {
    return 'unknown'
  }
}

function ownName(dir: string): string | undefined {
  if (!existsSync(join(dir, 'package.json'))) return undefined
  const { name } = JSON.parse(readFileSync(join(dir, 'package.json'), 'utf8')) as { name?: string }
  return name
}

/** A file, or all below a folder; nothing when it is not there. */
function filesAt(path: string, dir: string): readonly string[] {
  if (!path.startsWith(dir + sep) || !existsSync(path)) return []
  if (!statSync(path).isDirectory()) return [path]
  return filesBelow(path)
}

/** All that may be source: what stands in `src`, or else the modules and JSON files that are not data. */
export const sourceFiles = (dir: string): readonly string[] =>
  existsSync(join(dir, 'src'))
    ? filesBelow(join(dir, 'src'))
    : globSync('**/*.{ts,mts,js,mjs,cjs,json,sql}', {
        cwd: dir,
        exclude: ['**/node_modules/**', 'node_modules', '.*', 'data', 'landing', 'dist'],
      }).map((file) => join(dir, file))

const filesBelow = (dir: string): readonly string[] =>
  globSync('**/*', { cwd: dir, exclude: ['**/node_modules/**'] })
    .map((file) => join(dir, file))
    .filter((file) => statSync(file).isFile())

/** The text of a JSON file however it is laid out; of another file a hash of its bytes. */
function dataText(file: string): string {
  const bytes = readFileSync(file)
  try {
    if (extname(file) === '.json') return JSON.stringify(JSON.parse(bytes.toString()))
  } catch {
    // Its bytes tell.
  }
  return sha256(bytes)
}

/** What a module says; of one that cannot be read, its text. */
async function factsOf(text: string, extension: string): Promise<ModuleFacts> {
  const { parse } = await import('acorn')
  const plain = plainCode(stripped(text, extension), parse)
  if (!plain) return { code: sha256(text), imports: [], files: [], untold: true }
  const { code, imports, files, untold } = plain
  return { code: sha256(JSON.stringify(code)), imports, files, untold }
}

/** The text of a module without its types, as Node runs it; with them when Node cannot read it. */
function stripped(text: string, extension: string): string {
  if (!/^\.m?ts$/.test(extension)) return text
  const { emitWarning } = process
  // Node calls it experimental, once, to whoever runs the command.
  process.emitWarning = () => undefined
  try {
    return stripTypeScriptTypes(text)
  } catch {
    return text
  } finally {
    process.emitWarning = emitWarning
  }
}
