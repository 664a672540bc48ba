// What is called compatible never breaks a consumer that was compiled against the old contract.
import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { columnProblems, portsText } from '@levada/core/run'
import { isValue, type Engine, type EngineSession } from '@levada/core/spi'
import { duckdb } from '@levada/resource-duckdb'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { diffContracts } from '../src/index.ts'
import type { Column, ColumnType } from '../src/model.ts'
import { column, provides, requires } from './contracts.ts'
import { changedSchemas, rowsOf } from './made-schemas.ts'

type Pair = readonly [readonly Column[], readonly Column[]]

const breaks = ([old, now]: Pair, of = provides): boolean => diffContracts(of(old), of(now)).bump === 'major'
const seed = 20260102

/** Pairs that the rules call compatible. */
const compatible = changedSchemas.filter((pair) => !breaks(pair))

test('what the composition check would refuse is breaking', () => {
  let refused = 0
  fc.assert(
    fc.property(changedSchemas, ([old, now]) => {
      const problems = columnProblems(old, now)
      if (problems.length > 0) refused++
      return problems.length === 0 || breaks([old, now])
    }),
    { seed, numRuns: 5000 },
  )
  expect(refused).toBeGreaterThan(1000)
})

test('a provider that was enough is enough after a compatible change of what is needed', () => {
  let tight = 0
  fc.assert(
    fc.property(changedSchemas, ([old, now]) => {
      if (breaks([old, now], requires)) return true
      tight++
      return columnProblems(now, old).length === 0
    }),
    { seed, numRuns: 5000 },
  )
  expect(tight).toBeGreaterThan(500)
})

/** Runs tsc once over consumers of old row types that are given new rows; returns the numbers of those that do not compile. */
function compiled(pairs: readonly Pair[]): readonly number[] {
  const tmp = join(import.meta.dirname, 'tmp')
  mkdirSync(tmp, { recursive: true })
  const dir = mkdtempSync(join(tmp, 'consumers-'))
  try {
    for (const [i, [old, now]] of pairs.entries()) {
      writeFileSync(join(dir, `old-${i}.ts`), portsText(provides(old)))
      writeFileSync(join(dir, `new-${i}.ts`), portsText(provides(now)))
      writeFileSync(
        join(dir, `use-${i}.ts`),
        `import type { Ports as New } from './new-${i}.ts'
import type { Orders } from './old-${i}.ts'

const consume = (rows: readonly Orders[]): readonly Orders[] => rows
export const given = (rows: readonly New['provides']['shop.orders'][]): readonly Orders[] => consume(rows)
`,
      )
    }
    writeFileSync(
      join(dir, 'tsconfig.json'),
      JSON.stringify({
        extends: '../../../../../tsconfig.base.json',
        compilerOptions: { noEmit: true, composite: false, declaration: false, incremental: false },
        include: ['.'],
      }),
    )
    const tsc = join(import.meta.dirname, '../../../node_modules/.bin/tsc')
    try {
      execFileSync(tsc, ['-p', dir, '--pretty', 'false'], { encoding: 'utf8' })
      return []
    } catch (error) {
      const { stdout } = error as { readonly stdout: string }
      const found = new Set([...stdout.matchAll(/use-(\d+)\.ts\(/g)].map(([, i]) => Number(i)))
      if (found.size === 0) throw error
      return [...found].toSorted((a, b) => a - b)
    }
  } finally {
    rmSync(dir, { recursive: true })
  }
}

test('TypeScript: a consumer of the old row type compiles with the new rows, and one of a break does not', () => {
  const pairs = fc.sample(compatible, { seed, numRuns: 300 })
  const gone: Pair = [[column('a', 'int'), column('b', 'int')], [column('a', 'int')]]
  const wider: Pair = [
    [column('a', { kind: 'enum', values: ['x'] })],
    [column('a', { kind: 'enum', values: ['x', 'y'] })],
  ]
  const bigger: Pair = [[column('a', 'int')], [column('a', 'bigint')]]
  expect(compiled([...pairs, gone, wider, bigger])).toEqual([300, 301, 302])
}, 120_000)

describe('DuckDB', () => {
  let engine: Engine
  let session: EngineSession
  let dir: string
  beforeAll(async () => {
    engine = await duckdb().engines['duckdb']!.create({ threads: 1 } as never, {
      name: 'duckdb',
      root: tmpdir(),
      env: 'test',
    })
    session = await engine.open()
    dir = mkdtempSync(join(tmpdir(), 'levada-compatible-'))
  })
  afterAll(async () => {
    await session[Symbol.asyncDispose]()
    await engine.close()
    rmSync(dir, { recursive: true })
  })

  let written = 0
  /** Stores rows of the new contract, and reads them as a consumer of the old one is bound to them. */
  async function readAs(
    old: readonly Column[],
    now: readonly Column[],
    rows: readonly Readonly<Record<string, unknown>>[],
  ): Promise<readonly Readonly<Record<string, unknown>>[]> {
    const directory = join(dir, String(++written))
    mkdirSync(directory)
    const target = { kind: 'files', format: 'parquet', directory, partitionBy: [], options: {} } as const
    const writer = await session.writer(now, target)
    await writer.write(rows)
    const { files } = await writer.finish()
    const uris = files.map(({ path }) => join(directory, path))
    const location = { kind: 'files', format: 'parquet', options: {}, uris } as const
    const names = old.map(({ name }) => `"${name}"`).join(', ')
    const cursor = await session.read(
      {
        kind: 'query',
        name: 'consumer',
        sql: { text: `select ${names} from orders`, file: 'consumer.sql', line: 1, column: 1 },
        inputs: { orders: { kind: 'scan', location, columns: old } },
        params: {},
      },
      old,
    )
    const found: Readonly<Record<string, unknown>>[] = []
    for await (const part of cursor.rows()) found.push(...part)
    rmSync(directory, { recursive: true })
    return found
  }

  test('the projection of an old consumer reads every row that is valid under the new contract', async () => {
    const cases = compatible.chain(([old, now]) => rowsOf(now).map((rows) => ({ old, now, rows })))
    await fc.assert(
      fc.asyncProperty(cases, async ({ old, now, rows }) => {
        const found = await readAs(old, now, rows)
        expect(found).toHaveLength(rows.length)
        for (const row of found)
          for (const each of old)
            expect([
              each.name,
              row[each.name],
              isValue(read(each), row[each.name]) || isJsonNull(each, row[each.name]),
            ]).toEqual([each.name, row[each.name], true])
        for (const [i, row] of found.entries())
          for (const { name, type } of old)
            if (!['list', 'struct', 'json'].includes(type.kind)) expect(row[name]).toEqual(rows[i]![name])
      }),
      { seed, numRuns: 200 },
    )
  }, 120_000)

  test('a decimal that needs the new digits fails with its column, and is not cut', async () => {
    const decimal = (precision: number): readonly Column[] => [
      column('amount', { kind: 'decimal', precision, scale: 2 }),
    ]
    expect(breaks([decimal(5), decimal(9)])).toBe(false)
    expect(await readAs(decimal(5), decimal(9), [{ amount: '999.99' }])).toEqual([{ amount: '999.99' }])
    await expect(readAs(decimal(5), decimal(9), [{ amount: '1000.00' }])).rejects.toThrow(/amount/)
  })
})

/** A column as its reader takes it: an open enum is any text. */
const read = (each: Column): Column => ({ ...each, type: readType(each.type) })
function readType(type: ColumnType): ColumnType {
  if (type.kind === 'enum' && type.open) return { kind: 'string' }
  if (type.kind === 'list') return { ...type, item: { ...type.item, type: readType(type.item.type) } }
  return type.kind === 'struct' ? { ...type, fields: type.fields.map(read) } : type
}
const isJsonNull = ({ type }: Column, value: unknown): boolean => type.kind === 'json' && value === null
