import { expect, test } from 'vitest'
import { project, shop, shopWith } from './project.ts'

test('an error in sql`…` points at the very place in the TypeScript file, with its real lines', async () => {
  using app = project(
    shopWith({
      'pipelines.ts': shop['pipelines.ts']!.replace('import { asset,', 'import { sql, asset,').replace(
        "sql: new URL('./customers.sql', import.meta.url)",
        'sql: sql`select name, citty as city from raw`',
      ),
    }),
  )
  const { code, err } = await app.levada('check')
  expect(code).toBe(1)
  const line = shop['pipelines.ts']!.split('\n').findIndex((text) => text.includes("'stage-customers'")) + 1
  const text =
    "const stageCustomers = sqlNode('stage-customers', { inputs: { raw: rawCustomers }, output: customersAsset, sql: sql`select name, "
  expect(err).toContain(`at pipelines.ts:${line}:${text.length + 1}`)
  expect(err).toContain(`> ${line} | const stageCustomers`)
})

test('one interrupt that arrives twice, from the terminal and from a launcher, still ends the run in order', async () => {
  using app = project(shop)
  const run = app.start(['run', '--json'])
  run.stdout.once('data', () => {
    run.kill('SIGINT')
    setTimeout(() => run.kill('SIGINT'), 20)
  })
  const { exitCode, signal, stdout } = await run
  expect(stdout).toContain('"type":"run_finished"')
  // A process that has told all may be on its way out when the second one comes; for a shell both are 130.
  expect([130, 'SIGINT']).toContain(exitCode ?? signal)
})
