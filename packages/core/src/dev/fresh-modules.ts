import { registerHooks } from 'node:module'
import { sep } from 'node:path'
import { fileURLToPath } from 'node:url'

/** Modules that can be loaded anew: Node keeps a module as long as its URL stays the same, so these get another one. */
export interface FreshModules extends Disposable {
  /** Files that were loaded, or that an import named. */
  readonly files: ReadonlySet<string>
  /** From now on, an import loads them again. */
  renew(): void
}

/** The export condition under which a package of a workspace offers its source. */
const sourceCondition = '@levada/source'

/**
 * @param roots folders of source code; packages that are installed below them stay as they are
 * @param packages names of packages that are taken from their source, when they offer it
 */
export function freshModules(roots: readonly string[], packages: readonly string[]): FreshModules {
  const files = new Set<string>()
  let version = 0
  const isFresh = (file: string): boolean =>
    roots.some(
      (root) => file.startsWith(root + sep) && !file.slice(root.length).includes(`${sep}node_modules${sep}`),
    )
  const hooks = registerHooks({
    resolve(specifier, context, next) {
      if (!context.conditions.includes('import')) return next(specifier, context)
      // A file that does not exist yet is waited for.
      const named = URL.parse(specifier, /^\.{1,2}\//.test(specifier) ? context.parentURL : undefined)
      if (named?.protocol === 'file:') remember(fileURLToPath(named))
      const fromSource = packages.some((name) => specifier === name || specifier.startsWith(`${name}/`))
      const conditions = fromSource ? [...context.conditions, sourceCondition] : context.conditions
      const found = next(specifier, { ...context, conditions })
      const url = URL.parse(found.url)
      if (url?.protocol !== 'file:' || !remember(fileURLToPath(url))) return found
      url.search = `?levada=${version}`
      return { ...found, url: url.href }
    },
  })
  function remember(file: string): boolean {
    const fresh = isFresh(file)
    if (fresh) files.add(file)
    return fresh
  }
  return { files, renew: () => void version++, [Symbol.dispose]: () => hooks.deregister() }
}
