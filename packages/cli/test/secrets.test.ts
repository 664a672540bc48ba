// Passwords in plain text, each beside a mistake: no command shows them, whatever part of the file it talks about.
import { expect, test } from 'vitest'
import { project, shop, type Project } from './project.ts'

const canary = 'canary-Zq7'

/** An app with an engine of PostgreSQL that nothing is stored in, and a service. */
const app = (files: Readonly<Record<string, string>>): Project =>
  project({
    ...shop,
    'levada.config.ts': shop['levada.config.ts']!.replace(
      "import { defineApp } from '@levada/core'",
      `import { defineApp, defineResource, secret } from '@levada/core'
import { postgres } from '@levada/resource-postgres'
import { z } from 'zod'

const service = defineResource('service', {
  config: z.object({ token: secret(), nested: z.object({ key: secret() }).optional() }),
  setup: (config) => config,
})`,
    )
      .replace('[duckdb(),', '[duckdb(), postgres(),')
      .replace('pipelines: [orders', 'resources: { service },\n  pipelines: [orders'),
    'pipelines.ts': shop['pipelines.ts']!.replace('definePipeline, ', 'definePipeline, secret, ').replace(
      'factor: z.number().default(1)',
      "factor: z.number().default(1), key: secret().default(''), size: z.int().default(1)",
    ),
    'conf/base/engines.yml': 'default: duckdb\n',
    ...files,
  })

const head = 'postgres:\n  host: h\n  database: d\n  user: u\n'
const service = 'service:\n  token: t\n'

const resources: Readonly<Record<string, string>> = {
  'beside a type fault': `${head}  password: ${canary}\n  port: [a]\n${service}`,
  'beside a value of the wrong type': `${head}  password: ${canary}\n  port: many\n${service}`,
  'at a wrong indentation': `${head}  port: 5432\n password: ${canary}\n${service}`,
  'beside a wrong indentation': `${head}  password: ${canary}\n port: 5432\n${service}`,
  'outside of its map': `${head}password: ${canary}\n${service}`,
  'under a wrong key': `${head}  pasword: ${canary}\n${service}`,
  'without the blank': `${head}  password:${canary}\n${service}`,
  'without the blank, on one line': `postgres: { host: h, password:${canary} }\n${service}`,
  'as a list': `${head}  password: [${canary}]\n${service}`,
  'as a map': `${head}  password: { a: ${canary} }\n${service}`,
  'with a broken reference': `${head}  password: ${canary}\${env:NONE_SUCH}\n${service}`,
  'with a default that is no value': `${head}  password: "\${env:NONE_SUCH, [${canary}]}"\n${service}`,
  'as an alias': `${head}  password: *${canary}\n${service}`,
  'without its closing quote': `${head}  password: "${canary}\n${service}`,
  'in a comment': `${head}  # ${canary}\n  port: [a]\n${service}`,
  'of a service that is no map': `service: ${canary}\n`,
  'of a service, at the place of a map': `service:\n  token: t\n  nested: ${canary}\n`,
  twice: `${head}  password: ${canary}\n  password: ${canary}\n${service}`,
}

const commands = [
  ['check'],
  ['check', '--json'],
  ['explain', 'resources', '--json'],
  ['explain', 'resources.postgres'],
]

async function expectHidden(it: Project, secret: string, code: RegExp): Promise<void> {
  const results = await Promise.all(commands.map((words) => it.levada(...words)))
  for (const [i, { out, err }] of results.entries())
    expect(`${commands[i]!.join(' ')}\n${out}\n${err}`).not.toContain(secret)
  expect(results[0]!.err).toMatch(code)
  expect(results[1]!.out).toMatch(code)
}

const layers = ['base', 'local']
test.each(Object.entries(resources).map(([what, text], i) => [what, layers[i % 2]!, text] as const))(
  'a password %s is not shown (conf/%s)',
  async (_, layer, text) => {
    using it = app({
      ...(layer === 'local' && { 'conf/base/resources.yml': `${head}${service}` }),
      [`conf/${layer}/resources.yml`]: text,
    })
    await expectHidden(it, canary, /CONFIG_(INVALID|SYNTAX|INTERPOLATION)/)
  },
)

test('a password that is a number is not shown', async () => {
  using it = app({ 'conf/base/resources.yml': `${head}  password: 123456789\n${service}` })
  await expectHidden(it, '123456789', /received the number \*\*\*/)
})

test('a secret param is not shown, wrong or beside a wrong one', async () => {
  for (const text of [
    `orders:\n  key: ${canary}\n  size: x\n`,
    `orders:\n  size: x\n  key: [${canary}]\n`,
    `orders:\n  size: x\n  key: { a: ${canary} }\n`,
  ]) {
    using it = app({ 'conf/base/resources.yml': service, 'conf/base/parameters.yml': text })
    await expectHidden(it, canary, /PARAM_INVALID/)
  }
})

test('a secret param that is right is not shown', async () => {
  using it = app({
    'conf/base/resources.yml': service,
    'conf/base/parameters.yml': `orders: { key: ${canary} }\n`,
  })
  for (const words of [
    'explain parameters',
    'explain parameters.orders.key --json',
    'plan --sql',
    'run',
    'run --json',
  ]) {
    const { out, err } = await it.levada(...words.split(' '))
    expect(`${words}\n${out}\n${err}`).not.toContain(canary)
    expect(out).not.toBe('')
  }
})

test('what is right and no secret is explained as it is', async () => {
  using it = app({
    'conf/base/resources.yml': `${head}  password: ${canary}\n${service}other:\n  key: ${canary}\n`,
  })
  const { out } = await it.levada('explain', 'resources', '--json')
  expect(JSON.parse(out)).toMatchObject({
    value: {
      postgres: { host: 'h', database: 'd', user: 'u', password: '***' },
      service: { token: '***' },
      other: { key: '***' },
    },
  })
})
