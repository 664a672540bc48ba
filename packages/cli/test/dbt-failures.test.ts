// What a dbt that fails has said is told, and told once. A script does what dbt does.
import { chmodSync } from 'node:fs'
import { delimiter } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { project } from './project.ts'

const why = 'Compilation Error in macro grant_all: no such role'

async function run(words: readonly string[], exitCode: number): Promise<{ code: number; said: string }> {
  const it = project({
    'dbt_project.yml': 'name: shop\nprofile: shop\n',
    'profiles.yml': 'shop: { outputs: { dev: { type: duckdb } } }\n',
    dbt: `#!/bin/sh
if [ "$1" = --version ]; then echo "dbt 1.11.16"; exit; fi
cat <<'END'
${JSON.stringify({ data: {}, info: { level: 'info', msg: 'Registered adapter', name: 'AdapterRegistered' } })}
${JSON.stringify({ data: {}, info: { level: 'error', msg: why, name: 'RunningOperationCaughtError' } })}
${JSON.stringify({ data: { success: false }, info: { level: 'debug', msg: '', name: 'CommandCompleted' } })}
END
exit ${exitCode}
`,
  })
  onTestFinished(() => it[Symbol.dispose]())
  chmodSync(`${it.dir}/dbt`, 0o755)
  const PATH = `${it.dir}${delimiter}${process.env['PATH']}`
  const { exitCode: code, stdout, stderr } = await it.start(['dbt', ...words], { PATH })
  return { code: code ?? -1, said: `${stdout}\n${stderr}` }
}

test.each([
  ['run-operation', 1],
  ['run-operation', 2],
  ['deps', 2],
])('%s that ends with %i', async (command, exitCode) => {
  const { code, said } = await run([command, 'grant_all'], exitCode)
  expect(code).toBe(exitCode)
  expect(said).toContain('Registered adapter')
  expect(said.split(why)).toHaveLength(2)
})
