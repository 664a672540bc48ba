import { existsSync, globSync, rmSync } from 'node:fs'
import { join } from 'node:path'

/**
 * Deletes compiled files whose source is gone, which would be published otherwise.
 *
 * @returns the deleted files, relative to `dist`
 */
export function removeStale(src: string, dist: string): string[] {
  const stale = globSync('**/*.{js,d.ts}', { cwd: dist }).filter(
    (file) => !existsSync(join(src, file.replace(/(\.d\.ts|\.js)$/, '.ts'))),
  )
  for (const file of stale) rmSync(join(dist, file))
  return stale
}

/** Does a source lack its compiled files? */
export function isIncomplete(src: string, dist: string): boolean {
  return globSync('**/*.ts', { cwd: src })
    .filter((file) => !/\.(test|test-d|d)\.ts$/.test(file))
    .some((file) => ['.js', '.d.ts'].some((end) => !existsSync(join(dist, file.replace(/\.ts$/, end)))))
}
