import { existsSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import { registerHooks } from 'node:module'
import { pathToFileURL } from 'node:url'
import type { App } from '../app/index.ts'
import { LevadaError, toLevadaErrors } from '../errors/index.ts'
import { modulePlace } from './module-place.ts'
import { takeWorkspaceFromSource } from './workspace-source.ts'

const names = ['levada.config.ts', 'levada.config.js', 'levada.config.mjs']

/** The nearest folder, from `start` upwards, with a levada.config.ts. @throws APP_NOT_FOUND */
export function findAppDir(start: string): string {
  for (let dir = resolve(start); ; dir = dirname(dir)) {
    if (names.some((name) => existsSync(join(dir, name)))) return dir
    if (dir === dirname(dir))
      throw new LevadaError(
        'APP_NOT_FOUND',
        `There is no levada.config.ts in ${resolve(start)} or a folder above.`,
      )
  }
}

/** The app that a folder's levada.config.ts exports. @throws MODULE_FAILED, PIPELINE_INVALID and what defining assets throws */
export async function loadApp(appDir: string): Promise<App> {
  takeWorkspaceFromSource()
  const name = names.find((candidate) => existsSync(join(appDir, candidate)))!
  const app = (await importModule(join(appDir, name))).default as App | undefined
  if (app?.['~levada'] !== 'app@1')
    throw new LevadaError(
      'PIPELINE_INVALID',
      `${name} does not export an app: write export default defineApp({ … }).`,
      { place: { file: name } },
    )
  return app
}

/** Imports a package as a module in that folder would. @throws whatever loading it throws; ERR_MODULE_NOT_FOUND when it is not there */
export async function importFrom(dir: string, name: string): Promise<Readonly<Record<string, unknown>>> {
  const parentURL = pathToFileURL(join(dir, 'package.json')).href
  const asked = `levada:${name}`
  const hooks = registerHooks({
    resolve: (specifier, context, next) =>
      specifier === asked ? next(name, { ...context, parentURL }) : next(specifier, context),
  })
  try {
    return (await import(asked)) as Readonly<Record<string, unknown>>
  } finally {
    hooks.deregister()
  }
}

/** Imports a module of a user; what it throws while loading is told with its place. @throws MODULE_FAILED */
export async function importModule(file: string): Promise<{ readonly default?: unknown }> {
  try {
    return (await import(pathToFileURL(file).href)) as { readonly default?: unknown }
  } catch (cause) {
    const [known] = toLevadaErrors(cause)
    const place = known!.place ?? modulePlace(cause, process.cwd())
    const where = place ? { place } : {}
    const { code, message, hint } = known!
    if (code !== 'INTERNAL') throw new LevadaError(code, message, { hint, cause, ...where })
    const missing = /^Cannot find (package|module) /.exec(message)?.[1]
    throw new LevadaError(
      'MODULE_FAILED',
      `${relative(process.cwd(), file)} could not be loaded: ${message.replace(/ imported from [^]*/, '').trim()}.`,
      {
        cause,
        ...where,
        ...(missing === 'package' && { hint: 'Add the package to package.json, and install.' }),
        ...(missing === 'module' && { hint: 'Create the file, or correct the path of the import.' }),
      },
    )
  }
}
