import { createHash } from 'node:crypto'
import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

/** Changes when the source of a package does. */
export function sourceFingerprint(dir: string): string {
  const hash = createHash('sha256')
  for (const file of globSync('src/**/*.{ts,mts,js,mjs,json}', {
    cwd: dir,
    exclude: ['**/*.test.ts', 'src/ports.ts'],
  }).toSorted())
    hash.update(JSON.stringify([file, readFileSync(join(dir, file), 'utf8')]))
  return hash.digest('hex')
}
