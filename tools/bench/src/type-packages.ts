import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { asset, col, definePipeline, expects, node, type AnyPipeline } from '@levada/core'
import { appPortsText, outlineOf, portsText } from '@levada/core/run'
import { z } from 'zod'

const assetCount = 10
const columnCount = 30

const columnTypes = [
  () => z.string(),
  () => z.int(),
  () => z.boolean(),
  () => z.string().nullable(),
  () => z.number().nullable(),
  () => z.enum(['a', 'b', 'c', 'd']),
  () => col.timestamp(),
  () => z.bigint().nullable(),
]

const packageName = (i: number): string => `p${String(i).padStart(3, '0')}`
const columnSchema = (i: number, a: number, c: number) => columnTypes[(i + a * 3 + c) % columnTypes.length]!()
const range = (n: number): number[] => Array.from({ length: n }, (_, i) => i)

interface Renaming {
  readonly name: string
  readonly assets: Readonly<Record<string, string>>
}

/** The same numbers in every run. */
function generator(): (n: number) => number {
  let seed = 42
  return (n) => (seed = (seed * 1_103_515_245 + 12_345) & 0x7fffffff) % n
}

/** A pipeline of 10 assets × 30 columns that needs 5 to 10 columns of up to five assets of others. */
function pipelineOf(i: number, size: number, random: (n: number) => number): AnyPipeline {
  const outputs = Object.fromEntries(
    range(assetCount).map((a) => {
      const schema = z.object(
        Object.fromEntries(range(columnCount).map((c) => [`column_${c}`, columnSchema(i, a, c)])),
      )
      return [
        `out_${a}`,
        asset(`${packageName(i)}.asset_${a}`, { schema: schema as never, tags: [`tag_${i % 7}`] }),
      ]
    }),
  )
  const inputs = Object.fromEntries(
    range(5).map((n) => {
      const j = (i + 1 + random(size - 1)) % size
      const a = n * 2 + random(2)
      const picked = new Set(range(5 + random(6)).map(() => random(columnCount)))
      const schema = z.object(
        Object.fromEntries([...picked].map((c) => [`column_${c}`, columnSchema(j, a, c)])),
      )
      return [`in_${n}`, expects(`${packageName(j)}.asset_${a}`, schema as never)]
    }),
  )
  const make = node('make', {
    inputs: inputs as never,
    outputs: outputs as never,
    params: { limit: z.int().default(1) },
    run() {},
  })
  return definePipeline(packageName(i), { nodes: [make] as never }) as never
}

const write = (file: string, text: string): void => {
  mkdirSync(dirname(file), { recursive: true })
  writeFileSync(file, text)
}

/** How people compile, by what the name of the project ends in. Declarations that are checked need more of the library. */
const bundler = { module: 'esnext', moduleResolution: 'bundler' }
const checked = { skipLibCheck: false, lib: ['es2024', 'dom', 'esnext.disposable'] }
const settings = {
  '': {},
  '-checked': checked,
  '-bundler': bundler,
  '-bundler-checked': { ...bundler, ...checked },
}
export type Setting = keyof typeof settings

/** How many packages of the app `with` are used under other names. */
const renamedCount = 10

/**
 * Writes `size` packages as they are published, an app that composes them, one that also uses some of them another time, and
 * a program that only imports them.
 */
export function writePackages(dir: string, size: number): void {
  const random = generator()
  const names = range(size).map(packageName)
  const pipelines = names.map((_, i) => pipelineOf(i, size, random))
  names.forEach((name, i) => {
    const folder = join(dir, 'node_modules/@acme', name)
    const type = `P${name.slice(1)}Pipeline`
    write(join(folder, 'ports.d.ts'), portsText(outlineOf(pipelines[i]!)))
    write(
      join(folder, 'index.d.ts'),
      `import type { ${type} } from './ports.js'\nexport type * from './ports.js'\ndeclare const pipeline: ${type}\nexport default pipeline\n`,
    )
    write(
      join(folder, 'package.json'),
      JSON.stringify({
        name: `@acme/${name}`,
        version: '1.0.0',
        type: 'module',
        exports: { '.': { types: './index.d.ts' } },
      }),
    )
  })
  mkdirSync(join(dir, 'node_modules/@levada'), { recursive: true })
  symlinkSync(
    join(dirname(fileURLToPath(import.meta.resolve('@levada/core/package.json')))),
    join(dir, 'node_modules/@levada/core'),
  )
  const imports = names.map((name) => `import ${name} from '@acme/${name}'`).join('\n')
  write(
    join(dir, 'imports.ts'),
    `${imports}\nexport type All = [${names.map((name) => `typeof ${name}`).join(', ')}]\n`,
  )
  // What others need of them is provided by the ones that keep their names.
  const renaming = (name: string): Renaming => ({
    name: `${name}-again`,
    assets: Object.fromEntries(
      range(assetCount).map((a) => [`${name}.asset_${a}`, `again_${name}.asset_${a}`]),
    ),
  })
  const again = names.map((name) => `${name}.with(${JSON.stringify(renaming(name))})`)
  const app = (pipelines: readonly string[], before = ''): string =>
    `import { defineApp } from '@levada/core'\n${imports}\n${before}export const app = defineApp({\n  name: 'app',\n  pipelines: [${pipelines.join(', ')}],\n  jobs: { nightly: { select: ['+p000.asset_0', 'tag:tag_0', 'pipeline:p000'] } },\n})\n`
  write(join(dir, 'app.ts'), app(names))
  write(join(dir, 'with.ts'), app([...names, ...again.slice(0, renamedCount)]))
  const type = (name: string): string => `P${name.slice(1)}AgainPipeline`
  write(
    join(dir, 'ports.ts'),
    appPortsText(
      pipelines.map((pipeline, i) => {
        const { name, assets } = renaming(names[i]!)
        return { outline: { ...outlineOf(pipeline), name }, assets, from: `@acme/${names[i]}` }
      }),
    ),
  )
  write(
    join(dir, 'named.ts'),
    app(
      [...names, ...names.map((name) => `${name}_again`)],
      `import type { ${names.map(type).join(', ')} } from './ports.js'\n${names.map((name, i) => `const ${name}_again: ${type(name)} = ${again[i]}\n`).join('')}`,
    ),
  )
  write(join(dir, 'unnamed.ts'), app([...names, ...again]))
  write(join(dir, 'package.json'), '{"type":"module"}')
  const compilerOptions = {
    strict: true,
    noEmit: true,
    target: 'es2024',
    lib: ['es2024'],
    module: 'nodenext',
    skipLibCheck: true,
    types: [],
    exactOptionalPropertyTypes: true,
    noUncheckedIndexedAccess: true,
  }
  for (const file of ['app', 'with', 'named', 'unnamed', 'imports'])
    for (const [setting, options] of Object.entries(settings))
      write(
        join(dir, `tsconfig.${file}${setting}.json`),
        JSON.stringify({ compilerOptions: { ...compilerOptions, ...options }, files: [`${file}.ts`] }),
      )
}
