// bundle.ts [dependency …]: makes one module of each entry of the package in the working directory, after `tsc` has compiled it,
// with the named dependencies inside. A command starts anew each time and pays for every file that it imports (ADR 6).
import { copyFileSync, globSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { isBuiltin } from 'node:module'
import { join, parse, resolve } from 'node:path'
import { inAscii } from './ascii.ts'
import { makeEager } from './eager.ts'
import { rolldown, type ChunkingContext, type OutputChunk } from 'rolldown'

interface Manifest {
  readonly exports: Readonly<Record<string, string | { readonly default?: string }>>
  readonly bin?: unknown
  readonly dependencies?: Readonly<Record<string, string>>
  readonly peerDependencies?: Readonly<Record<string, string>>
}

/** Modules that do much when they are loaded, of which little is needed. */
const replacements: Readonly<Record<string, string>> = {
  // Importing it evaluates all getters of `process`.
  'node:process': 'export default process',
  // Commander starts other programs with it, which ours are not.
  'node:child_process':
    "export default { spawn: (...given) => process.getBuiltinModule('node:child_process').spawn(...given) }",
  // Pino's logs go to a file from this thread.
  'thread-stream':
    "export default class { constructor() { throw new Error('There are no threads for logs') } }",
  worker_threads: 'exports.isMainThread = true',
  assert: 'module.exports = (holds, message) => { if (!holds) throw new Error(message) }',
  // It finds out first which libc there is. Of two builds, the other one cannot be loaded.
  '@duckdb/node-bindings': `
    import { createRequire } from 'node:module'
    import { dirname, join } from 'node:path'
    const require = createRequire(import.meta.url)
    const load = () => {
      const common = require.resolve('@duckdb/node-bindings')
      const own = \`../node-bindings-\${process.platform}-\${process.arch}/duckdb.node\`
      try {
        const module = { exports: {} }
        process.dlopen(module, join(dirname(common), own))
        return module.exports
      } catch {
        return require(common)
      }
    }
    export default load()`,
  // All of it is two hundred modules, of which the engine needs few: a name stands in the module of its name.
  '@duckdb/node-api': globSync('node_modules/@duckdb/node-api/lib/{.,values}/*.js')
    .filter((file) => !/(index|duckdb)\.js$/.test(file))
    .map((file) => `export { ${parse(file).name} } from ${JSON.stringify(resolve(file))}`)
    .join('\n'),
}

/** Modules of CommonJS whose own modules are loaded when something of them is first used, rather than all with the first. */
const lazy = /\/node_modules\/@duckdb\/node-api\/lib\//

/** As `inlineRequires` of Metro does. */
function withInlineRequires(code: string): string {
  const given = new Map<string, string>()
  const rest = code.replaceAll(
    /^const (\w+_1) = (require\("\.[^"]*"\));$/gm,
    (_, name: string, required: string) => {
      given.set(name, `(${required})`)
      return ''
    },
  )
  return rest.replaceAll(/\b\w+_1\b/g, (name) => given.get(name) ?? name)
}

const inlined = process.argv.slice(2)
const manifest = JSON.parse(readFileSync('package.json', 'utf8')) as Manifest
const installed = Object.keys({ ...manifest.dependencies, ...manifest.peerDependencies })
const twice = inlined.filter((name) => installed.includes(name))
if (twice.length > 0) throw new Error(`${twice.join(', ')}: what is inlined belongs to devDependencies`)

const entries = Object.values(manifest.exports).flatMap((target) =>
  typeof target === 'object' && target.default !== undefined ? [target.default] : [],
)
// What bin/ imports.
if (manifest.bin !== undefined) entries.push('./dist/main.js')

/**
 * An import of a module of Node evaluates all of its getters, and so loads what nobody asked for: streams and promises with
 * `node:fs`, all of cryptography with `node:crypto`.
 */
function withoutFacades(code: string): string {
  const made = code
    .replaceAll(/\b__require\(["`](?:node:)?([\w/]+)["`]\)/g, (whole, name: string) =>
      isBuiltin(name) ? `process.getBuiltinModule("node:${name}")` : whole,
    )
    // Made when something is asked for that is none.
    .replaceAll(
      /\(\(\) ?=> ?createRequire\(import\.meta\.url\)\)\(\)/g,
      'name=>createRequire(import.meta.url)(name)',
    )
  return made.replaceAll(
    /(?<=^|;)import\s*([^;"'`]+?)\s*from\s*["'`](node:[\w/]+)["'`];/gm,
    (_, names: string, module: string) => {
      const builtin = `process.getBuiltinModule("${module}")`
      // `a`, `* as a`, `{ b as c }`, or `a, { b }`
      const [whole, braces] = names.startsWith('{') ? [undefined, names] : names.split(/,(.*)/s)
      const parts = [whole?.replace(/^\*\s*as\s*/, ''), braces?.replaceAll(/\s+as\s+/g, ':')]
      return parts.map((part) => (part ? `const ${part}=${builtin};` : '')).join('')
    },
  )
}

const nameOf = (entry: string): string => entry.replaceAll(/^\.\/dist\/|\.js$/g, '')

/**
 * The first entry that needs a module; undefined when only what is loaded later does. Its name is that of the file: a file for every
 * set of entries that share modules would be many small ones, each of which costs a quarter of a millisecond.
 */
function firstNeed(module: string, context: ChunkingContext): string | undefined {
  if (needs.size === 0)
    for (const entry of entries) {
      const visit = (id: string): void => {
        if (needs.has(id)) return
        needs.set(id, nameOf(entry))
        for (const inner of context.getModuleInfo(id)?.importedIds ?? []) visit(inner)
      }
      visit(resolve(entry))
    }
  return needs.get(module)
}
const needs = new Map<string, string>()

/** Whether a module brings a package with it, as yaml, which not everybody wants who needs something else of what several share. */
function needsPackage(module: string, context: ChunkingContext): boolean {
  const known = packaged.get(module)
  if (known !== undefined) return known
  packaged.set(module, false)
  const info = context.getModuleInfo(module)
  const found = (info?.importedIds ?? []).some(
    (id) =>
      (installed.some((name) => id === name || id.startsWith(`${name}/`)) &&
        !/^(zod|@levada\/core)\b/.test(id)) ||
      needsPackage(id, context),
  )
  packaged.set(module, found)
  return found
}
const packaged = new Map<string, boolean>()

const compiled = globSync('dist/**/*.js')
const bundle = await rolldown({
  input: Object.fromEntries(entries.map((entry) => [nameOf(entry), entry])),
  platform: 'node',
  preserveEntrySignatures: 'allow-extension',
  external: (id) =>
    !(id in replacements) && installed.some((name) => id === name || id.startsWith(`${name}/`)),
  plugins: [
    {
      name: 'replacements',
      resolveId: (id) => (id in replacements ? `\0${id}` : null),
      load: (id) => replacements[id.slice(1)] ?? null,
    },
    {
      name: 'lazy',
      transform: (code, id) =>
        lazy.test(id) ? { code: withInlineRequires(code), moduleSideEffects: false } : null,
    },
    { name: 'builtins', renderChunk: (code) => withoutFacades(code) },
  ],
  onLog(level, log, handle) {
    // It would be missing where the package is installed.
    if (log.code === 'UNRESOLVED_IMPORT') throw new Error(log.message)
    handle(level, log)
  },
})
const { output } = await bundle.write({
  dir: 'dist',
  format: 'esm',
  entryFileNames: '[name].js',
  chunkFileNames: '[name]-[hash].js',
  codeSplitting: {
    groups: [
      { name: (module, context) => firstNeed(module, context) ?? null, priority: 1 },
      { name: (module, context) => (needsPackage(module, context) ? null : 'later'), minShareCount: 2 },
    ],
  },
  // Less to read; names stay, for traces.
  minify: { codegen: true, compress: false, mangle: false },
})
await bundle.close()
// A function that becomes a variable is there once its module has run, which modules that import each other would not wait for.
const importsOf = new Map(output.map((each) => [each.fileName, each.type === 'chunk' ? each.imports : []]))
const reaches = (from: string, to: string): boolean =>
  (importsOf.get(from) ?? []).some((next) => next === to || reaches(next, to))
for (const file of importsOf.keys())
  if (reaches(file, file)) throw new Error(`${file} imports itself in the end`)
// What several commands share is loaded by all of them: a package that one needs is imported there.
const made = output.map(({ fileName }) => fileName)
for (const chunk of output)
  if (chunk.type === 'chunk' && chunk.name === 'later')
    for (const name of chunk.imports)
      if (!made.includes(name) && !/^(node:|zod\b|@levada\/core\b)/.test(name))
        throw new Error(`${chunk.fileName} would load ${name} for whatever needs a part of it`)
const written = new Set(made.map((fileName) => join('dist', fileName)))
for (const file of compiled) if (!written.has(file)) rmSync(file)
for (const file of written) {
  writeFileSync(file, inAscii(readFileSync(file, 'utf8')))
  makeEager(file)
}

/** The folders of the packages that went in. */
const folders = new Map<string, string>()
for (const { moduleIds } of output.filter((each): each is OutputChunk => each.type === 'chunk'))
  for (const id of moduleIds) {
    const [folder, name] = /^.*\/node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(id) ?? []
    if (name !== undefined) folders.set(name, folder!)
  }
for (const name of inlined)
  if (!folders.has(name)) throw new Error(`${name} is to be inlined, but nothing imports it`)
// Their licenses want to be where their code is.
rmSync('dist/licenses', { recursive: true, force: true })
for (const [name, folder] of folders) {
  mkdirSync('dist/licenses', { recursive: true })
  const [license] = globSync(join(folder, '{LICENSE,LICENCE,license}*'))
  if (license === undefined)
    throw new Error(`${name} has no license file that could be shipped with its code`)
  copyFileSync(license, `dist/licenses/${name.replace('/', '__')}.txt`)
}
