import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { beforeEach, describe, expect, onTestFinished, test } from 'vitest'
import { copySql } from '../src/copy-sql.ts'
import { isIncomplete, removeStale } from '../src/outputs.ts'

let src: string
let dist: string

beforeEach(() => {
  const folder = mkdtempSync(join(tmpdir(), 'levada-nx-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  src = join(folder, 'src')
  dist = join(folder, 'dist')
})

function write(file: string, text = ''): void {
  mkdirSync(dirname(file), { recursive: true })
  writeFileSync(file, text)
}

describe('copySql', () => {
  test('copies files with their folders and leaves other files', () => {
    write(join(src, 'a.sql'), 'select 1')
    write(join(src, 'deep/b.postgres.sql'), 'select 2')
    write(join(src, 'c.ts'))
    expect(copySql(src, dist)).toEqual({ copied: ['a.sql', 'deep/b.postgres.sql'], missing: [] })
    expect(readFileSync(join(dist, 'deep/b.postgres.sql'), 'utf8')).toBe('select 2')
    expect(existsSync(join(dist, 'c.ts'))).toBe(false)
  })

  test('changes nothing when it runs again, and removes what was deleted or renamed', () => {
    write(join(src, 'a.sql'), 'select 1')
    write(join(dist, 'old.sql'), 'select 0')
    const first = copySql(src, dist)
    expect(copySql(src, dist)).toEqual(first)
    expect(existsSync(join(dist, 'old.sql'))).toBe(false)
  })

  test('reports a URL of a file that does not exist, but not in tests', () => {
    const url = (file: string): string => `new URL('${file}', import.meta.url)`
    write(join(src, 'a.sql'))
    write(join(src, 'nodes/n.ts'), `// ${url('./comment.sql')}\n${url('../a.sql')}; ${url('./gone.sql')}`)
    write(join(src, 'n.test.ts'), url('./never.sql'))
    expect(copySql(src, dist).missing).toEqual([{ file: join(src, 'nodes/n.ts'), sql: './gone.sql' }])
  })

  test('does without a source folder that has SQL', () => {
    write(join(src, 'a.ts'))
    expect(copySql(src, dist)).toEqual({ copied: [], missing: [] })
  })
})

test('removeStale deletes what no source stands behind', () => {
  write(join(src, 'a.ts'))
  for (const file of ['a.js', 'a.d.ts', 'gone.js', 'deep/gone.d.ts', '.tsbuildinfo']) write(join(dist, file))
  expect(removeStale(src, dist).toSorted()).toEqual(['deep/gone.d.ts', 'gone.js'])
  expect(existsSync(join(dist, 'a.d.ts'))).toBe(true)
  expect(removeStale(src, dist)).toEqual([])
})

test('isIncomplete notices a deleted output, and expects none of tests', () => {
  for (const file of ['a.ts', 'a.test.ts', 'a.test-d.ts', 'a.sql']) write(join(src, file))
  for (const file of ['a.js', 'a.d.ts']) write(join(dist, file))
  expect(isIncomplete(src, dist)).toBe(false)
  rmSync(join(dist, 'a.d.ts'))
  expect(isIncomplete(src, dist)).toBe(true)
})
