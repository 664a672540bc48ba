import { execFileSync } from 'node:child_process'
import { existsSync, rmSync } from 'node:fs'
import { join } from 'node:path'

export const kedroVersion = '1.7.0'

/** Kedro in a folder of its own, from PyPI; undefined, and told, when this machine has no Python. */
export function kedro(suite: string): string | undefined {
  const dir = join(import.meta.dirname, '../tmp/kedro')
  const python = join(dir, 'bin/python')
  try {
    if (!existsSync(python)) execFileSync('python3', ['-m', 'venv', dir], { stdio: 'ignore' })
    execFileSync(python, ['-m', 'pip', 'install', '--quiet', `kedro==${kedroVersion}`], {
      stdio: ['ignore', 'ignore', 'inherit'],
    })
    return python
  } catch (error) {
    console.error(
      `${suite}: SKIPPED against Kedro ${kedroVersion}: ${(error as Error).message.split('\n')[0]}`,
    )
    rmSync(dir, { recursive: true, force: true })
    return undefined
  }
}
