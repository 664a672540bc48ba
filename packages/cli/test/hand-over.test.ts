import { chmodSync } from 'node:fs'
import { join } from 'node:path'
import { execa } from 'execa'
import { expect, test } from 'vitest'
import { bin, project } from './project.ts'

/** Makes the Node that it is loaded into an old one, which looks for a newer. */
const old = `data:text/javascript,Object.defineProperty(process, 'versions', { value: { ...process.versions, node: '18.0.0' } })`

test.each([
  ['kill -TERM $$', 143],
  ['kill -INT $$', 130],
  ['kill -KILL $$', 137],
  ['exit 7', 7],
  ['exit 0', 0],
])('the command that an older Node hands over to: %s is exit code %i', async (script, code) => {
  using app = project({ 'node_modules/.bin/node': `#!/bin/sh\n${script}\n` })
  chmodSync(join(app.dir, 'node_modules/.bin/node'), 0o755)
  const { exitCode, stderr } = await execa(process.execPath, ['--import', old, bin, 'check'], {
    cwd: app.dir,
    reject: false,
  })
  expect(stderr).toBe('')
  expect(exitCode).toBe(code)
})
