import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { execa } from 'execa'
import { findPython } from './environment.ts'

/** It resolves for all platforms and Pythons at once, which pip does not. */
const uv = 'uv==0.13.8'

/** Writes `lock`: the newest packages that the `.in` file beside it allows, with the hashes of all their files. */
export async function writeLock(lock: string): Promise<void> {
  const python = await findPython()
  if (!python) throw new Error('No Python from 3.10 to 3.13 is on the path: install one.')
  const dir = mkdtempSync(join(tmpdir(), 'levada-lock-'))
  try {
    await execa(python, ['-m', 'venv', dir])
    await execa(join(dir, 'bin/python'), ['-m', 'pip', 'install', '--quiet', uv])
    const options = ['--universal', '--python-version=3.10', '--generate-hashes', '--upgrade', '--quiet']
    const plain = ['--no-header', '--no-annotate', '--no-emit-index-url', '--no-emit-find-links']
    const from = lock.replace(/txt$/, 'in')
    await execa(join(dir, 'bin/uv'), ['pip', 'compile', ...options, ...plain, '--output-file', lock, from])
  } finally {
    rmSync(dir, { recursive: true, force: true })
  }
}
