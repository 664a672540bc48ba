// A canary is put where secrets may stand, and looked for in everything that comes out.
import { readdirSync, readFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { postgres, postgresServer } from '@levada/resource-postgres'
import { afterAll, beforeAll, expect, inject, test } from 'vitest'
import { onPostgres, orderShop } from './example-projects.ts'
import { project, type Project } from './project.ts'

const server = inject('postgres')
const engine = await postgres().engines['postgres']!.create(server as never, {
  name: 'postgres',
  root: tmpdir(),
  env: 'test',
})
const { run } = postgresServer(engine)
afterAll(() => engine.close())

const canaries = {
  password: `canary-Zq7'"\\ ü`,
  token: 'canary-token-83',
  key: 'canary-key-511',
  variable: 'canary-variable-29',
  wrong: 'canary-wrong-7',
}
/** No form of a canary: not plain, not in JSON, not in a URL. */
function expectNone(what: string, text: string): void {
  for (const canary of Object.values(canaries))
    for (const form of [canary, JSON.stringify(canary).slice(1, -1), encodeURIComponent(canary)])
      expect(
        text.includes(form)
          ? `${what} shows ${form}: ${text.slice(Math.max(0, text.indexOf(form) - 200), text.indexOf(form) + 100)}`
          : '',
      ).toBe('')
}

beforeAll(async () => {
  const quoted = canaries.password.replaceAll("'", "''")
  await run(`create role canary login superuser password '${quoted}'`)
})

const shop = (files: Readonly<Record<string, string>> = {}): Project =>
  project({
    ...orderShop,
    ...onPostgres,
    'levada.config.ts': onPostgres['levada.config.ts']!.replace(
      "import { orders } from './orders.ts'",
      `import { defineResource, secret } from '@levada/core'
import { z } from 'zod'
import { orders } from './orders.ts'

const service = defineResource('service', {
  config: z.object({ token: secret(), url: z.string() }),
  setup: (config) => config,
})`,
    ).replace('pipelines: [orders],', 'pipelines: [orders],\n  resources: { service },'),
    'orders.ts': orderShop['orders.ts']!.replace('expects, source', 'expects, node, resource, source')
      .replace('params: { factor: z.number().default(1) },', 'params: { key: z.string() },')
      .replace(
        'export const orders',
        `const told = asset('shop.told', { schema: z.object({ text: z.string() }) })
const tell = node('tell', {
  inputs: { totals },
  outputs: { told },
  params: { key: z.string() },
  resources: { service: resource<{ token: string; url: string }>('@acme/service#Service') },
  async run(_, { outputs, resources: { service }, params, log }) {
    log.warn(\`calls \${service.url} with \${service.token}\`, { deep: [{ key: params.key }] })
    await outputs.told.write({ text: 'done' })
    if (process.env['FAIL']) throw new Error(\`\${service.url} refuses \${service.token} and \${params.key}\`)
  },
})
export const orders`,
      )
      .replace('[stage, total]', '[stage, total, tell]'),
    'total.sql':
      'select day, sum(amount) as amount\nfrom orders, generate_series(1, 200000)\nwhere $key is not null\ngroup by day\n',
    'conf/base/catalog.yml': onPostgres['conf/base/catalog.yml']!.replace(
      'schema: shop',
      'schema: shop_secrets',
    ),
    'conf/base/resources.yml': `postgres:
  host: ${server.host}
  port: ${server.port}
  database: ${server.database}
  user: canary
  password: \${secret:warehouse/password}
service:
  token: \${secret:service/token}
  url: https://example.org/?key=\${secret:env/CANARY_VARIABLE}
`,
    'conf/base/parameters.yml': 'orders:\n  key: ${secret:app/key}\n',
    'conf/local/credentials.yml': `warehouse: { password: ${JSON.stringify(canaries.password)} }
service: { token: ${canaries.token} }
app: { key: ${canaries.key} }
`,
    ...files,
  })

const below = (folder: string): string =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => `${entry.name}\n${readFileSync(join(entry.parentPath, entry.name), 'latin1')}`)
    .join('\n')

const commands = [
  'check',
  'check --json',
  'doctor',
  'doctor --json',
  'plan --sql',
  'plan --json --sql',
  'run',
  'run --json --force',
  'show shop.totals',
  'show shop.totals --json',
  'show shop.totals --files',
  'list resources',
  'list resources --json',
  'list',
  'catalog list --json',
  'explain resources.postgres.password',
  'explain resources.postgres --json',
  'explain resources.service.url',
  'explain parameters.orders.key --json',
  'explain credentials.app.key',
  'explain shop.totals --json',
  'query select(nothing)from(shop.totals)',
  'query select(1)as(one --json',
]

test('no secret is in what commands print, in logs, or in the SQL that the server sees', async () => {
  using app = shop()
  const seen = new Set<string>()
  const watch = setInterval(() => {
    void run(`select query from pg_stat_activity where usename = 'canary'`).then(
      (rows) => rows.forEach(([text]) => seen.add(String(text))),
      () => undefined,
    )
  }, 5)
  try {
    for (const failing of [undefined, '1'])
      for (const words of failing ? ['run --force', 'run --json --force'] : commands) {
        const env = { CANARY_VARIABLE: canaries.variable, ...(failing && { FAIL: failing }) }
        const { stdout, stderr, exitCode } = await app.start(words.split(' '), env)
        expectNone(`levada ${words}`, `${stdout}\n${stderr}`)
        if (words.startsWith('run')) {
          expect(exitCode, `${stdout}\n${stderr}`).toBe(failing ? 1 : 0)
          expect(stdout).toContain('***')
        }
      }
  } finally {
    clearInterval(watch)
  }
  expectNone('.levada', below(join(app.dir, '.levada')))
  expect(readdirSync(join(app.dir, '.levada/runs'))).toHaveLength(4)
  // The secret was bound: the statement was seen, and has a number in its place.
  expect(
    [...seen].filter((text) => /insert into .*\n?.*\n?where cast\(\$1 as text\) is not null/s.test(text)),
  ).not.toEqual([])
  expectNone('the SQL of the server', [...seen].join('\n'))
  const stored = await run(
    `select string_agg(version::text, ' ') from levada.versions where asset like '%shop_secrets%'`,
  )
  expect(String(stored[0]![0])).toContain('runId')
  expectNone('the versions', String(stored[0]![0]))
})

test('a wrong password, in whatever way it is wrong, is not told', async () => {
  for (const [file, text] of [
    [
      'conf/local/credentials.yml',
      `warehouse: { password: ${canaries.wrong} }\nservice: { token: t }\napp: { key: k }\n`,
    ],
    // A mistake in the file itself: its lines are not shown.
    ['conf/local/credentials.yml', `warehouse:\n  password: ${canaries.wrong}\n token: *${canaries.token}\n`],
    [
      'conf/local/credentials.yml',
      `warehouse: { password: [${canaries.wrong}] }\nservice: { token: t }\napp: { key: k }\n`,
    ],
    ['conf/base/credentials.yml', `warehouse: { password: ${canaries.wrong} }\n`],
  ] as const) {
    using app = shop({ [file]: text })
    for (const words of [
      'run',
      'run --json',
      'check',
      'doctor',
      'plan',
      'explain resources.postgres.password',
    ]) {
      const { stdout, stderr } = await app.start(words.split(' '), { CANARY_VARIABLE: canaries.variable })
      expectNone(`levada ${words} with ${text}`, `${stdout}\n${stderr}`)
      if (words === 'run') expect(stderr).toMatch(/error (RESOURCE_FAILED|CONFIG_|CREDENTIAL_)/)
    }
  }
})
