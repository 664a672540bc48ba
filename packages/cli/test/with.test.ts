import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { execa } from 'execa'
import { describe, expect, test } from 'vitest'
import { outlineOf, portsText } from '@levada/core/run'
import type { AnyPipeline } from '@levada/core'
import { project, shop, shopWith } from './project.ts'

const config = shop['levada.config.ts']!
/** Customers once as they are and once under other names; a consumer that reads the second. */
const files = shopWith({
  'levada.config.ts': config
    .replace('import { customers, orders }', 'import { customers, greeted, orders }')
    .replace(
      '[orders, customers]',
      `[orders, customers,
    orders.with({ name: 'again', assets: { 'shop.orders': 'again.orders', 'shop.totals': 'again.sums' } }),
    customers.with({ name: 'clients', assets: { 'shop.customers': 'crm.clients', 'shop.raw_customers': 'crm.raw' } }),
    greeted.with({ assets: { 'shop.customers': 'crm.clients' } })]`,
    )
    .replace(
      'jobs: {',
      "params: { again: { factor: 10 } },\n  jobs: { second: { select: ['crm.clients', 'pipeline:again'] },",
    ),
  'pipelines.ts': `${shop['pipelines.ts']!.replace(
    'import { asset',
    'import { expects, node, relationship, sqlCheck, asset',
  ).replace(
    "key: ['name'] })",
    "key: ['name'], checks: [sqlCheck('named', \"select * from customers where name = ''\")] })",
  )}
const people = expects('shop.customers', z.object({ name: z.string() }))
const greetings = asset('shop.greetings', { schema: z.object({ name: z.string(), text: z.string() }), checks: [relationship('name', people, 'name')] })
export const greeted = definePipeline('greeted', { nodes: [node('greet', { inputs: { people }, outputs: { greetings },
  async run({ people }, { outputs }) { for await (const { name } of people.rows()) await outputs.greetings.write({ name, text: 'Hello ' + name }) } })] })
`,
  'landing/clients.csv': 'name,city\nzoe,Lisboa\n',
  'conf/base/catalog.yml': `crm.raw: { type: csv, path: landing/clients.csv }\n${shop['conf/base/catalog.yml']!}`,
})

describe('pipeline.with', () => {
  test('D7: one package twice in one app: both run, each with its own assets, params and checks', async () => {
    using app = project(files)
    expect(await app.levada('check')).toMatchObject({ code: 0, err: '' })
    expect(await app.levada('run')).toMatchObject({ code: 0, err: '' })
    const rows = async (sql: string): Promise<unknown> =>
      JSON.parse((await app.levada('query', sql, '--json')).out) as unknown
    expect(await rows('select * from crm.clients')).toEqual([{ name: 'zoe', city: 'Lisboa' }])
    expect(await rows('select text from shop.greetings')).toEqual([{ text: 'Hello zoe' }])
    expect(
      await rows(
        'select t.amount as once, a.amount as again from shop.totals t join again.sums a using (day) order by 1',
      ),
    ).toEqual([
      { once: 30.5, again: 305 },
      { once: 600, again: 6000 },
    ])
    // The check of the renamed asset reads it by the name that its author knew.
    app.write('landing/clients.csv', 'name,city\n"",Lisboa\n')
    const { code, out } = await app.levada('run', 'crm.clients')
    expect(code).toBe(1)
    expect(out).toContain('error crm.clients named: 1 of 1 row fails')
  })

  test('a job, a plan and a mistake name the assets as they are called here', async () => {
    using app = project(files)
    const { out } = await app.levada('plan', '--job', 'second')
    expect(out).toMatch(/clients.*crm\.clients/s)
    expect(out).toMatch(/again.*again\.sums/s)
    app.write(
      'levada.config.ts',
      files['levada.config.ts']!.replace(
        "'shop.raw_customers': 'crm.raw'",
        "'shop.raw_costumers': 'crm.raw'",
      ),
    )
    const { code, err } = await app.levada('check')
    expect(code).toBe(2)
    expect(err).toContain(
      "error PIPELINE_INVALID Pipeline 'customers' has no asset 'shop.raw_costumers' to rename. Did you mean 'shop.raw_customers'?\n  at levada.config.ts:13:",
    )
  })
})

/** A package as it is installed from a registry, with the customers of the shop. */
const installed = {
  'node_modules/@acme/customers/package.json': JSON.stringify({
    name: '@acme/customers',
    version: '1.0.0',
    type: 'module',
    exports: {
      '.': { types: './dist/index.d.ts', default: './dist/index.js' },
      './package.json': './package.json',
    },
  }),
  'node_modules/@acme/customers/dist/index.js': `import { asset, definePipeline, source, sql, sqlNode } from '@levada/core'
import { z } from 'zod'
const schema = z.object({ name: z.string(), city: z.string() })
const raw = source('shop.raw_customers', { schema })
export default definePipeline('customers', { nodes: [sqlNode('stage', { inputs: { raw }, output: asset('shop.customers', { schema }), sql: sql\`select * from raw\` })] })
`,
  'node_modules/@acme/customers/dist/index.d.ts': `import type { CustomersPipeline } from './ports.js'
export type * from './ports.js'
declare const pipeline: CustomersPipeline
export default pipeline
`,
}
const composed = (annotated: string): string => `import { defineApp } from '@levada/core'
import customers from '@acme/customers'
import { local } from './local.ts'
${annotated}
export default defineApp({ name: 'shop', pipelines: [customers, again, local, other] })
`
const uses = (types: readonly [string, string]): string => `
const again${types[0]} = customers.with({ name: 'again', assets: { 'shop.customers': 'crm.clients' } })
const other${types[1]} = local.with({ name: 'local-again', assets: { 'shop.greetings': 'crm.greetings' } })
`
const tsconfig = JSON.stringify({
  extends: '../../../../../tsconfig.base.json',
  compilerOptions: {
    noEmit: true,
    composite: false,
    incremental: false,
    isolatedDeclarations: false,
    declaration: false,
    types: ['node'],
  },
  files: ['levada.config.ts'],
})

describe('levada generate in an app', () => {
  test('writes the types of what is used under other names; an annotation that says something else does not compile', async () => {
    using app = project({
      ...installed,
      'package.json': JSON.stringify({
        name: 'shop',
        type: 'module',
        dependencies: { '@acme/customers': '1.0.0' },
      }),
      'tsconfig.json': tsconfig,
      'levada.config.ts': composed(uses(['', ''])),
      'local.ts': `import { asset, definePipeline, expects, sql, sqlNode } from '@levada/core'
import { z } from 'zod'
const people = expects('shop.customers', z.object({ name: z.string() }))
const greetings = asset('shop.greetings', { schema: z.object({ text: z.string() }), tags: ['polite'] })
export const local = definePipeline('local', { nodes: [sqlNode('greet', { inputs: { people }, output: greetings, sql: sql\`select name as text from people\` })] })
`,
    })
    // The contract and the ports that a published package has.
    const packed = (await import(join(app.dir, 'node_modules/@acme/customers/dist/index.js'))) as {
      readonly default: AnyPipeline
    }
    const outline = outlineOf(packed.default)
    app.write('node_modules/@acme/customers/contract.json', JSON.stringify(outline))
    app.write('node_modules/@acme/customers/dist/ports.d.ts', portsText(outline))
    const tsc = async (): Promise<string> =>
      (
        await execa('tsc', ['-p', app.dir], {
          preferLocal: true,
          localDir: import.meta.dirname,
          reject: false,
        })
      ).stdout

    expect(await app.levada('generate', '--check')).toMatchObject({
      code: 1,
      err: expect.stringContaining('error STALE_PORTS ports.ts does not exist.') as string,
    })
    expect(await app.levada('generate')).toMatchObject({ code: 0, out: 'written   ports.ts', err: '' })
    expect(readFileSync(join(app.dir, 'ports.ts'), 'utf8'))
      .toBe(`// Generated by \`levada generate\` from the source of this app; do not edit.
import type { Pipeline, Renamed } from '@levada/core'
import type { Ports as CustomersPackage } from '@acme/customers'

export interface AgainPorts extends Renamed<CustomersPackage, 'again', {
  'shop.customers': 'crm.clients'
}> {}

export type AgainPipeline = Pipeline<AgainPorts>

/** \`crm.greetings\` */
export interface LocalAgainGreetings {
  text: string
}

/** \`shop.customers\` */
export interface LocalAgainNeedsCustomers {
  name: string
}

export interface LocalAgainPorts {
  name: 'local-again'
  requires: {
    'shop.customers': LocalAgainNeedsCustomers
  }
  provides: {
    'crm.greetings': LocalAgainGreetings
  }
  sources: {}
  params: {}
  resources: {}
  tags: 'polite'
}

export type LocalAgainPipeline = Pipeline<LocalAgainPorts>
`)
    const annotated = `import type { AgainPipeline, LocalAgainPipeline } from './ports.ts'${uses([': AgainPipeline', ': LocalAgainPipeline'])}`
    app.write('levada.config.ts', composed(annotated))
    expect(await tsc()).toBe('')
    expect(await app.levada('generate', '--check')).toMatchObject({ code: 0, out: 'unchanged ports.ts' })

    // Another name: the annotation is wrong until it is generated again.
    app.write('levada.config.ts', composed(annotated.replace("'crm.clients'", "'crm.people'")))
    expect(await tsc()).toContain(
      'levada.config.ts(5,7): error TS2322: Type \'Pipeline<Renamed<Ports, "again"',
    )
    for (const command of [['generate', '--check'], ['check']])
      expect((await app.levada(...command)).err).toContain(
        `error STALE_PORTS ports.ts does not match the pipelines of the app: it should say ''shop.customers': 'crm.people''`,
      )
    expect(await app.levada('generate')).toMatchObject({ code: 0, out: 'written   ports.ts' })
    expect(await tsc()).toBe('')

    // Nothing is used under another name any more.
    app.write('levada.config.ts', composed('const [again, other] = [false, false] as const'))
    expect(await app.levada('generate')).toMatchObject({ code: 0, out: 'written   ports.ts' })
    expect(readFileSync(join(app.dir, 'ports.ts'), 'utf8')).toMatch(/\nexport \{\}\n$/)
  })

  test('a file of that name which somebody wrote stays as it is', async () => {
    using app = project({ ...files, 'ports.ts': 'export const port = 80\n' })
    expect(await app.levada('generate')).toMatchObject({
      code: 2,
      err: expect.stringContaining('error FILE_EXISTS ports.ts was not generated') as string,
    })
    expect(readFileSync(join(app.dir, 'ports.ts'), 'utf8')).toBe('export const port = 80\n')
  })
})
