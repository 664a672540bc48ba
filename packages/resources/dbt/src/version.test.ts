import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { findDbt } from './version.ts'

test.each([
  ['hangs', 'exec sleep 100'],
  ['waits for another that hangs', 'sleep 5; exit'],
])('a dbt that %s when it is asked for its version is told', { timeout: 4000 }, async (_, script) => {
  const dir = mkdtempSync(join(tmpdir(), 'levada-version-'))
  onTestFinished(() => rmSync(dir, { recursive: true }))
  const path = join(dir, 'dbt')
  writeFileSync(path, `#!/bin/sh\n${script}\n`)
  chmodSync(path, 0o755)
  await expect(findDbt(path, process.env, 300)).rejects.toMatchObject({
    code: 'DBT_MISSING',
    message: `${path} did not tell its version within 0.3 s.`,
    hint: `Look why it hangs: ${path} --version`,
  })
})
