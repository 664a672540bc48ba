import type { ErrorCode } from './codes.ts'
import type { Example } from './example.ts'

/** One for each code, as the command really prints it: tests of the command write it, run it and compare. */
export const examples: Readonly<Record<ErrorCode, Example>> = {
  ASSET_NAME: {
    file: 'orders.ts',
    wrote: `const totals = asset('Totals', {`,
    run: 'check',
    printed: `error ASSET_NAME 'Totals' is not an asset key: domain.name, in lower-case letters, digits and underscores.
  at orders.ts:12:16
    11 | })
  > 12 | const totals = asset('Totals', {
       |                ^
    13 |   schema: z.object({ day: col.date(), amount: z.number() }),
  → Name it domain.name, in lower-case letters, digits and underscores. (levada explain ASSET_NAME)`,
  },
  COLUMN_TYPE: {
    file: 'orders.ts',
    wrote: 'const row = { id: z.int(), day: z.date(), amount: z.function() }',
    run: 'check',
    printed: `error COLUMN_TYPE Column shop.raw_orders.day: z.date() loses microseconds: use col.timestamp() or col.instant().
  at orders.ts:5:13
    4 | const row = { id: z.int(), day: z.date(), amount: z.function() }
  > 5 | const raw = source('shop.raw_orders', { schema: z.object(row) })
      |             ^
    6 | const staged = asset('shop.orders', {
  → Use one of the types in docs/column-types.md; cast or parse inside a node instead of in the schema. (levada explain COLUMN_TYPE)`,
  },
  COLUMN_UNKNOWN: {
    file: 'orders.ts',
    wrote: `  key: ['ids'],`,
    run: 'check',
    printed: `error COLUMN_UNKNOWN 'shop.orders': key names 'ids', which is not a column. Did you mean 'id'?
  at orders.ts:6:16
    5 | const raw = source('shop.raw_orders', { schema: z.object(row) })
  > 6 | const staged = asset('shop.orders', {
      |                ^
    7 |   schema: z.object(row),
  → Correct the name, or add the column to the schema. (levada explain COLUMN_UNKNOWN)`,
  },
  PARTITION_INVALID: {
    file: 'orders.ts',
    wrote: `  partitions: [daily('amount')],`,
    run: 'check',
    printed: `error PARTITION_INVALID 'shop.orders' is partitioned daily by 'amount', which is not a non-null col.date(), col.timestamp() or col.instant() column.
  at orders.ts:6:16
    5 | const raw = source('shop.raw_orders', { schema: z.object(row) })
  > 6 | const staged = asset('shop.orders', {
      |                ^
    7 |   schema: z.object(row),
  → Partition by a column that is never NULL and fits; instants need a time zone. (levada explain PARTITION_INVALID)`,
  },
  INCREMENTAL_INVALID: {
    file: 'orders.ts',
    wrote: `  incremental: append({ by: 'amount' }),`,
    run: 'check',
    printed: `error INCREMENTAL_INVALID 'shop.orders': append({ by: 'amount' }) goes by 'amount', which is float.
  at orders.ts:6:16
    5 | const raw = source('shop.raw_orders', { schema: z.object(row) })
  > 6 | const staged = asset('shop.orders', {
      |                ^
    7 |   schema: z.object(row),
  → Go by a column that is never NULL and grows: a date, a timestamp, an instant, an int or a bigint. (levada explain INCREMENTAL_INVALID)`,
  },
  CHECK_INVALID: {
    file: 'orders.ts',
    wrote: `  checks: [between('amount', 1000, 0)],`,
    run: 'check',
    printed: `error CHECK_INVALID 'shop.orders': check between(amount, 1000, 0) has its bounds reversed.
  at orders.ts:6:16
    5 | const raw = source('shop.raw_orders', { schema: z.object(row) })
  > 6 | const staged = asset('shop.orders', {
      |                ^
    7 |   schema: z.object(row),
  → Correct the options; the message names them. (levada explain CHECK_INVALID)`,
  },
  NODE_INVALID: {
    file: 'orders.ts',
    wrote: `const stage = sqlNode('Stage orders', {`,
    run: 'check',
    printed: `error NODE_INVALID Node 'Stage orders': a name has lower-case letters, digits, - and _.
  at orders.ts:16:15
    15 | 
  > 16 | const stage = sqlNode('Stage orders', {
       |               ^
    17 |   inputs: { raw },
  → Correct the declaration that the message names. (levada explain NODE_INVALID)`,
  },
  PIPELINE_INVALID: {
    file: 'orders.ts',
    wrote: '  nodes: [stage, stage],',
    run: 'check',
    printed: `error PIPELINE_INVALID Pipeline 'orders' has two nodes named 'stage'.
  at orders.ts:27:23
    26 | })
  > 27 | export const orders = definePipeline('orders', {
       |                       ^
    28 |   nodes: [stage, stage],
  → Correct the declaration that the message names. (levada explain PIPELINE_INVALID)`,
  },
  PROTOCOL: {
    file: 'levada.config.ts',
    wrote: `import { orders } from '@acme/orders' // built with a later core`,
    run: 'check',
    printed: `error PROTOCOL App 'shop': pipeline 'orders' speaks pipeline@2 (/shop/node_modules/@acme/orders/node_modules/@levada/core), this core speaks pipeline@1 (/shop/node_modules/@levada/core).
  at levada.config.ts:7:16
    6 | 
  > 7 | export default defineApp({
      |                ^
    8 |   name: 'shop',
  → Install versions of the packages that share one protocol. (levada explain PROTOCOL)`,
  },
  COMPOSITION: {
    file: 'orders.ts',
    wrote: `const raw = expects('crm.deals', z.object(row))`,
    run: 'check',
    printed: `error COMPOSITION orders: needs 'crm.deals', but no pipeline, source or external provides it.
  at levada.config.ts:7:16
    6 | 
  > 7 | export default defineApp({
      |                ^
    8 |   name: 'shop',
  → Add the pipeline that provides it, or list that under externals in levada.config.ts. (levada explain COMPOSITION)`,
  },
  CYCLE: {
    file: 'orders.ts',
    wrote: `  inputs: { raw, earlier: expects('shop.totals', z.object({ day: col.date() })) },`,
    run: 'check',
    printed: `error CYCLE Nodes read each other's outputs in a circle: orders/stage → orders/total → orders/stage. orders/stage reads 'shop.totals', orders/total reads 'shop.orders'.
  at levada.config.ts:7:16
    6 | 
  > 7 | export default defineApp({
      |                ^
    8 |   name: 'shop',
  → Break the circle: one of the named inputs has to go. (levada explain CYCLE)`,
  },
  STALE_PORTS: {
    file: 'src/pipeline.ts',
    wrote: '  params: { limit: z.int().default(5), first: z.int().default(0) },',
    run: 'generate --check .',
    printed: `error STALE_PORTS ports.ts does not match the source of the package: it should say 'params: { first?: number; limit?: number }'.
  at src/ports.ts:16:1
    15 |   sources: {}
  > 16 |   params: { limit?: number }
       | ^
    17 |   resources: {}
  → Run levada generate and commit the result. (levada explain STALE_PORTS)`,
  },
  GENERATE: {
    file: 'src/pipeline.ts',
    wrote: `  params: { limit: z.int().default(5) },
  inputs: { few: view('few', { params: { limit: z.string() }, sql: sql\`select $limit as n\` }) },`,
    run: 'generate .',
    printed: `error GENERATE Pipeline 'orders' declares param 'limit' as int and as string.
  → Change what the message names; a contract holds plain data only. (levada explain GENERATE)`,
  },
  CONTRACT_MISSING: {
    run: 'contract show',
    printed: `error CONTRACT_MISSING There is no contract.json in this folder.
  → Run levada generate in the package, and commit contract.json; a tarball has it when "files" names it. (levada explain CONTRACT_MISSING)`,
  },
  CONTRACT_INVALID: {
    file: 'contract.json',
    wrote: `{
  "format": 1,
  "protocol": "pipeline@1",
  "name": "orders",
}
`,
    run: 'contract show',
    printed: `error CONTRACT_INVALID The contract of this folder is not valid JSON.
  at contract.json:5:1
    4 |   "name": "orders",
  > 5 | }
      | ^
    6 | 
  → Run levada generate in its package again, or install the package again. (levada explain CONTRACT_INVALID)`,
  },
  TARBALL_INVALID: {
    file: 'acme-orders-1.2.0.tgz',
    wrote: '<html>Not found</html>\n',
    run: 'contract show acme-orders-1.2.0.tgz',
    printed: `error TARBALL_INVALID The tarball acme-orders-1.2.0.tgz is damaged, or no tarball: it cannot be unpacked.
  → Do not install it; pack the package again, or ask who published it. (levada explain TARBALL_INVALID)`,
  },
  PACKAGE_FAILED: {
    run: 'package .',
    printed: `error PACKAGE_FAILED @acme/orders cannot be built: its package.json has no build script, and no workspace above has Nx.
  → Add a build script, or @levada/nx to the workspace, which knows how to build pipeline packages. (levada explain PACKAGE_FAILED)`,
  },
  REGISTRY_FAILED: {
    file: '.npmrc',
    wrote: '@acme:registry=http://127.0.0.1:2/\n',
    run: 'contract show @acme/orders@1.2.0',
    printed: `error REGISTRY_FAILED The registry 127.0.0.1:2 gave no answer: no server is there.
  → Start it, or correct the registry in .npmrc. (levada explain REGISTRY_FAILED)`,
  },
  GIT_FAILED: {
    run: 'contract show v9.9.9:pipelines/orders',
    printed: `error GIT_FAILED 'v9.9.9' is no folder, no tarball and no git revision.
  → Name a revision that this repository has, a folder, a tarball, or name@version. (levada explain GIT_FAILED)`,
  },
  CHANGESET_INVALID: {
    file: '.changeset/wide-orders.contract.yaml',
    wrote: `accept: [column-remove]
reason: Nobody reads it.
approvedBy: ann
`,
    run: 'release check',
    printed: `error CHANGESET_INVALID wide-orders.contract.yaml accepts 'column-remove', which is no rule. Did you mean 'column-removed'?
  at .changeset/wide-orders.contract.yaml
  → Correct the file that the message names. (levada explain CHANGESET_INVALID)`,
  },
  CONFIG_SYNTAX: {
    file: 'conf/base/parameters.yml',
    wrote: `orders:
  factor: 2
 factor: 3
`,
    run: 'check',
    printed: `error CONFIG_SYNTAX conf/base/parameters.yml is not valid YAML: All mapping items must start at the same column
  at conf/base/parameters.yml:3:2
    2 |   factor: 2
  > 3 |  factor: 3
      |  ^
    4 | 
  → Correct the place that the message shows. (levada explain CONFIG_SYNTAX)`,
  },
  CONFIG_INVALID: {
    file: 'conf/base/catalog.yml',
    wrote: '"shop.{table}": { type: parquet, pth: "data/{table}" }',
    run: 'check',
    printed: `error CONFIG_INVALID catalog.shop.{table} has the unknown key 'pth'. Did you mean 'path'?
  at conf/base/catalog.yml:2:34
    1 | shop.raw_orders: { type: csv, path: landing/orders.csv }
  > 2 | "shop.{table}": { type: parquet, pth: "data/{table}" }
      |                                  ^
    3 | 
  → Known keys: compression, path. (levada explain CONFIG_INVALID)`,
  },
  CONFIG_FILE_UNKNOWN: {
    file: 'conf/base/catalogue.yml',
    wrote: `shop.orders: { type: parquet, path: data/orders }
`,
    run: 'check',
    printed: `error CONFIG_FILE_UNKNOWN conf/base/catalogue.yml is none of the files that Levada reads. Did you mean 'catalog.yml'?
  at conf/base/catalogue.yml
  → Rename or move it; the known files are globals.yml, catalog.yml, engines.yml, parameters.yml, resources.yml, environment.yml, jobs.yml, credentials.yml. (levada explain CONFIG_FILE_UNKNOWN)`,
  },
  CONFIG_INTERPOLATION: {
    file: 'conf/base/catalog.yml',
    wrote: 'shop.raw_orders: { type: csv, path: "${env:LANDING_FOLDER}/orders.csv" }',
    run: 'check',
    printed: `error CONFIG_INTERPOLATION catalog.shop.raw_orders.path: \${env:LANDING_FOLDER}: the variable LANDING_FOLDER is not set.
  at conf/base/catalog.yml:1:37
  > 1 | shop.raw_orders: { type: csv, path: "\${env:LANDING_FOLDER}/orders.csv" }
      |                                     ^
    2 | "shop.{table}": { type: parquet, path: "data/{table}" }
  → Define what it refers to, or give a default: \${name:argument,default}. (levada explain CONFIG_INTERPOLATION)`,
  },
  ENV_UNKNOWN: {
    run: 'plan --env prod',
    printed: `error ENV_UNKNOWN There is no environment 'prod'.
  → Create conf/prod, or choose one of: dev. (levada explain ENV_UNKNOWN)`,
  },
  CATALOG_MISSING: {
    file: 'conf/base/catalog.yml',
    wrote: 'shop.orders: { type: parquet, path: data/orders }',
    run: 'check',
    printed: `error CATALOG_MISSING No entry in catalog.yml says where 'shop.totals' is stored (environment 'dev').
  at conf/base/catalog.yml:1:1
  > 1 | shop.raw_orders: { type: csv, path: landing/orders.csv }
      | ^
    2 | shop.orders: { type: parquet, path: data/orders }
  → Add the asset or a pattern that matches it to conf/base/catalog.yml. (levada explain CATALOG_MISSING)`,
  },
  CATALOG_AMBIGUOUS: {
    file: 'conf/base/catalog.yml',
    wrote: `"shop.{table}": { type: parquet, path: "data/{table}" }
"shop.{name}": { type: parquet, path: "data/{name}" }`,
    run: 'check',
    printed: `error CATALOG_AMBIGUOUS 'shop.orders' matches 'shop.{table}' (conf/base/catalog.yml:2:1) as well as 'shop.{name}' (conf/base/catalog.yml:3:1).
  at conf/base/catalog.yml:3:1
    2 | "shop.{table}": { type: parquet, path: "data/{table}" }
  > 3 | "shop.{name}": { type: parquet, path: "data/{name}" }
      | ^
    4 | 
  → Make one of them more specific, or name the asset itself. (levada explain CATALOG_AMBIGUOUS)`,
  },
  CATALOG_CLASH: {
    file: 'conf/base/catalog.yml',
    wrote: '"shop.{table}": { type: parquet, path: data }',
    run: 'check',
    printed: `error CATALOG_CLASH 'shop.totals' and 'shop.orders' (conf/base/catalog.yml:2:17) are both stored at /shop/data.
  at conf/base/catalog.yml:2:17
    1 | shop.raw_orders: { type: csv, path: landing/orders.csv }
  > 2 | "shop.{table}": { type: parquet, path: data }
      |                 ^
    3 | 
  → Give each asset a location of its own. (levada explain CATALOG_CLASH)`,
  },
  PLUGIN_MISSING: {
    file: 'conf/base/catalog.yml',
    wrote: '"shop.{table}": { type: parket, path: "data/{table}" }',
    run: 'check',
    printed: `error PLUGIN_MISSING The entry 'shop.{table}' has the dataset type 'parket', which no plugin of the app provides; there are csv, json, ndjson, parquet. Did you mean 'parquet'?
  at conf/base/catalog.yml:2:25
    1 | shop.raw_orders: { type: csv, path: landing/orders.csv }
  > 2 | "shop.{table}": { type: parket, path: "data/{table}" }
      |                         ^
    3 | 
  → Correct the type, or list the plugin that has it in levada.config.ts. (levada explain PLUGIN_MISSING)`,
  },
  CREDENTIAL_MISSING: {
    file: 'conf/base/catalog.yml',
    wrote: 'shop.raw_orders: { type: csv, path: "${secret:landing/folder}/orders.csv" }',
    run: 'check',
    printed: `error CREDENTIAL_MISSING catalog.shop.raw_orders.path: \${secret:landing/folder}: the secret 'landing/folder' is not there.
  at conf/base/catalog.yml:1:37
  > 1 | shop.raw_orders: { type: csv, path: "\${secret:landing/folder}/orders.csv" }
      |                                     ^
    2 | "shop.{table}": { type: parquet, path: "data/{table}" }
  → Add it to conf/local/credentials.yml, or set the variable LEVADA_SECRET_LANDING_FOLDER. (levada explain CREDENTIAL_MISSING)`,
  },
  CREDENTIAL_PLACE: {
    file: 'conf/base/credentials.yml',
    wrote: `warehouse: { password: … }
`,
    run: 'check',
    printed: `error CREDENTIAL_PLACE conf/base/credentials.yml holds credentials outside conf/local.
  at conf/base/credentials.yml
  → Move it to conf/local, which is never committed. (levada explain CREDENTIAL_PLACE)`,
  },
  PARAM_MISSING: {
    file: 'orders.ts',
    wrote: '  params: { factor: z.number() },',
    run: 'plan',
    printed: `error PARAM_MISSING Pipeline 'orders' needs the param 'factor', which has no value.
  → Set it in parameters.yml, in levada.config.ts or with --param. (levada explain PARAM_MISSING)`,
  },
  PARAM_INVALID: {
    file: 'conf/base/parameters.yml',
    wrote: `orders:
  factor: high
`,
    run: 'plan',
    printed: `error PARAM_INVALID parameters.yml: param orders.factor is "high": Invalid input: expected number, received string.
  at conf/base/parameters.yml:2:11
    1 | orders:
  > 2 |   factor: high
      |           ^
    3 | 
  → Give a value of the type that the message names. (levada explain PARAM_INVALID)`,
  },
  PARAM_UNKNOWN: {
    file: 'conf/base/parameters.yml',
    wrote: `orders:
  facter: 2
`,
    run: 'plan',
    printed: `error PARAM_UNKNOWN parameters.yml: pipeline 'orders' has no param 'facter'. Did you mean 'factor'?
  at conf/base/parameters.yml:2:3
    1 | orders:
  > 2 |   facter: 2
      |   ^
    3 | 
  → Correct the name, or remove the value. (levada explain PARAM_UNKNOWN)`,
  },
  APP_NOT_FOUND: {
    run: 'list',
    printed: `error APP_NOT_FOUND There is no levada.config.ts in /shop or a folder above.
  → Run the command inside an app, or name one with --app. (levada explain APP_NOT_FOUND)`,
  },
  PACKAGE_NOT_FOUND: {
    run: 'generate',
    printed: `error PACKAGE_NOT_FOUND There is no pipeline package and no app in /shop or a folder above.
  → Run the command in a pipeline package, or in an app that composes some. (levada explain PACKAGE_NOT_FOUND)`,
  },
  FILE_EXISTS: {
    file: 'src/raw-orders.ts',
    wrote: `// Already there, and edited.
`,
    run: 'new asset shop.raw_orders --from landing/orders.csv',
    printed: `error FILE_EXISTS src/raw-orders.ts exists and has another text than would be written now, so it is left alone.
  at src/raw-orders.ts
  → Move it away or remove it, and run the command again; or edit it by hand. (levada explain FILE_EXISTS)`,
  },
  MODULE_FAILED: {
    file: 'levada.config.ts',
    wrote: `import { orders } from '@acme/orders'`,
    run: 'check',
    printed: `error MODULE_FAILED levada.config.ts could not be loaded: Cannot find package '@acme/orders'.
  at levada.config.ts:5:24
    4 | import { duckdb } from '@levada/resource-duckdb'
  > 5 | import { orders } from '@acme/orders'
      |                        ^
    6 | 
  → Add the package to package.json, and install. (levada explain MODULE_FAILED)`,
  },
  SELECTION_UNKNOWN: {
    run: 'plan shop.order+',
    printed: `error SELECTION_UNKNOWN No asset of the app is named 'shop.order'. Did you mean 'shop.orders'?
  → Correct the name; levada list prints what there is. (levada explain SELECTION_UNKNOWN)`,
  },
  SELECTION_SYNTAX: {
    run: 'plan shop.orders++',
    printed: `error SELECTION_SYNTAX One + is enough.
  at selection:1:13
  > 1 | shop.orders++
      |             ^
  → Write names, globs, tag:…, pipeline:… and so on: a blank adds up, a comma intersects, +x and x+ follow the graph. (levada explain SELECTION_SYNTAX)`,
  },
  SELECTION_EMPTY: {
    run: 'plan shop.orders,shop.totals',
    printed: `error SELECTION_EMPTY 'shop.orders,shop.totals' selects nothing.
  → Look at the parts one by one with levada graph <part>; a comma intersects, a blank adds up. (levada explain SELECTION_EMPTY)`,
  },
  PARTITION_MAPPING: {
    file: 'orders.ts',
    wrote: `const totals = asset('shop.totals', {
  schema: z.object({ paid: col.date(), amount: z.number() }),
  partitions: [daily('paid')],`,
    run: 'check',
    printed: `error PARTITION_MAPPING Node 'orders/total': it reads 'shop.orders', which is partitioned daily by day, and writes partitions of paid: which of them it reads for one is not clear.
  at orders.ts:22:15
    21 | })
  > 22 | const total = sqlNode('total', {
       |               ^
    23 |   inputs: { orders: staged },
  → Write as the input mapped(…, { day: sameAs('paid') }) or mapped(…, { day: allPartitions() }). (levada explain PARTITION_MAPPING)`,
  },
  PARTITION_UNKNOWN: {
    run: 'plan shop.orders --partition 2026-13-01',
    printed: `error PARTITION_UNKNOWN '2026-13-01' is not a day of 'shop.orders'.day: the calendar has no such day.
  → Name a day that exists. (levada explain PARTITION_UNKNOWN)`,
  },
  ASSET_UNKNOWN: {
    run: 'show shop.oders',
    printed: `error ASSET_UNKNOWN No asset of the app is named 'shop.oders'. Did you mean 'shop.orders'?
  → Correct the name; levada list assets prints what there is. (levada explain ASSET_UNKNOWN)`,
  },
  VERSION_UNKNOWN: {
    run: 'restore shop.orders --version 7',
    printed: `error VERSION_UNKNOWN 'shop.orders' keeps no version 7; there is 1 only.
  → Choose one of those: levada versions shop.orders tells of each. (levada explain VERSION_UNKNOWN)`,
  },
  RUN_UNKNOWN: {
    run: 'runs yesterday',
    printed: `error RUN_UNKNOWN The app has no run 'yesterday': it has none yet.
  → Correct it; levada runs prints what there is. (levada explain RUN_UNKNOWN)`,
  },
  NOT_MATERIALIZED: {
    run: 'plan shop.totals',
    printed: `error NOT_MATERIALIZED 'shop.orders' has not been built in environment 'dev', and this selection does not build it.
  → Build it too: levada run +shop.totals (levada explain NOT_MATERIALIZED)`,
  },
  STALE_DATA: {
    file: 'conf/base/environment.yml',
    wrote: `externals:
  met.rain: { max_age: 36h }
`,
    run: 'plan',
    printed: `error STALE_DATA 'met.rain' (version 1, run 20260102T030405678Z-0a1b2c) is 40 h old; environment.yml allows 36 h.
  → Wait until its deployment has run again, or raise externals.met.rain.max_age in conf/dev/environment.yml. (levada explain STALE_DATA)`,
  },
  NOT_SUPPORTED: {
    file: 'conf/base/catalog.yml',
    wrote: '"shop.{table}": { type: parquet, path: "data/{table}.parquet" }',
    run: 'check',
    printed: `error NOT_SUPPORTED 'shop.orders' cannot be written to parquet /shop/data/orders.parquet: a single file is somebody else's, and only read.
  at conf/base/catalog.yml:2:17
    1 | shop.raw_orders: { type: csv, path: landing/orders.csv }
  > 2 | "shop.{table}": { type: parquet, path: "data/{table}.parquet" }
      |                 ^
    3 | 
  → Choose another dataset or engine for this asset in conf/. (levada explain NOT_SUPPORTED)`,
  },
  DEPENDANTS: {
    file: 'orders.ts',
    wrote: `  schema: z.object({ day: col.date(), total: z.number() }), // somebody's view reads amount`,
    run: 'run',
    printed: `    error DEPENDANTS 'shop.totals': the columns of "shop_reports"."totals" change, and this depends on them: shop_reports.report.
    → Drop or change those first, or add columns at the end only. (levada explain DEPENDANTS)`,
  },
  CONNECTION_LOST: {
    run: 'run',
    printed: `    error CONNECTION_LOST Engine 'postgres': the connection to 127.0.0.1:5432 was lost: terminating connection due to administrator command.
    → Run again when the server is back; nothing unchecked was published. (levada explain CONNECTION_LOST)`,
  },
  STATEMENT_TIMEOUT: {
    file: 'conf/base/resources.yml',
    wrote: '  statement_timeout_ms: 500',
    run: 'run',
    printed: `    error STATEMENT_TIMEOUT total: the statement took longer than statement_timeout_ms.
    → Raise statement_timeout_ms in resources.yml, or let the step do less, one partition at a time. (levada explain STATEMENT_TIMEOUT)`,
  },
  SQL_SYNTAX: {
    file: 'total.sql',
    wrote: `select day, sum(amount) * $factor as amount
from orders
gruop by day
`,
    run: 'check',
    printed: `error SQL_SYNTAX total: syntax error at or near "by".
  at total.sql:3:7
    2 | from orders
  > 3 | gruop by day
      |       ^
    4 | 
  → Correct the place that the message shows. (levada explain SQL_SYNTAX)`,
  },
  SQL_BIND: {
    file: 'total.sql',
    wrote: `select day, sum(amuont) * $factor as amount
from orders
group by day
`,
    run: 'check',
    printed: `error SQL_BIND total: Referenced column "amuont" not found in FROM clause! Did you mean 'amount'?
  at total.sql:1:17
  > 1 | select day, sum(amuont) * $factor as amount
      |                 ^
    2 | from orders
  → Correct the name, or declare the input or column. (levada explain SQL_BIND)`,
  },
  SQL_TABLE_UNDECLARED: {
    file: 'total.sql',
    wrote: `select day, sum(amount) * $factor as amount
from raw
group by day
`,
    run: 'check',
    printed: `error SQL_TABLE_UNDECLARED total: table 'raw' is not an input of it.
  at total.sql:2:6
    1 | select day, sum(amount) * $factor as amount
  > 2 | from raw
      |      ^
    3 | group by day
  → Add it to inputs; nodes read nothing else. (levada explain SQL_TABLE_UNDECLARED)`,
  },
  SQL_PARAM_UNDECLARED: {
    file: 'total.sql',
    wrote: `select day, sum(amount) * $factors as amount
from orders
group by day
`,
    run: 'check',
    printed: `error SQL_PARAM_UNDECLARED total: parameter 'factors' is not declared. Did you mean 'factor'?
  at total.sql:1:27
  > 1 | select day, sum(amount) * $factors as amount
      |                           ^
    2 | from orders
  → Add it to params. (levada explain SQL_PARAM_UNDECLARED)`,
  },
  SQL_NOT_SELECT: {
    file: 'total.sql',
    wrote: `insert into totals
select day, sum(amount) as amount from orders group by day
`,
    run: 'check',
    printed: `error SQL_NOT_SELECT total: the text is not a SELECT.
  at total.sql:1:1
  > 1 | insert into totals
      | ^
    2 | select day, sum(amount) as amount from orders group by day
  → Leave exactly one SELECT; Levada does the writing. (levada explain SQL_NOT_SELECT)`,
  },
  SQL_RESULT: {
    file: 'total.sql',
    wrote: `select day, sum(amount)::text as amount
from orders
group by day
`,
    run: 'check',
    printed: `error SQL_RESULT The result of 'total' has amount: string, but 'shop.totals' declares float.
  at total.sql:1:1
  > 1 | select day, sum(amount)::text as amount
      | ^
    2 | from orders
  → Write cast(… as double precision) as amount in the SQL, or change the schema. (levada explain SQL_RESULT)`,
  },
  SQL_FAILED: {
    file: 'total.sql',
    wrote: `select day, (select amount from orders) * $factor as amount
from orders
`,
    run: 'run',
    printed: `    error SQL_FAILED total: More than one row returned by a subquery used as an expression - scalar subqueries can only return a single row.
    → The message quotes the engine. (levada explain SQL_FAILED)`,
  },
  SQL_FILE_MISSING: {
    file: 'orders.ts',
    // In two parts: a build takes the whole for a file of this package.
    wrote: ['  sql: new URL(', `'./totals.sql', import.meta.url),`].join(''),
    run: 'check',
    printed: `error SQL_FILE_MISSING The SQL file of 'total' does not exist. Did you mean 'total.sql'?
  at totals.sql
  → Create it, or correct the URL given as sql. (levada explain SQL_FILE_MISSING)`,
  },
  DATA_MISSING: {
    file: 'conf/base/catalog.yml',
    wrote: 'shop.raw_orders: { type: csv, path: landing/order.csv }',
    run: 'plan',
    printed: `error DATA_MISSING The file of 'shop.raw_orders' does not exist: /shop/landing/order.csv
  at conf/base/catalog.yml:1:18
  > 1 | shop.raw_orders: { type: csv, path: landing/order.csv }
      |                  ^
    2 | "shop.{table}": { type: parquet, path: "data/{table}" }
  → Put it there, or correct path in catalog.yml. (levada explain DATA_MISSING)`,
  },
  DATA_UNREADABLE: {
    file: 'landing/orders.csv',
    wrote: `id,day,amount
1,2026-01-01,10
2,2026-01-01,twenty
`,
    run: 'run',
    printed: `    error DATA_UNREADABLE check notNull(id) of shop.raw_orders: file '/shop/landing/orders.csv' line 3: column amount: 'twenty' is not a float.
      at landing/orders.csv:3
    → Repair the file, or correct its format in the catalog. (levada explain DATA_UNREADABLE)`,
  },
  SOURCE_SCHEMA: {
    file: 'landing/orders.csv',
    wrote: `id,date,amount
1,2026-01-01,10
`,
    run: 'run',
    printed: `    error SOURCE_SCHEMA File '/shop/landing/orders.csv' has no column 'day' (date). Its header: id,date,amount
    → Correct the schema of the source, or what delivers it. (levada explain SOURCE_SCHEMA)`,
  },
  ROW_INVALID: {
    file: 'orders.ts',
    wrote: `  run: (_, { outputs }) => outputs.totals.write({ day: '2026-01-01', amount: 'much' }),`,
    run: 'run',
    printed: `    error ROW_INVALID 'shop.totals': column amount: "much" is not a float
      at orders.ts:21:15
        20 | })
      > 21 | const total = node('total', {
           |               ^
        22 |   inputs: { orders: staged },
    → Write every column with a value of its type. (levada explain ROW_INVALID)`,
  },
  VALUE_RANGE: {
    file: 'orders.ts',
    wrote: `const totals = asset('shop.totals', {
  schema: z.object({ day: col.date(), amount: col.decimal(4, 2) }),`,
    run: 'run',
    printed: `    error VALUE_RANGE 'shop.totals': total: column amount: Casting value "600.00" to type DECIMAL(4,2) failed: value is out of range! when casting from source column amount.
    → Widen the column type, or filter the rows. (levada explain VALUE_RANGE)`,
  },
  ROW_OUT_OF_RANGE: {
    file: 'stage.sql',
    wrote: `select id, day, amount
from raw
`,
    run: 'run shop.orders --partition 2026-01-02',
    printed: `    error ROW_OUT_OF_RANGE 2 rows of 'shop.orders' lie outside day=2026-01-02: day=2026-01-01.
      at stage.sql
    → Filter by $partition_start and $partition_end in the node. (levada explain ROW_OUT_OF_RANGE)`,
  },
  STALE_SCHEMA: {
    file: 'orders.ts',
    wrote: '  schema: z.object({ ...row, note: z.string() }),',
    run: 'run shop.totals',
    printed: `error STALE_SCHEMA 'shop.orders' (day=2026-01-01..2026-01-02, 2 of 2 partitions) was written without the column 'note'; it is read as string.
  → Build them again: levada run shop.orders --partition day=2026-01-01..2026-01-02; or let the column be nullable() or give it a default(…). (levada explain STALE_SCHEMA)`,
  },
  CHECK_FAILED: {
    file: 'landing/orders.csv',
    wrote: `id,day,amount
1,2026-01-01,10
2,2026-01-01,-5
`,
    run: 'run',
    printed: `✗ orders/stage · 4 of 5 checks passed 0.05 s
    error shop.orders between(amount, 0, 1000): 1 of 2 rows fails
      {"id":2,"day":"2026-01-01","amount":-5}
    → See all of them: levada show shop.orders --failed. Correct the data or the check, then run again. (levada explain CHECK_FAILED)`,
  },
  CHECK_CRASHED: {
    file: 'orders.ts',
    wrote: `  checks: [sqlCheck('sound', "select * from orders where error('no') is null")],`,
    run: 'run',
    printed: `✗ orders/stage · 4 of 5 checks passed 0.05 s
    error shop.orders sound: Check sound of 'shop.orders' could not be evaluated: check sound of shop.orders: no.
    → Correct the check; the message quotes the engine. (levada explain CHECK_CRASHED)`,
  },
  CONFLICT: {
    file: 'orders.ts',
    wrote: `  async run(_, { outputs }) {
    await outputs.totals.write({ day: '2026-01-01', amount: 1 })
    if (process.env['NESTED']) return
    // Somebody else runs the same node in the meantime, and does not see the lease of this run.
    renameSync('data/totals/leases', 'leases')
    execFileSync(process.execPath, [process.env['LEVADA_BIN']!, 'run', 'shop.totals'], { env: { ...process.env, NESTED: '1' } })
    rmSync('data/totals/leases', { recursive: true })
    renameSync('leases', 'data/totals/leases')
  },`,
    run: 'run',
    printed: `    error CONFLICT 'shop.totals' was published by somebody else after this step had started: run 20260102T030405678Z-0a1b2c replaced all of it, in version 1.
    → Run again; nothing of the other run was lost. (levada explain CONFLICT)`,
  },
  INPUT_CHANGED: {
    file: 'landing/orders.csv',
    wrote: `id,day,amount
1,2026-01-01,10
2,2026-01-01,5
`,
    run: 'run --resume latest',
    printed: `error INPUT_CHANGED Run 20260102T030405678Z-0a1b2c cannot go on: 'shop.raw_orders' was /shop/landing/orders.csv of 2026-01-02 03:04:05 UTC when it began, and is of 2026-01-02 03:04:05 UTC.
  → Run it anew, which leaves out what is done and unchanged: levada run (levada explain INPUT_CHANGED)`,
  },
  CODE_CHANGED: {
    file: 'total.sql',
    wrote: `select day, sum(amount) * $factor as amount
from orders
group by day
`,
    run: 'run --resume latest',
    printed: `error CODE_CHANGED Run 20260102T030405678Z-0a1b2c cannot go on with 'orders/total': code changed.
  → Run it anew, which leaves out what is done and unchanged: levada run (levada explain CODE_CHANGED)`,
  },
  NOT_RESUMABLE: {
    file: '.levada/runs/20260102T030405678Z-0a1b2c/run.json',
    wrote: '{"format":1,"run_id":',
    run: 'run --resume latest',
    printed: `error NOT_RESUMABLE Run 20260102T030405678Z-0a1b2c cannot go on: /shop/.levada/runs/20260102T030405678Z-0a1b2c/run.json cannot be read: Unexpected end of JSON input.
  → Run its selection anew; levada runs tells what it was. (levada explain NOT_RESUMABLE)`,
  },
  LEASED: {
    file: 'data/orders/leases/00000001.json',
    wrote: `{ "token": "t", "app": "shop", "runId": "20260102T030405678Z-0a1b2c", "host": "node7", "pid": 4711, "since": "2026-01-02T03:04:05.678Z" }
`,
    run: 'run',
    printed: `error LEASED 'shop.orders' is being written by run 20260102T030405678Z-0a1b2c of the app 'shop' (process 4711 on node7, since 2026-01-02 03:04:05 UTC).
  → Wait for it: levada run --wait, which takes the asset over from one that has died and is not heard for 60 s. (levada explain LEASED)`,
  },
  RUN_TIMEOUT: {
    file: 'orders.ts',
    wrote: `  async run(_, { signal }) {
    await new Promise((resolve) => signal.addEventListener('abort', resolve))
  },`,
    run: 'run --timeout 2s',
    printed: `error RUN_TIMEOUT The run took longer than 2 s and was stopped.
  → Allow it more (--timeout, or timeout in jobs.yml); levada run --resume does what is left. (levada explain RUN_TIMEOUT)`,
  },
  STEP_TIMEOUT: {
    file: 'orders.ts',
    wrote: `  async run(_, { signal }) {
    await new Promise((resolve) => signal.addEventListener('abort', resolve))
  },`,
    run: 'run --step-timeout 500ms',
    printed: `    error STEP_TIMEOUT Step 'orders/total' took longer than 0.5 s and was stopped.
    → Allow it more (--step-timeout, or step_timeout in jobs.yml), or let it do less: fewer partitions in one step. (levada explain STEP_TIMEOUT)`,
  },
  SUPERSEDED: {
    file: 'orders.ts',
    wrote: `  async run(_, { outputs }) {
    await outputs.totals.write({ day: '2026-01-01', amount: 1 })
    // This process was paused, another one has taken the asset over and is done.
    rmSync('data/totals/leases', { recursive: true })
  },`,
    run: 'run',
    printed: `    error SUPERSEDED Run 20260102T030405678Z-0a1b2c was taken for dead, and another one has taken 'shop.totals' over: nothing of it is published.
    → Run again, or levada run --resume; nothing of the other run was lost. (levada explain SUPERSEDED)`,
  },
  FOREIGN_ASSET: {
    file: 'levada.config.ts',
    wrote: `  name: 'stand',`,
    run: 'run',
    printed: `error FOREIGN_ASSET 'shop.orders' is written by the app 'shop' (run 20260102T030405678Z-0a1b2c), not by 'stand'.
  at conf/base/catalog.yml:2:17
    1 | shop.raw_orders: { type: csv, path: landing/orders.csv }
  > 2 | "shop.{table}": { type: parquet, path: "data/{table}" }
      |                 ^
    3 | 
  → List the asset under externals, or store it at another location. (levada explain FOREIGN_ASSET)`,
  },
  MANIFEST_DAMAGED: {
    file: 'data/orders/manifests/00000002.json',
    wrote: '{ "half": ',
    run: 'restore shop.orders --version 2',
    printed: `error MANIFEST_DAMAGED Version 2 of 'shop.orders' cannot be read (/shop/data/orders/manifests/00000002.json): Unexpected end of JSON input.
  → Repair the file that the message names, or remove it; then its rows are cleaned up, too. (levada explain MANIFEST_DAMAGED)`,
  },
  NODE_FAILED: {
    file: 'orders.ts',
    wrote: `  run() {
    throw new RangeError('no rates today')
  },`,
    run: 'run',
    printed: `    error NODE_FAILED Node 'orders/total' threw RangeError: no rates today
      at orders.ts:25:11
        24 |   run() {
      > 25 |     throw new RangeError('no rates today')
           |           ^
        26 |   },
    → Correct the node; the message quotes the error. (levada explain NODE_FAILED)`,
  },
  PLUGIN_FAILED: {
    file: 'levada.config.ts',
    wrote: `  plugins: [duckdb(), parquet(), files(), definePlugin('budget', {
    async aroundStep({ next }) {
      throw new RangeError('nothing is left of it')
      await next()
    },
  })],
`,
    run: 'run',
    printed: `    error PLUGIN_FAILED Plugin 'budget' failed before step 'source:shop.raw_orders', which did not run: RangeError: nothing is left of it
      at levada.config.ts:12:13
        11 |     async aroundStep({ next }) {
      > 12 |       throw new RangeError('nothing is left of it')
           |             ^
        13 |       await next()
    → Correct the plugin, or leave it out of plugins in levada.config.ts. (levada explain PLUGIN_FAILED)`,
  },
  NODE_EXITED: {
    file: 'orders.ts',
    wrote: `  run() {
    process.exit(3)
  },`,
    run: 'run',
    printed: `    error NODE_EXITED Node 'orders/total' called process.exit(3), which would have ended the run and its other steps.
      at orders.ts:25:13
        24 |   run() {
      > 25 |     process.exit(3)
           |             ^
        26 |   },
    → Throw an error where the node cannot go on, and return where it is done; the command ends the process. (levada explain NODE_EXITED)`,
  },
  MEMORY_LIMIT: {
    file: 'orders.ts',
    wrote: `  async run(_, { signal }) {
    const pages: Uint8Array[] = []
    for (;;) pages.push(await nextPage(signal))
  },`,
    run: 'run',
    printed: `    error MEMORY_LIMIT Step 'orders/total': TypeScript held 112 MB, more than memory_limit allows, which is 100MB.
    → Let the node hand on rows as it reads them and keep none, compute in SQL what needs all of them, or raise memory_limit in environment.yml. (levada explain MEMORY_LIMIT)`,
  },
  WORKER_DIED: {
    file: 'orders.ts',
    wrote: `  run() {
    process.kill(process.pid, 'SIGKILL')
  },`,
    run: 'run --runner process',
    printed: `    error WORKER_DIED Step 'orders/total': what ran it was ended by SIGKILL before it had a result.
    → Look for what ended it, such as a lack of memory; levada run --resume does what is left. (levada explain WORKER_DIED)`,
  },
  RESOURCE_FAILED: {
    file: 'conf/base/resources.yml',
    wrote: `postgres: { host: 127.0.0.1, port: 1, user: ann }
`,
    run: 'run',
    printed: `error RESOURCE_FAILED Engine 'postgres': no server answers at 127.0.0.1:1.
  → Start the server, or correct host and port in resources.yml. (levada explain RESOURCE_FAILED)`,
  },
  DBT_MISSING: {
    file: 'conf/base/resources.yml',
    wrote: `dbt: { project_dir: shop, executable: .venv/bin/dbt }
`,
    run: 'run',
    printed: `    error DBT_MISSING There is no dbt at /shop/.venv/bin/dbt: it is not an executable file.
    → Install it, for example with pip install dbt-core dbt-duckdb, or name it: executable. (levada explain DBT_MISSING)`,
  },
  DBT_PROJECT: {
    file: 'conf/base/resources.yml',
    wrote: `dbt: { project_dir: warehouse }
`,
    run: 'run',
    printed: `    error DBT_PROJECT There is no dbt project in /shop/warehouse: it has no dbt_project.yml.
    → Name the folder that has one: projectDir, in resources.yml project_dir. (levada explain DBT_PROJECT)`,
  },
  DBT_PROFILE: {
    file: 'conf/base/resources.yml',
    wrote: `dbt: { project_dir: shop, target: produktion }
`,
    run: 'run',
    printed: `    error DBT_PROFILE Profile 'shop' in /shop/shop/profiles.yml has no target 'produktion'. Did you mean 'production'?
    → Add it under outputs, or choose one that is there: dev, production. (levada explain DBT_PROFILE)`,
  },
  CANCELLED: {
    file: 'orders.ts',
    wrote: '  run: () => new Promise(() => {}),',
    run: 'run',
    printed: '■ orders/total 0.05 s',
  },
  STORAGE: {
    run: 'run',
    printed: `error STORAGE Writing 'shop.orders' failed: ENOTDIR: not a directory, scandir '/shop/data/orders/leases'
  → A file stands where a folder is needed; to read a file as it is, its name has to end as its format: .csv. (levada explain STORAGE)`,
  },
  USAGE: {
    run: 'explain SQL_BINDING',
    printed: `error USAGE There is no error code SQL_BINDING. Did you mean 'SQL_BIND'?
  → Name an error code, an asset, or a value by file and path: catalog.aviation.flights.path. (levada explain USAGE)`,
  },
  INTERNAL: {
    file: 'levada.config.ts',
    wrote: '  plugins: [duckdb(), stores(), files()],',
    run: 'run',
    printed: `error INTERNAL stores is not iterable
  → Please report it with the message. (levada explain INTERNAL)`,
  },
}
