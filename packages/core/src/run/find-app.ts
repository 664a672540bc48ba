import { existsSync, readFileSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import type { App } from '../app/index.ts'
import { LevadaError, toLevadaErrors, type Place } from '../errors/index.ts'
import { authorPlace } from '../plan/index.ts'

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

/** Imports a module of a user; what it throws while loading is told with its place. @throws MODULE_FAILED */
export async function importModule(file: string): Promise<{ readonly default?: unknown }> {
  try {
    return (await import(pathToFileURL(file).href)) as { readonly default?: unknown }
  } catch (cause) {
    const [known] = toLevadaErrors(cause)
    const stack = cause instanceof Error ? (cause.stack ?? '') : ''
    const place = known!.place ?? syntaxPlace(stack) ?? authorPlace(stack, process.cwd())
    const where = place ? { place } : {}
    const { code, message, hint } = known!
    if (code !== 'INTERNAL') throw new LevadaError(code, message, { hint, cause, ...where })
    const missing =
      (cause as { code?: unknown }).code === 'ERR_MODULE_NOT_FOUND' && /Cannot find package/.test(message)
    throw new LevadaError(
      'MODULE_FAILED',
      `${relative(process.cwd(), file)} could not be loaded: ${message.replace(/ imported from .*/, '').trim()}.`,
      {
        cause,
        ...where,
        ...(missing && { hint: 'Add the package to package.json, and install.' }),
      },
    )
  }
}

/** What cannot be parsed has no frame in the stack: its place, the line and a caret stand before it. */
function syntaxPlace(stack: string): Place | undefined {
  const found = /^((?:file:\/\/)?\/[^\n]*?):(\d+)\n(?:[^\n]*\n)+?( *)\^/.exec(stack)
  if (!found) return undefined
  const [, where, line, indent] = found as unknown as [string, string, string, string]
  const file = where.startsWith('file:') ? fileURLToPath(where) : where.replace(/\?[^?/]*$/, '')
  return {
    file: relative(process.cwd(), file),
    line: Number(line),
    column: indent.length + 1,
    ...(existsSync(file) && { text: readFileSync(file, 'utf8') }),
  }
}
