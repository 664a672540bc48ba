// The project around the example of each code: what the example shows is put in, and the command runs for real.
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { ErrorCode } from '@levada/core'
import type { Example } from '@levada/core/run'
import { bin, project, type Project } from './project.ts'

export interface ExampleProject {
  /** The text that the example stands in the place of; the example is the whole file when left out. */
  readonly insteadOf?: string
  /** Files that the example needs beside the shop's; `undefined` takes one away. */
  readonly files?: Readonly<Record<string, string | undefined>>
  /** What happened before the example's change. */
  readonly before?: (app: Project) => Promise<unknown> | void
  /** What happens while the command runs. */
  readonly during?: (app: Project, run: ReturnType<Project['start']>) => void
  readonly env?: Readonly<Record<string, string>>
}

/** Orders, staged by day and summed up. */
export const orderShop: Readonly<Record<string, string>> = {
  'levada.config.ts': `import { defineApp } from '@levada/core'
import { files } from '@levada/io-files'
import { parquet } from '@levada/io-parquet'
import { duckdb } from '@levada/resource-duckdb'
import { orders } from './orders.ts'

export default defineApp({
  name: 'shop',
  plugins: [duckdb(), parquet(), files()],
  pipelines: [orders],
})
`,
  'orders.ts': `import { append, asset, between, col, daily, definePipeline, expects, source, sqlCheck, sqlNode } from '@levada/core'
import { z } from 'zod'

const row = { id: z.int(), day: col.date(), amount: z.number() }
const raw = source('shop.raw_orders', { schema: z.object(row) })
const staged = asset('shop.orders', {
  schema: z.object(row),
  key: ['id'],
  partitions: [daily('day')],
  checks: [between('amount', 0, 1000)],
})
const totals = asset('shop.totals', {
  schema: z.object({ day: col.date(), amount: z.number() }),
})

const stage = sqlNode('stage', {
  inputs: { raw },
  output: staged,
  sql: new URL('./stage.sql', import.meta.url),
})
const total = sqlNode('total', {
  inputs: { orders: staged },
  output: totals,
  params: { factor: z.number().default(1) },
  sql: new URL('./total.sql', import.meta.url),
})
export const orders = definePipeline('orders', {
  nodes: [stage, total],
})
`,
  'stage.sql': 'select id, day, amount\nfrom raw\nwhere day >= $partition_start and day < $partition_end\n',
  'total.sql': 'select day, sum(amount) * $factor as amount\nfrom orders\ngroup by day\n',
  'landing/orders.csv': 'id,day,amount\n1,2026-01-01,10\n2,2026-01-01,20.5\n3,2026-01-02,600\n',
  'conf/base/catalog.yml': `shop.raw_orders: { type: csv, path: landing/orders.csv }
"shop.{table}": { type: parquet, path: "data/{table}" }
`,
}

const { 'orders.ts': source, 'levada.config.ts': config } = orderShop as Record<string, string>
const built = (app: Project): Promise<unknown> => app.levada('run')
const manifest = (app: Project, table: string): string =>
  join(app.dir, `data/${table}/manifests/00000001.json`)

/** The pipeline with a function node that writes the totals, in the place of the SQL. */
const functionNode = (run: string): string =>
  source!
    .replace('expects, source', 'expects, node, source')
    .replace(
      /const total = sqlNode[^]*?\n}\)\n/,
      `const total = node('total', {\n  inputs: { orders: staged },\n  outputs: { totals },\n${run}})\n`,
    )

const weather = `import { asset, definePipeline, sql, sqlNode } from '@levada/core'
import { z } from 'zod'

const rain = asset('met.rain', { schema: z.object({ mm: z.int() }) })
const measure = sqlNode('measure', { output: rain, sql: sql\`select 3 as mm\` })
export const weather = definePipeline('weather', { nodes: [measure] })
`
const withWeather = (asExternal: boolean): Readonly<Record<string, string>> => ({
  'weather.ts': weather,
  'conf/base/catalog.yml': `${orderShop['conf/base/catalog.yml']!}met.rain: { type: parquet, path: data/rain }\n`,
  'levada.config.ts': asExternal
    ? `import { external } from '@levada/core'\n${config!.replace('import { orders }', "import { weather } from './weather.ts'\nimport { orders }").replace('pipelines: [orders],', 'pipelines: [orders],\n  externals: [external(weather)],')}`
    : config!
        .replace("import { orders } from './orders.ts'", "import { weather } from './weather.ts'")
        .replace('[orders]', '[weather]')
        .replace("'shop'", "'weather'"),
  'orders.ts': source!
    .replace('const stage =', "const rain = expects('met.rain', z.object({ mm: z.int() }))\nconst stage =")
    .replace('inputs: { orders: staged }', 'inputs: { orders: staged, rain }'),
})

/** The same shop with its assets in PostgreSQL. */
export const onPostgres: Readonly<Record<string, string>> = {
  'levada.config.ts': config!
    .replace('import { duckdb }', "import { postgresTables } from '@levada/io-postgres'\nimport { duckdb }")
    .replace('import { orders }', "import { postgres } from '@levada/resource-postgres'\nimport { orders }")
    .replace('files()]', 'files(), postgres(), postgresTables()]'),
  'conf/base/engines.yml': 'default: postgres\n',
  'conf/base/catalog.yml': `shop.raw_orders: { type: csv, path: landing/orders.csv }
"shop.{table}": { type: postgres.table, schema: shop, table: "{table}" }
`,
}

/** The shop with a node that has dbt build a project. */
const withDbt: Readonly<Record<string, string>> = {
  'levada.config.ts': config!
    .replace('import { orders }', "import { dbt } from '@levada/resource-dbt'\nimport { orders }")
    .replace('pipelines: [orders],', 'resources: { dbt: dbt() },\n  pipelines: [orders],'),
  'orders.ts': `import type { Dbt } from '@levada/resource-dbt'\n${functionNode(
    "  resources: { dbt: resource<Dbt>('@levada/resource-dbt#Dbt') },\n  run: async (_, { resources }) => void (await resources.dbt.build()),\n",
  ).replace('expects, node,', 'expects, node, resource,')}`,
  'shop/dbt_project.yml': "name: shop\nversion: '1.0'\nprofile: shop\n",
  'shop/profiles.yml': `shop:
  target: dev
  outputs:
    dev: { type: duckdb, path: dev.duckdb }
    production: { type: duckdb, path: production.duckdb }
`,
}

const pack = {
  'package.json': '{ "name": "@acme/orders", "type": "module" }\n',
  'src/pipeline.ts': `import { asset, definePipeline, sql, sqlNode, view } from '@levada/core'
import { z } from 'zod'

const one = asset('shop.one', { schema: z.object({ n: z.int() }) })
const count = sqlNode('count', {
  output: one,
  params: { limit: z.int().default(5) },
  sql: sql\`select 1 as n where 1 < $limit\`,
})
export default definePipeline('orders', { nodes: [count] })
`,
}

const inCatalog = '"shop.{table}": { type: parquet, path: "data/{table}" }'
const csv = 'shop.raw_orders: { type: csv, path: landing/orders.csv }'

/** Those whose example needs a server. */
export type ServerCode = 'CONNECTION_LOST' | 'DEPENDANTS' | 'STATEMENT_TIMEOUT'

export const exampleProjects: Readonly<Record<Exclude<ErrorCode, ServerCode>, ExampleProject>> = {
  ASSET_NAME: { insteadOf: "const totals = asset('shop.totals', {" },
  COLUMN_TYPE: { insteadOf: 'const row = { id: z.int(), day: col.date(), amount: z.number() }' },
  COLUMN_UNKNOWN: { insteadOf: "  key: ['id']," },
  PARTITION_INVALID: { insteadOf: "  partitions: [daily('day')]," },
  INCREMENTAL_INVALID: { insteadOf: "  partitions: [daily('day')]," },
  CHECK_INVALID: { insteadOf: "  checks: [between('amount', 0, 1000)]," },
  NODE_INVALID: { insteadOf: "const stage = sqlNode('stage', {" },
  PIPELINE_INVALID: { insteadOf: '  nodes: [stage, total],' },
  PROTOCOL: {
    insteadOf: "import { orders } from './orders.ts'",
    files: {
      'node_modules/@acme/orders/package.json':
        '{ "name": "@acme/orders", "type": "module", "exports": "./index.js" }',
      'node_modules/@acme/orders/index.js':
        "export const orders = { '~levada': 'pipeline@2', '~core': '/shop/node_modules/@acme/orders/node_modules/@levada/core', name: 'orders', nodes: [] }\n",
    },
  },
  COMPOSITION: { insteadOf: "const raw = source('shop.raw_orders', { schema: z.object(row) })" },
  CYCLE: { insteadOf: '  inputs: { raw },' },
  STALE_PORTS: {
    insteadOf: '  params: { limit: z.int().default(5) },',
    files: pack,
    before: (app) => app.levada('generate', '.'),
  },
  GENERATE: { insteadOf: '  params: { limit: z.int().default(5) },', files: pack },
  CONTRACT_MISSING: {},
  CONTRACT_INVALID: {},
  TARBALL_INVALID: {},
  PACKAGE_FAILED: {
    files: {
      ...pack,
      'package.json': '{ "name": "@acme/orders", "version": "1.2.0", "type": "module" }\n',
      'nx.json': '{}\n',
    },
  },
  REGISTRY_FAILED: {},
  GIT_FAILED: {},
  CHANGESET_INVALID: {
    files: {
      'package.json': '{ "name": "shop", "private": true, "workspaces": ["pipelines/*"] }\n',
      '.changeset/wide-orders.md': "---\n'@acme/orders': patch\n---\n\nWider orders.\n",
    },
  },
  CONFIG_SYNTAX: {},
  CONFIG_INVALID: { insteadOf: inCatalog },
  CONFIG_FILE_UNKNOWN: {},
  CONFIG_INTERPOLATION: { insteadOf: csv },
  ENV_UNKNOWN: {},
  CATALOG_MISSING: { insteadOf: inCatalog },
  CATALOG_AMBIGUOUS: { insteadOf: inCatalog },
  CATALOG_CLASH: { insteadOf: inCatalog },
  PLUGIN_MISSING: { insteadOf: inCatalog },
  CREDENTIAL_MISSING: { insteadOf: csv },
  CREDENTIAL_PLACE: {},
  PARAM_MISSING: { insteadOf: '  params: { factor: z.number().default(1) },' },
  PARAM_INVALID: {},
  PARAM_UNKNOWN: {},
  APP_NOT_FOUND: { files: { 'levada.config.ts': undefined } },
  PACKAGE_NOT_FOUND: { files: { 'levada.config.ts': undefined } },
  MODULE_FAILED: { insteadOf: "import { orders } from './orders.ts'" },
  SELECTION_UNKNOWN: {},
  SELECTION_SYNTAX: {},
  SELECTION_EMPTY: {},
  PARTITION_MAPPING: {
    insteadOf:
      "const totals = asset('shop.totals', {\n  schema: z.object({ day: col.date(), amount: z.number() }),",
    files: {
      'total.sql': 'select day as paid, sum(amount) * $factor as amount\nfrom orders\ngroup by day\n',
    },
  },
  PARTITION_UNKNOWN: {},
  ASSET_UNKNOWN: {},
  RUN_UNKNOWN: {},
  NOT_MATERIALIZED: {},
  STALE_DATA: {
    files: withWeather(true),
    async before(app) {
      for (const [file, text] of Object.entries(withWeather(false))) app.write(file, text)
      await app.levada('run')
      const file = manifest(app, 'rain')
      const old = new Date(Date.now() - 40 * 3_600_000).toISOString()
      const text = readFileSync(file, 'utf8').replace(/,\n"digest":"[^"]*"/, '')
      writeFileSync(file, text.replace(/"createdAt":"[^"]*"/, `"createdAt":"${old}"`))
      for (const [name, text] of Object.entries(withWeather(true))) app.write(name, text)
    },
  },
  NOT_SUPPORTED: { insteadOf: inCatalog },
  FILE_EXISTS: {},
  SQL_SYNTAX: {},
  SQL_BIND: {},
  SQL_TABLE_UNDECLARED: {},
  SQL_PARAM_UNDECLARED: {},
  SQL_NOT_SELECT: {},
  SQL_RESULT: {},
  SQL_FAILED: {},
  SQL_FILE_MISSING: { insteadOf: "  sql: new URL('./total.sql', import.meta.url)," },
  DATA_MISSING: { insteadOf: csv },
  DATA_UNREADABLE: {},
  SOURCE_SCHEMA: {},
  ROW_INVALID: { insteadOf: '  run() {},', files: { 'orders.ts': functionNode('  run() {},\n') } },
  VALUE_RANGE: {
    insteadOf:
      "const totals = asset('shop.totals', {\n  schema: z.object({ day: col.date(), amount: z.number() }),",
    files: { 'total.sql': 'select day, sum(amount)::decimal(10, 2) as amount\nfrom orders\ngroup by day\n' },
  },
  ROW_OUT_OF_RANGE: {},
  STALE_SCHEMA: { insteadOf: '  schema: z.object(row),', before: built },
  CHECK_FAILED: {},
  CHECK_CRASHED: { insteadOf: "  checks: [between('amount', 0, 1000)]," },
  CONFLICT: {
    insteadOf: '  run() {},',
    files: {
      'orders.ts': `import { execFileSync } from 'node:child_process'\nimport { renameSync, rmSync } from 'node:fs'\n${functionNode('  run() {},\n')}`,
    },
    env: { LEVADA_BIN: bin },
  },
  LEASED: {},
  RUN_TIMEOUT: { insteadOf: '  run() {},', files: { 'orders.ts': functionNode('  run() {},\n') } },
  STEP_TIMEOUT: { insteadOf: '  run() {},', files: { 'orders.ts': functionNode('  run() {},\n') } },
  SUPERSEDED: {
    insteadOf: '  run() {},',
    files: { 'orders.ts': `import { rmSync } from 'node:fs'\n${functionNode('  run() {},\n')}` },
  },
  INPUT_CHANGED: {
    files: { 'landing/orders.csv': 'id,day,amount\n1,2026-01-01,10\n2,2026-01-01,-5\n' },
    before: built,
  },
  CODE_CHANGED: {
    files: { 'total.sql': "select day, error('no rates today') as amount\nfrom orders\ngroup by day\n" },
    before: built,
  },
  NOT_RESUMABLE: {},
  FOREIGN_ASSET: { insteadOf: "  name: 'shop',", before: built },
  VERSION_UNKNOWN: { before: built },
  MANIFEST_DAMAGED: { before: built },
  NODE_FAILED: { insteadOf: '  run() {},', files: { 'orders.ts': functionNode('  run() {},\n') } },
  PLUGIN_FAILED: {
    insteadOf: `  plugins: [duckdb(), parquet(), files()],\n`,
    files: {
      'levada.config.ts': config!.replace(
        'import { files }',
        "import { definePlugin } from '@levada/core/spi'\nimport { files }",
      ),
    },
  },
  NODE_EXITED: { insteadOf: '  run() {},', files: { 'orders.ts': functionNode('  run() {},\n') } },
  MEMORY_LIMIT: {
    insteadOf: '  run() {},',
    files: {
      'orders.ts': `${functionNode('  run() {},\n')}
async function nextPage(signal: AbortSignal): Promise<Uint8Array> {
  signal.throwIfAborted()
  return new Promise((resolve) => setTimeout(resolve, 1, new Uint8Array(1e6).fill(1)))
}
`,
      'conf/base/environment.yml': 'memory_limit: 100MB\n',
    },
  },
  WORKER_DIED: { insteadOf: '  run() {},', files: { 'orders.ts': functionNode('  run() {},\n') } },
  RESOURCE_FAILED: { files: onPostgres },
  DBT_MISSING: { files: withDbt },
  DBT_PROJECT: { files: withDbt },
  DBT_PROFILE: { files: withDbt },
  CANCELLED: {
    insteadOf: '  run() {},',
    files: { 'orders.ts': functionNode('  run() {},\n') },
    during(_, run) {
      run.stdout.on('data', (part: Buffer) => {
        if (part.toString().includes('shop.orders: 3 rows')) run.kill('SIGINT')
      })
    },
  },
  INTERNAL: {
    insteadOf: '  plugins: [duckdb(), parquet(), files()],',
    files: {
      'levada.config.ts': config!.replace(
        'import { orders }',
        "import { stores } from './stores.ts'\nimport { orders }",
      ),
      'stores.ts': `import { datasetType, definePlugin } from '@levada/core/spi'
import { z } from 'zod'

const create = () => {
  throw new TypeError('stores is not iterable')
}
export const stores = () =>
  definePlugin('stores', { datasets: { parquet: datasetType({ config: z.any(), create }) } })
`,
    },
  },
  STORAGE: { before: (app) => app.write('data', '') },
  USAGE: {},
}

const core = join(import.meta.dirname, '../../core')

/** Runs the example of a code in its project. What it prints is without paths, ids and times of this very run. */
export async function runExample(
  { file, wrote, run: command }: Example,
  { insteadOf, files = {}, before, during, env }: ExampleProject,
): Promise<{ readonly code: number | undefined; readonly printed: string }> {
  const all = Object.entries({ ...orderShop, ...files }).filter(([, text]) => text !== undefined)
  using app = project(Object.fromEntries(all) as Record<string, string>)
  await before?.(app)
  if (file !== undefined && wrote !== undefined) {
    const path = join(app.dir, file)
    const old = insteadOf === undefined ? '' : readFileSync(path, 'utf8')
    if (insteadOf !== undefined && !old.includes(insteadOf)) throw new Error(`${file} has no ${insteadOf}`)
    app.write(file, insteadOf === undefined ? wrote : old.replace(insteadOf, () => wrote))
  }
  const run = app.start(command.split(' '), env)
  during?.(app, run)
  const { stdout, stderr, exitCode } = await run
  const printed = `${stdout}\n${stderr}`
    .replaceAll(app.dir, '/shop')
    .replaceAll(core, '/shop/node_modules/@levada/core')
    .replaceAll(/\b\d{8}T\d{9}Z-[0-9a-f]{6}\b/g, '20260102T030405678Z-0a1b2c')
    .replaceAll(/\d{4}(-\d\d){2} (\d\d:){2}\d\d UTC/g, '2026-01-02 03:04:05 UTC')
    .replaceAll(/ \d+\.\d\d s$/gm, ' 0.05 s')
    .replaceAll(/ held \d+ MB/g, ' held 112 MB')
  return { code: exitCode, printed }
}
