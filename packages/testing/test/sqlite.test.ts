import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { datasetConformance } from '../src/index.ts'
import { sqliteDataset } from './sqlite.ts'

datasetConformance(
  { describe, test, expect },
  {
    name: 'sqlite',
    create: ({ asset, root, retention }) => sqliteDataset(join(root, 'shop.db'), asset, retention),
  },
)

test('docs/guides/write-a-dataset.md shows that file and that line as they are', () => {
  const read = (file: string): string => readFileSync(join(import.meta.dirname, file), 'utf8')
  const guide = read('../../../docs/guides/write-a-dataset.md')
  const [file, imports, line] = [...guide.matchAll(/```ts\n([^]*?)```/g)].map(([, code]) => code!)
  expect(file).toBe(read('sqlite.ts'))
  expect(read('sqlite.test.ts')).toContain(line)
  const here = imports!
    .replace('@levada/testing', '../src/index.ts')
    .replace('../src/sqlite.ts', './sqlite.ts')
  for (const each of here.trim().split('\n')) expect(read('sqlite.test.ts')).toContain(each)
  // One file: it needs no other of its own.
  expect([...file!.matchAll(/from '(\.[^']*)'/g)]).toEqual([])
})
