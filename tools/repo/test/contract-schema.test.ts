import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { schemaFile, schemaText } from '../src/contract-schema.ts'

test('contract.schema.json is the format that is read: npm run generate', () => {
  expect(readFileSync(schemaFile, 'utf8')).toBe(schemaText())
})
