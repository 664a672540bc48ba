import orders from '@acme/orders'
import { defineApp } from '@levada/core'
import { files } from '@levada/io-files'
import { parquet } from '@levada/io-parquet'
import { duckdb } from '@levada/resource-duckdb'

export default defineApp({
  name: 'acme-data',
  plugins: [duckdb(), parquet(), files()],
  pipelines: [orders],
  jobs: { daily: { select: 'tag:daily' }, report: { select: 'tag:report' } },
})
