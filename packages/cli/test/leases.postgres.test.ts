import { describe } from 'vitest'
import { leaseCases } from './lease-cases.ts'
import { shop } from './project.ts'
import { server } from './server.ts'

describe('leases of tables of PostgreSQL', () =>
  leaseCases((number) => ({
    'levada.config.ts': shop['levada.config.ts']!.replace('import { customers,', 'import { slow, customers,')
      .replace('pipelines: [', 'pipelines: [slow, ')
      .replace(
        "import { parquet } from '@levada/io-parquet'",
        "import { postgresTables } from '@levada/io-postgres'\nimport { postgres } from '@levada/resource-postgres'",
      )
      .replace('parquet()', 'postgres(), postgresTables()'),
    'conf/base/catalog.yml': `shop.raw_orders: { type: csv, path: landing/orders.csv }
shop.raw_customers: { type: csv, path: landing/customers.csv }
"{domain}.{table}": { type: postgres.table, schema: "leases_${number}", table: "{table}", versions: "leases_${number}_v" }
`,
    'conf/base/engines.yml': 'default: duckdb\n',
    'conf/base/resources.yml': JSON.stringify({ postgres: server }),
  })))
