import { readFile, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { duckdb } from '@levada/resource-duckdb'
import { parquet } from '../src/index.ts'

const columns = [{ name: 'id', type: { kind: 'int' }, nullable: false }] as const

test('compression has an effect', async () => {
  const root = await mkdtemp(join(tmpdir(), 'levada-compression-'))
  const engine = await duckdb().engines['duckdb']!.create({ threads: 1 } as never, {
    name: 'duckdb',
    root,
    env: 'test',
  })
  const contents = new Set<string>()
  const codecs = ['zstd', 'snappy', 'gzip', 'none'] as const
  for (const [i, compression] of codecs.entries()) {
    const context = { asset: 'a.b', columns, partitionBy: [], root, env: 'test', engine: async () => engine }
    const dataset = parquet().datasets['parquet']!.create({ path: 'b', compression } as never, context)
    const base = await dataset.head()
    const staging = await dataset.stage({
      version: compression,
      columns,
      partitionBy: [],
      replace: undefined,
      base,
    })
    await using session = await engine.open()
    const writer = await session.writer(columns, staging.target)
    await writer.write(Array.from({ length: 1000 }, (_, id) => ({ id: id % 7 })))
    await staging.seal(await writer.finish())
    const version = await staging.publish({ app: 'a', runId: 'r', inputs: {}, mayRebase: true })
    expect(version.number).toBe(i + 1)
    const location = await dataset.locate(version)
    if (location.kind !== 'files') throw new TypeError(location.kind)
    contents.add(await readFile(location.uris[0]!, 'base64'))
  }
  expect(contents.size).toBe(codecs.length)
  await engine.close()
  await rm(root, { recursive: true, force: true })
})
