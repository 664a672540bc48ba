import airports from '@levada-examples/airports'
import delays from '@levada-examples/delays'
import flights from '@levada-examples/flights'
import { defineApp } from '@levada/core'
import { files } from '@levada/io-files'
import { parquet } from '@levada/io-parquet'
import { postgresTables } from '@levada/io-postgres'
import { duckdb } from '@levada/resource-duckdb'
import { postgres } from '@levada/resource-postgres'

export default defineApp({
  name: 'flight-delays',
  plugins: [duckdb(), parquet(), files(), postgres(), postgresTables()],
  pipelines: [flights, airports, delays],
  jobs: { daily: { select: 'tag:daily' }, report: { select: 'tag:report' } },
})
