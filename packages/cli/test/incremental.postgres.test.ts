import { postgresTables } from '@levada/io-postgres'
import { postgres } from '@levada/resource-postgres'
import { inject, test } from 'vitest'
import { sameAsRecomputed, timeoutFor } from './incremental-cases.ts'

const server = inject('postgres')

test.each([
  ['computed there', 'postgres'],
  ['computed by DuckDB', 'duckdb'],
])(
  'each strategy makes what all rows make: tables of PostgreSQL, %s',
  async (_, engine) => {
    const place = {
      plugins: [postgres(), postgresTables()],
      engine,
      resources: { postgres: server },
      catalog: (number: number) =>
        `"shop.{table}": { type: postgres.table, schema: inc_${engine}_${number}, table: "{table}", versions: inc_${engine}_${number}_v }\n`,
    }
    await sameAsRecomputed(place, 6)
  },
  timeoutFor(6),
)
