import { existsSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join, relative } from 'node:path'
import { pathToFileURL } from 'node:url'
import { defineApp } from '@levada/core'
import type { Plugin } from '@levada/core/spi'
import { LevadaError, newAsset, newExpects, type App, type NewFile } from '@levada/core/run'
import { appDirOf, printJson, type AppOptions } from '../app.ts'
import { paint, plural } from '../style.ts'

interface NewAssetOptions extends AppOptions {
  readonly from?: string | undefined
}
interface NewExpectsOptions extends AppOptions {
  readonly columns?: string | undefined
}

export async function newAssetFile(name: string | undefined, options: NewAssetOptions): Promise<number> {
  if (options.from === undefined) return await (await import('./new-part.ts')).newPlainAsset(name, options)
  if (name !== undefined) (await import('./new-part.ts')).checkNewAsset(name, process.cwd())
  const around = await appOf(options)
  const made = await newAsset({
    from: options.from,
    ...around,
    start: process.cwd(),
    ...(name !== undefined && { name }),
    ...(options.env !== undefined && { env: options.env }),
  })
  if (options.json) {
    const { leftOut, ...rest } = made
    printJson({ ...rest, left_out: leftOut })
    return 0
  }
  const { asset, rows, leftOut, catalog } = made
  console.log(`${stateText(made)} ${asset} as ${plural(rows, 'row')} ${rows === 1 ? 'has' : 'have'} it`)
  const warn = paint('yellow', '!')
  if (rows === 0)
    console.log(`${warn} there are no rows to learn from: correct the types, and which columns may be NULL`)
  if (!dependsOnZod(made.file))
    console.log(`${warn} it imports zod, which package.json does not list: add it`)
  for (const why of leftOut) console.log(`${warn} left out: ${why}`)
  if (catalog) {
    const file = relative(process.cwd(), catalog.file)
    const place =
      around.app === undefined
        ? file
        : 'conf/base/catalog.yml of an app, with the path from the folder of the app'
    console.log(catalog.written ? `${paint('green', 'written')}   ${file}` : `\nIts place, for ${place}:\n`)
    console.log(catalog.line)
  }
  return 0
}

/** The app, or, where there is none, an engine that the package itself depends on. @throws APP_NOT_FOUND */
async function appOf(options: NewAssetOptions): Promise<{ readonly appDir: string; readonly app?: App }> {
  try {
    return { appDir: appDirOf(options) }
  } catch (error) {
    const dir = process.cwd()
    if (options.app !== undefined || !(error instanceof LevadaError)) throw error
    const engine = engineFrom(dir)
    if (engine === undefined)
      throw new LevadaError(error.code, error.message, {
        hint: 'Run it inside an app, or add @levada/resource-duckdb to the devDependencies of this package, to read the file with.',
        cause: error,
      })
    const { duckdb } = (await import(engine)) as { duckdb: () => Plugin }
    return { appDir: dir, app: defineApp({ name: 'no-app', plugins: [duckdb()], pipelines: [] }) }
  }
}

function engineFrom(dir: string): string | undefined {
  try {
    return pathToFileURL(createRequire(join(dir, 'package.json')).resolve('@levada/resource-duckdb')).href
  } catch {
    return undefined
  }
}

/** Whether the package of a file says that it uses zod; nothing is known of a folder without package.json. */
function dependsOnZod(file: string): boolean {
  for (let dir = dirname(file); dir !== dirname(dir); dir = dirname(dir)) {
    const found = join(dir, 'package.json')
    if (existsSync(found)) return /"zod"\s*:/.test(readFileSync(found, 'utf8'))
  }
  return true
}

export async function newExpectsFile(asset: string, options: NewExpectsOptions): Promise<number> {
  const made = await newExpects({
    asset,
    start: process.cwd(),
    ...(options.app !== undefined && { appDir: appDirOf(options) }),
    ...(options.columns !== undefined && { columns: options.columns.split(',').map((name) => name.trim()) }),
  })
  if (options.json) printJson(made)
  else console.log(`${stateText(made)} ${asset} from the contract of ${made.from}`)
  return 0
}

const stateText = ({ state, file }: NewFile): string =>
  `${state === 'written' ? paint('green', 'written  ') : 'unchanged'} ${relative(process.cwd(), file)}:`
