import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { execa } from 'execa'
import { expect, test } from 'vitest'
import { startCloud } from './cloud-server.ts'

const readme = readFileSync(join(import.meta.dirname, '../README.md'), 'utf8')
const example = /## dbt Cloud\n\n```ts\n([^]*?)```/.exec(readme)![1]!

test("the README's job of dbt Cloud is triggered, waited for, and its artifact read", async () => {
  await using server = await startCloud()
  const { exitCode, stdout, stderr } = await execa(
    process.execPath,
    ['--conditions=@levada/source', '--input-type=module-typescript', '-e', example],
    {
      cwd: import.meta.dirname,
      reject: false,
      env: {
        DBT_CLOUD_HOST: server.host,
        DBT_CLOUD_ACCOUNT_ID: '1',
        DBT_CLOUD_TOKEN: server.token,
      },
    },
  )
  expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' })
  expect(stdout).toMatch(/^success .*runs\/7001\/$/m)
  expect(stdout).toMatch(/^\{"results":\[\]\}$/m)
  expect(server.lines()[0]).toBe('POST jobs/67890/run/')
})
