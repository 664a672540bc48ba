import { describe, expect } from 'vitest'
import { evolutionTests } from './evolution-cases.ts'
import { run, server } from './server.ts'

describe('a schema that has changed since partitions were stored in PostgreSQL', () => {
  evolutionTests({
    publicName: true,
    // Readers outside of Levada know the public name only.
    async look(schema, title) {
      const shown: Readonly<Record<string, string | null>> = {
        'a column that is added and nullable is NULL': null,
        'a column that is added has its default, whatever its type': "it's",
        'a column that is added and required': null,
      }
      if (!(title in shown)) return
      const rows = await run(`select note from ${schema}.items order by id`)
      expect(rows).toEqual([[shown[title]], ['new']])
    },
    files: (name) => ({
      'levada.config.ts': `
import { defineApp } from '@levada/core'
import { files } from '@levada/io-files'
import { postgresTables } from '@levada/io-postgres'
import { duckdb } from '@levada/resource-duckdb'
import { postgres } from '@levada/resource-postgres'
import { wares } from './wares.ts'
export default defineApp({ name: 'shop', plugins: [duckdb(), files(), postgres(), postgresTables()], pipelines: [wares] })
`,
      'conf/base/catalog.yml': `w.raw: { type: csv, path: raw.csv }
"{domain}.{table}": { type: postgres.table, schema: ${name}, table: "{table}" }
`,
      'conf/base/engines.yml': 'default: duckdb\nw.items: postgres\nw.days: postgres\n',
      'conf/base/resources.yml': JSON.stringify({ postgres: server }),
    }),
  })
})
