import airports from '@levada-examples/airports'
import delays from '@levada-examples/delays'
import flights from '@levada-examples/flights'
import { defineApp } from '@levada/core'
import { files } from '@levada/io-files'
import { parquet } from '@levada/io-parquet'
import { duckdb } from '@levada/resource-duckdb'

export default defineApp({
  name: 'flight-delays',
  plugins: [duckdb(), parquet(), files()],
  pipelines: [flights, airports, delays],
  jobs: { daily: { select: 'tag:daily' }, report: { select: 'tag:report' } },
})
