// npm run generate: writes packages/contract/contract.schema.json from the format that is read.
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { contractJsonSchema } from '@levada/contract'

export const schemaFile: string = join(import.meta.dirname, '../../../packages/contract/contract.schema.json')

/** The JSON Schema of contract.json as it is published. */
export const schemaText = (): string => `${JSON.stringify(contractJsonSchema(), undefined, 2)}\n`

if (import.meta.main) writeFileSync(schemaFile, schemaText())
