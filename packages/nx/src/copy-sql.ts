import { copyFileSync, existsSync, globSync, mkdirSync, readFileSync, rmSync } from 'node:fs'
import { dirname, join } from 'node:path'

/** What {@link copySql} did. */
export interface CopiedSql {
  /** Relative to the folders given. */
  readonly copied: readonly string[]
  /** References, as `new URL('./x.sql', import.meta.url)`, to files that are not there. */
  readonly missing: readonly { readonly file: string; readonly sql: string }[]
}

const comment = /^\s*(\*|\/\*|\/\/).*$/gm
const reference = /new URL\(\s*['"`]([^'"`]+\.sql)['"`]\s*,\s*import\.meta\.url\s*\)/g

/**
 * Makes the `*.sql` below `dist` the same as those below `src`: `tsc` copies none.
 *
 * @example
 * ```ts
 * copySql('src', 'dist') // { copied: ['stage-flights.sql'], missing: [] }
 * ```
 */
export function copySql(src: string, dist: string): CopiedSql {
  const copied = globSync('**/*.sql', { cwd: src }).toSorted()
  for (const file of globSync('**/*.sql', { cwd: dist })) if (!copied.includes(file)) rmSync(join(dist, file))
  for (const file of copied) {
    mkdirSync(dirname(join(dist, file)), { recursive: true })
    copyFileSync(join(src, file), join(dist, file))
  }
  return { copied, missing: missingSql(src) }
}

function missingSql(src: string): CopiedSql['missing'] {
  return globSync('**/*.ts', { cwd: src, exclude: (path) => /\.(test|test-d)\.ts$/.test(path) }).flatMap(
    (path) => {
      const file = join(src, path)
      return [...readFileSync(file, 'utf8').replaceAll(comment, '').matchAll(reference)]
        .map(([, sql]) => ({ file, sql: sql ?? '' }))
        .filter(({ sql }) => !existsSync(join(dirname(file), sql)))
    },
  )
}
