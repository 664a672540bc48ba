import { exampleOf } from '@levada/core/run'
import { expect, test } from 'vitest'
import { onPostgres, runExample, type ExampleProject, type ServerCode } from './example-projects.ts'
import { run, server } from './server.ts'

/** The shop on the server of these tests, in a schema of its own; the last setting may be replaced. */
const onServer = (
  schema: string,
  files: Readonly<Record<string, string>> = {},
): Readonly<Record<string, string>> => ({
  ...onPostgres,
  'conf/base/catalog.yml': onPostgres['conf/base/catalog.yml']!.replace('schema: shop', `schema: ${schema}`),
  'conf/base/resources.yml': `postgres:\n${Object.entries(server)
    .map(([key, value]) => `  ${key}: ${value}\n`)
    .join('')}  connect_timeout_ms: 10000\n`,
  ...files,
})
const slow = {
  'total.sql':
    'select day, sum(amount) as amount\nfrom orders, generate_series(1, 1000000000)\ngroup by day\n',
}

const projects: Readonly<Record<ServerCode, ExampleProject>> = {
  STATEMENT_TIMEOUT: { insteadOf: '  connect_timeout_ms: 10000', files: onServer('shop_timeout', slow) },
  CONNECTION_LOST: {
    files: onServer('shop_lost', slow),
    during(_, running) {
      running.stdout.on('data', (part: Buffer) => {
        if (/shop\.orders: 3 rows|asset_materialized/.test(part.toString()))
          setTimeout(
            () =>
              void run(
                `select pg_terminate_backend(pid) from pg_stat_activity where query like '%generate_series(1, 1000000000)%' and pid <> pg_backend_pid()`,
              ),
            500,
          )
      })
    },
  },
  DEPENDANTS: {
    insteadOf: '  schema: z.object({ day: col.date(), amount: z.number() }),',
    files: onServer('shop_reports'),
    async before(app) {
      await app.levada('run')
      await run('create view shop_reports.report as select amount from shop_reports.totals')
      app.write('total.sql', 'select day, sum(amount) as total\nfrom orders\ngroup by day\n')
    },
  },
}

test.each(Object.entries(projects) as [ServerCode, ExampleProject][])(
  'the example of %s is what the command prints',
  async (code, around) => {
    const example = await exampleOf(code)
    const { code: exit, printed } = await runExample(example, around)
    expect(printed.replaceAll(`:${server.port}`, ':5432')).toContain(example.printed)
    expect(example.printed).toContain(`(levada explain ${code})`)
    expect(exit).toBe(1)
  },
)

test('a lost connection is told as worth another try, and nothing of the step is published', async () => {
  const { code, printed } = await runExample(
    { run: 'run --force --json', printed: '' },
    projects.CONNECTION_LOST,
  )
  const events = printed
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as { type: string; state?: string; errors?: object[] })
  expect(code).toBe(1)
  expect(events.filter(({ type }) => type === 'asset_materialized')).toHaveLength(1)
  expect(events.find(({ state }) => state === 'failed')?.errors).toMatchObject([
    { code: 'CONNECTION_LOST', retryable: true },
  ])
})
