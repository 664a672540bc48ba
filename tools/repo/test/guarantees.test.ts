import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { guaranteesFile, guaranteesPage } from '../src/guarantees.ts'

test('docs/guarantees.md is what datasets and engines declare: npm run generate', async () => {
  const page = await guaranteesPage()
  expect(readFileSync(guaranteesFile, 'utf8')).toBe(page)
  expect(page).toContain('| parquet, a folder ')
  expect(page).toContain('| postgres.table ')
  expect(page).toMatch(/\| postgres\.view +\| postgres .*\| query +\| query +\| no +\| yes +\| no +\| yes/)
})
