// conf-schemas.ts: writes the JSON Schemas of the YAML files of a workspace into dist/schemas of the package in the working
// directory, from the zod schemas of what Levada publishes. Editors of new workspaces read them there.
import { mkdirSync, writeFileSync } from 'node:fs'
import { relaxationJsonSchema } from '@levada/contract'
import { confSchemas } from '@levada/core/run'
import { files } from '@levada/io-files'
import { parquet } from '@levada/io-parquet'
import { postgresTables } from '@levada/io-postgres'
import { duckdb } from '@levada/resource-duckdb'
import { postgres } from '@levada/resource-postgres'

const plugins = [duckdb(), postgres(), files(), parquet(), postgresTables()]
const schemas = { ...confSchemas(plugins), relaxation: relaxationJsonSchema() }
mkdirSync('dist/schemas', { recursive: true })
for (const [name, schema] of Object.entries(schemas))
  writeFileSync(`dist/schemas/${name}.json`, `${JSON.stringify(schema)}\n`)
