// Makes dist/zod.js of the command in the working directory: zod in one file, since its own hundred take longer to load than all
// else that a command needs. bin/levada.mjs puts it in place of a zod of the same files, which dist/zod.json tells.
import { copyFileSync, globSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { isDeepStrictEqual } from 'node:util'
import { rolldown, type Plugin } from 'rolldown'
import { inAscii } from './ascii.ts'
import { makeEager } from './eager.ts'

type Names = Readonly<Record<string, unknown>>

const zod = 'node_modules/zod'
const load = async (file: string): Promise<Names> =>
  (await import(pathToFileURL(resolve(file)).href)) as Names

async function bundle(entry: string, name: string, plugins: Plugin[] = []): Promise<void> {
  const made = await rolldown({ input: { [name]: join(zod, entry) }, platform: 'node', plugins })
  await made.write({
    dir: 'dist',
    format: 'esm',
    entryFileNames: '[name].js',
    // Less to read; names stay, for traces.
    minify: { codegen: true, compress: false, mangle: false },
  })
  await made.close()
  const file = `dist/${name}.js`
  writeFileSync(file, inAscii(readFileSync(file, 'utf8')))
}

/** Its messages in fifty languages are more than half of its text: dist/zod-locales.js has those that are asked for. */
const locales = '\0locales'
const languages = Object.keys(await load(join(zod, 'v4/locales/index.js')))
const lazyLocales = `
  const all = () => process.getBuiltinModule('node:module').createRequire(import.meta.url)('./zod-locales.js')
  ${languages.map((name) => `export const ${name} = () => all().${name}()`).join('\n')}`

/**
 * The namespaces that zod exports, as objects of what is in them, at the end, when all of it is there. As getters they are a thousand
 * functions to make whenever it is loaded.
 */
function withPlainNamespaces(code: string): string {
  const ends: string[] = []
  const rest = code.replaceAll(
    /\bvar (\w+) ?= ?(?:\/\* @__PURE__ \*\/ ?)?__exportAll\(\{([^{}]*)\}\);/g,
    (_, name: string, getters: string) => {
      ends.push(`${name}=Object.freeze({__proto__:null,${getters.replaceAll(/:\(\)=>/g, ':')}});`)
      return `var ${name};`
    },
  )
  const at = rest.lastIndexOf('export{')
  if (ends.length === 0 || at < 0) throw new Error('zod is built in another way than this knows')
  return rest.slice(0, at) + ends.join('') + rest.slice(at)
}

await bundle('index.js', 'zod', [
  {
    name: 'locales',
    resolveId: (id) => (id === '../locales/index.js' ? locales : null),
    load: (id) => (id === locales ? lazyLocales : null),
  },
])
writeFileSync('dist/zod.js', withPlainNamespaces(readFileSync('dist/zod.js', 'utf8')))
makeEager('dist/zod.js')
await bundle('v4/locales/index.js', 'zod-locales')
const core = Object.keys(await load(join(zod, 'v4/core/index.js')))
writeFileSync(
  'dist/zod-core.js',
  `import{core}from"./zod.js";${core.map((name) => `export const ${name}=core.${name};`).join('')}`,
)

/** What is where in a module and in the namespaces that it exports. */
const shapeOf = (module: Names): Names =>
  Object.fromEntries(
    Object.keys(module)
      .toSorted()
      .map((name) => {
        const value = module[name]
        const isNamespace = ['core', 'locales', 'util', 'regexes', 'iso', 'coerce', 'z', 'default'].includes(
          name,
        )
        if (isNamespace && module !== value && typeof value === 'object')
          return [
            name,
            name === 'z' || name === 'default' ? Object.keys(value!).toSorted() : shapeOf(value as Names),
          ]
        return [name, typeof value === 'function' ? `function ${value.length}` : typeof value]
      }),
  )
for (const [ours, theirs] of [
  ['dist/zod.js', 'index.js'],
  ['dist/zod-core.js', 'v4/core/index.js'],
  ['dist/zod-locales.js', 'v4/locales/index.js'],
] as const)
  if (!isDeepStrictEqual(shapeOf(await load(ours)), shapeOf(await load(join(zod, theirs)))))
    throw new Error(`${ours} has not what zod has`)

// By these the command knows the zod that it has in one file: another version has others, and mostly a patched one too.
const files = [
  'package.json',
  'v4/core/schemas.js',
  'v4/core/checks.js',
  'v4/core/parse.js',
  'v4/classic/schemas.js',
]
writeFileSync(
  'dist/zod.json',
  JSON.stringify(Object.fromEntries(files.map((file) => [file, statSync(join(zod, file)).size]))),
)
mkdirSync('dist/licenses', { recursive: true })
const [license] = globSync(join(zod, 'LICENSE*'))
if (license === undefined) throw new Error('zod has no license file that could be shipped with its code')
copyFileSync(license, 'dist/licenses/zod.txt')
