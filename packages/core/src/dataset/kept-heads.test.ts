import { mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { isLevadaError } from '../errors/index.ts'
import { openKeptHeads } from './kept-heads.ts'
import { encodeManifest, readManifest, type Manifest } from './manifest.ts'

const many = 100

/** So many assets, each with a manifest, and heads that were kept of them. */
function scratch() {
  const dir = mkdtempSync(join(tmpdir(), 'levada-heads-'))
  const cache = join(dir, 'cache/heads.json')
  const path = (asset: number): string => join(dir, `a${asset}.json`)
  const write = (asset: number, id: string): void =>
    writeFileSync(path(asset), encodeManifest(`a${asset}`, manifest(id)))
  for (let asset = 0; asset < many; asset++) write(asset, 'first')
  const look = () => {
    const heads = openKeptHeads(cache)
    const found = Array.from({ length: many }, (_, asset) => readManifest(path(asset), 1, heads))
    heads.save()
    return found
  }
  return { cache, path, write, look, [Symbol.dispose]: () => rmSync(dir, { recursive: true }) }
}

const manifest = (id: string): Manifest => ({
  id,
  number: 1,
  createdAt: '2026-01-01T00:00:00.000Z',
  app: 'app',
  runId: 'run',
  step: 'step',
  inputs: {},
  partitionBy: ['place'],
  rows: 2,
  sizeBytes: 4,
  columns: [],
  partitions: ['x', 'y'].map((place) => ({
    key: { place },
    version: id,
    rows: 1,
    sizeBytes: 2,
    columns: [],
    encoding: { format: 'parquet', options: {} },
    files: [`${place}.parquet`],
  })),
})

test('what was kept is what was read', () => {
  using folder = scratch()
  const read = folder.look()
  const kept = folder.look()
  expect(read[7]?.id).toBe('first')
  expect(kept).toEqual(read)
  expect(kept[7]?.partitions.map(({ files }) => files)).toEqual([['x.parquet'], ['y.parquet']])
})

test('what is kept is not read again', () => {
  using folder = scratch()
  folder.look()
  const all = JSON.parse(readFileSync(folder.cache, 'utf8'))
  all.heads[folder.path(7)][4].id = 'from the cache'
  writeFileSync(folder.cache, JSON.stringify(all))
  expect(folder.look()[7]?.id).toBe('from the cache')
})

test('a file of another identity is read', () => {
  using folder = scratch()
  folder.look()
  folder.write(7, 'other')
  utimesSync(folder.path(7), 1, 1)
  folder.write(8, 'again')
  renameSync(folder.path(8), `${folder.path(8)}.new`)
  renameSync(`${folder.path(8)}.new`, folder.path(8))
  const found = folder.look()
  expect([found[6]?.id, found[7]?.id, found[8]?.id]).toEqual(['first', 'other', 'again'])
})

test('a file that is not what its head says is told, and not trusted again', () => {
  using folder = scratch()
  folder.look()
  const found = folder.look()
  // A disk that gives back something else changes no times; here the file is replaced after it was looked at.
  writeFileSync(folder.path(7), readFileSync(folder.path(7), 'utf8').replace('x.parquet', 'z.parquet'))
  const partitions = (): unknown => found[7]?.partitions
  expect(partitions).toThrow(/it is not as it was written/)
  try {
    partitions()
  } catch (error) {
    expect(isLevadaError(error) && error.code).toBe('MANIFEST_DAMAGED')
  }
  expect(() => readFileSync(folder.cache)).toThrow(/ENOENT/)
})

test('a file that is replaced by another, whole one after its head was told is not mixed with that', () => {
  using folder = scratch()
  folder.look()
  const found = folder.look()
  folder.write(7, 'other')
  expect(() => found[7]?.partitions).toThrow(/another has taken its place/)
  expect(folder.look()[7]?.id).toBe('other')
})

test('a file that is replaced while it is read is read again', () => {
  using folder = scratch()
  const heads = openKeptHeads(folder.cache)
  for (let asset = 0; asset < many; asset++) {
    const path = folder.path(asset)
    const read = readManifest(path, 1, {
      ...heads,
      keep(at, head) {
        if (asset === 7) folder.write(7, 'the other one')
        heads.keep(at, head)
      },
    })
    expect(read?.id).toBe('first')
  }
  heads.save()
  const found = folder.look()
  expect([found[6]?.id, found[7]?.id]).toEqual(['first', 'the other one'])
})

test.each([
  ['damaged', '{"format":1,"heads":'],
  ['of another format', '{"format":2,"heads":{}}'],
  ['something else', '[]'],
  ['without heads', '{"format":1,"heads":null}'],
])('a cache that is %s is passed over', (_, text) => {
  using folder = scratch()
  mkdirSync(join(folder.cache, '..'))
  writeFileSync(folder.cache, text)
  expect(folder.look()[7]?.id).toBe('first')
})

test('few are not kept', () => {
  using folder = scratch()
  const heads = openKeptHeads(folder.cache)
  readManifest(folder.path(7), 1, heads)
  heads.save()
  expect(() => readFileSync(folder.cache)).toThrow(/ENOENT/)
})
