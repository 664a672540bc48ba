import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { Command } from './measure.ts'

const root = join(import.meta.dirname, '../../..')

/** An app of a benchmark; what is published runs it, not the sources. */
export interface BenchApp extends Disposable {
  readonly dir: string
  /** The command, called directly. */
  levada(...words: readonly string[]): Command
  /** Forgets every run. */
  reset(): void
}

/** Writes an app below this package, so that it finds the packages of the workspace. */
export function benchApp(name: string, files: Readonly<Record<string, string>>): BenchApp {
  const dir = join(import.meta.dirname, '../tmp', name)
  const remove = (...paths: readonly string[]): void => {
    for (const path of paths) rmSync(join(dir, path), { recursive: true, force: true })
  }
  remove('.')
  mkdirSync(dir, { recursive: true })
  for (const [file, text] of Object.entries(files)) {
    mkdirSync(dirname(join(dir, file)), { recursive: true })
    writeFileSync(join(dir, file), text)
  }
  return {
    dir,
    levada: (...words) => ({
      args: [join(root, 'packages/cli/bin/levada.mjs'), ...words],
      cwd: dir,
      env: { LEVADA_USE_DIST: '1', NO_COLOR: '1' },
    }),
    reset: () => remove('data', '.levada'),
    [Symbol.dispose]: () => remove('.'),
  }
}
