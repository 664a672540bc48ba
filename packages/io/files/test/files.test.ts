import { mkdtemp, rm, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { z } from 'zod'
import type { Dataset, Engine } from '@levada/core/spi'
import { duckdb } from '@levada/resource-duckdb'
import { files } from '../src/index.ts'

let root: string
let engine: Engine
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'levada-files-'))
  engine = await duckdb().engines['duckdb']!.create({ threads: 1 } as never, {
    name: 'duckdb',
    root,
    env: 'test',
  })
})
afterAll(async () => {
  await engine.close()
  await rm(root, { recursive: true, force: true })
})

const configOf = (type: string): z.ZodType<object> =>
  files().datasets[type]!.config as unknown as z.ZodType<object>
const create = (type: string, entry: object): Dataset =>
  files().datasets[type]!.create(configOf(type).parse(entry) as never, {
    asset: 'a.b',
    columns,
    partitionBy: [],
    root,
    env: 'test',
    engine: async () => engine,
  })

const columns = [
  { name: 'id', type: { kind: 'int' }, nullable: false },
  { name: 'note', type: { kind: 'string' }, nullable: true },
] as const
const rows = [
  { id: 1, note: 'one' },
  { id: 2, note: null },
]

describe('files reads a file of somebody else', () => {
  test.each([
    ['csv', { path: 'a.csv' }, 'id,note\n1,one\n2,\n'],
    ['csv', { path: 'b.CSV', delimiter: '|' }, 'id|note\n1|one\n2|\n'],
    ['csv', { path: 'c.tsv' }, 'id\tnote\n1\tone\n2\t\n'],
    ['csv', { path: 'd.csv', header: false, nullText: 'NA' }, '1,one\n2,NA\n'],
    ['json', { path: 'e.json' }, '[{"id": 1, "note": "one"}, {"note": null, "id": 2}]'],
    ['ndjson', { path: 'f.ndjson' }, '{"id": 1, "note": "one"}\n{"id": 2}\n'],
    ['ndjson', { path: 'g.jsonl' }, '{"id": 1, "note": "one"}\n{"id": 2}\n'],
  ])('%s %j', async (type, entry, text) => {
    await writeFile(join(root, entry.path), text)
    const dataset = create(type, entry)
    expect(dataset.capabilities.write).toEqual({ denied: expect.stringMatching(/only read/) as string })
    await using session = await engine.open()
    const location = await dataset.locate(undefined)
    const found: unknown[] = []
    for await (const part of (await session.read({ kind: 'scan', location, columns }, columns)).rows())
      found.push(...part)
    expect(found).toEqual(rows)
  })
})

test.each([
  ['csv', { path: '*.csv' }, /not interpreted/],
  ['csv', { path: 'a.csv', delimiter: ';;' }, /delimiter/],
  ['csv', { path: 'a.csv', delimiter: '"' }, /quotation mark/],
  ['csv', { path: 'a.csv', nullText: 'a,b' }, /delimiter/],
  ['csv', { path: 'a.tsv', nullText: '\t' }, /delimiter/],
  ['csv', { path: 'a.csv', nullText: '"' }, /quotation mark/],
  ['csv', { path: 'a.csv', separator: ';' }, /separator/],
  ['json', { path: 'a.json', header: true }, /header/],
  ['ndjson', { path: 'https://example.com/a.ndjson' }, /local path/],
])('%s refuses %j', (type, entry, message) => expect(() => configOf(type).parse(entry)).toThrow(message))

test.each(['json', 'ndjson'])('%s refuses partitions', async (type) => {
  const request = { version: 'v', columns, partitionBy: ['id'], replace: undefined, base: undefined }
  await expect(create(type, { path: 'folder' }).stage(request)).rejects.toMatchObject({
    code: 'NOT_SUPPORTED',
  })
})

test('a folder that is a file without a known extension is told', async () => {
  await writeFile(join(root, 'readings.txt'), 'id\n1\n')
  await expect(create('csv', { path: 'readings.txt' }).head()).rejects.toMatchObject({
    code: 'STORAGE',
    hint: /\.csv/,
  })
})

test('a small file is known by its content, a large one by its time', async () => {
  const path = join(root, 'touched.csv')
  const told = async (text: string, second: number): Promise<string | undefined> => {
    await writeFile(path, text)
    await utimes(path, second, second)
    return create('csv', { path }).identity!()
  }
  const small = await told('id,note\n1,a\n', 1)
  expect(await told('id,note\n1,a\n', 2)).toBe(small)
  expect(await told('id,note\n1,b\n', 1)).not.toBe(small)
  const long = `id,note\n1,${'a'.repeat(100_000)}\n`
  const large = await told(long, 1)
  expect(await told(long, 1)).toBe(large)
  expect(await told(long, 2)).not.toBe(large)
})

test('identity() of a file changes with its size, its content, its name and how it is read; none is told of one that is not there', async () => {
  const told = (entry: object): Promise<string | undefined> => create('csv', entry).identity!()
  const path = join(root, 'identity.csv')
  expect(await told({ path })).toBeUndefined()
  const time = new Date('2001-03-04T05:06:07Z')
  const write = async (file: string, text: string, at: Date): Promise<void> => {
    await writeFile(file, text)
    await utimes(file, at, at)
  }
  await write(path, 'id,note\n1,a\n', time)
  const first = await told({ path })
  expect(first).toBeDefined()
  await write(path, 'id,note\n1,a\n', time)
  expect(await told({ path })).toBe(first)
  const others = [await told({ path, delimiter: ';' }), await told({ path, nullText: 'NA' })]
  await write(path, 'id,note\n1,b\n', new Date(time.getTime() + 1))
  others.push(await told({ path }))
  await write(path, 'id,note\n1,ab\n', time)
  others.push(await told({ path }))
  await write(join(root, 'other.csv'), 'id,note\n1,a\n', time)
  others.push(await told({ path: join(root, 'other.csv') }))
  expect(new Set([first, ...others]).size).toBe(6)
})
