import { expect, test } from 'vitest'
import { levadaError } from '../src/errors.ts'
import { createStatements } from '../src/sql/statements.ts'

// As DuckDB says it. That the files are Parquet must not make it seem that what is in them is damaged.
test.each([
  ['Cannot open file "/data/day=1/data_0.parquet": Too many open files', 'ulimit -n', true],
  ['Cannot open file "/data/day=1/data_0.parquet": Permission denied', 'right to read', false],
  ['Cannot open file "/data/day=1/data_0.parquet": Read-only file system', 'can be written', false],
  ['Could not write file "/data/day=1/data_0.parquet": No space left on device.', 'disk space', false],
  ['Could not write file "/data/day=1/data_0.parquet": Disk quota exceeded', 'disk space', false],
])('what the system refuses is STORAGE: %s', (message, remedy, retryable) => {
  const said = JSON.stringify({ exception_type: 'IO', exception_message: message })
  const error = levadaError(new Error(said), { name: 'stage', statements: createStatements() })
  expect(error).toMatchObject({ code: 'STORAGE', hint: expect.stringContaining(remedy) as string, retryable })
  expect(error.message).toContain(`stage: ${message}`)
})

test('a file that is cut off is still unreadable', () => {
  const said = JSON.stringify({
    exception_type: 'IO',
    exception_message:
      'Could not read enough bytes from file "/data/data_0.parquet": attempted to read 8 bytes',
  })
  const error = levadaError(new Error(said), { name: 'stage', statements: createStatements() })
  expect(error).toMatchObject({ code: 'DATA_UNREADABLE', retryable: false })
})
