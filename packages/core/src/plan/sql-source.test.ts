import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { expect, test } from 'vitest'
import { isLevadaError } from '../errors/index.ts'
import { readSql } from './sql-source.ts'

test.each([
  ['latin1', 'The SQL file of n is not UTF-8.', 2, 15],
  ['utf16le', 'The SQL file of n is UTF-16, and has to be UTF-8.', 1, 1],
] as const)('a file in %s is SQL_SYNTAX at its place', (encoding, message, line, column) => {
  const dir = mkdtempSync(join(tmpdir(), 'levada-sql-'))
  try {
    const file = join(dir, 'n.sql')
    writeFileSync(file, Buffer.from('select 1 as a,\n       2 as "d\u00e9j\u00e0"\n', encoding))
    const read = (): unknown =>
      readSql('n', { kind: 'file', href: pathToFileURL(file).href } as never, 'duckdb', dir)
    expect(read).toThrow(message)
    try {
      read()
    } catch (error) {
      if (!isLevadaError(error)) throw error
      expect(error).toMatchObject({ code: 'SQL_SYNTAX', place: { file: 'n.sql', line, column } })
    }
  } finally {
    rmSync(dir, { recursive: true })
  }
})
