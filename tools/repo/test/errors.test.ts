import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { codes } from '@levada/core'
import { expect, test } from 'vitest'
import { errorPages, errorsFolder } from '../src/error-pages.ts'
import { checkCodes, raisedCodes } from '../src/raised-codes.ts'
import { readWorkspace } from '../src/workspace.ts'

test('the table of codes is what the sources raise', () => {
  expect(checkCodes(Object.keys(codes), raisedCodes(readWorkspace()))).toEqual([])
})

test('docs/errors has the page of every code, and no other: npm run generate', async () => {
  const pages = await errorPages()
  expect(Object.keys(pages).toSorted()).toEqual(
    [...Object.keys(codes).map((code) => `${code}.md`), 'README.md'].toSorted(),
  )
  const there = readdirSync(errorsFolder).map((name) => [
    name,
    readFileSync(join(errorsFolder, name), 'utf8'),
  ])
  expect(Object.fromEntries(there)).toEqual(pages)
})
