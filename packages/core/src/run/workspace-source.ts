import { existsSync, realpathSync } from 'node:fs'
import { registerHooks } from 'node:module'
import { sep } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'

let taken = false

/**
 * From now on, packages of a workspace are imported from `src/x.ts` where they name `dist/x.js`, which may be absent, or older.
 * What is installed from a registry stays as it is.
 */
export function takeWorkspaceFromSource(): void {
  if (taken || process.env['LEVADA_USE_DIST'] !== undefined) return
  taken = true
  registerHooks({
    resolve(specifier, context, next) {
      // Files, builtins and Levada itself.
      if (/^[./#]|^[\w-]+:|^@levada\//.test(specifier)) return next(specifier, context)
      try {
        const found = next(specifier, context)
        const url = sourceOf(found.url)
        return url === undefined ? found : { ...found, url, format: 'module-typescript' }
      } catch (error) {
        const url = sourceOf((error as { url?: string }).url ?? '')
        if (url === undefined) throw error
        return { url, format: 'module-typescript', shortCircuit: true }
      }
    },
  })
}

/** The source of a compiled file of a package that is a folder of a workspace, which package managers link to. */
function sourceOf(url: string): string | undefined {
  if (!/^file:.*\/dist\/.*\.js$/.test(url)) return undefined
  const file = fileURLToPath(url).replace(/([\\/])dist([\\/](?!.*[\\/]dist[\\/]).*)\.js$/, '$1src$2.ts')
  if (!existsSync(file)) return undefined
  const real = realpathSync(file)
  return real.includes(`${sep}node_modules${sep}`) ? undefined : pathToFileURL(real).href
}
