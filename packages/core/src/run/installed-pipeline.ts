import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { originalOf, type AnyPipeline } from '../pipeline/index.ts'
import { importModule } from './find-app.ts'

/** The pipeline that the code of an installed package exports by default, if it does. @throws MODULE_FAILED */
export async function installedPipeline(dir: string): Promise<AnyPipeline | undefined> {
  const { exports, main } = JSON.parse(readFileSync(join(dir, 'package.json'), 'utf8')) as {
    readonly exports?: unknown
    readonly main?: unknown
  }
  const entry = entryOf(exports) ?? (typeof main === 'string' ? main : 'index.js')
  if (!existsSync(join(dir, entry))) return undefined
  const found = (await importModule(join(dir, entry))).default as AnyPipeline | undefined
  return found?.['~levada'] === 'pipeline@1' ? originalOf(found) : undefined
}

/** What an import of the root means, by the conditions that Node knows. */
function entryOf(exports: unknown): string | undefined {
  if (typeof exports === 'string') return exports
  if (typeof exports !== 'object' || exports === null) return undefined
  const map = exports as Readonly<Record<string, unknown>>
  if ('.' in map) return entryOf(map['.'])
  for (const [condition, target] of Object.entries(map))
    if (['import', 'node', 'module-sync', 'default'].includes(condition)) {
      const found = entryOf(target)
      if (found !== undefined) return found
    }
  return undefined
}
