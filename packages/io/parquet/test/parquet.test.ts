import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import type { z } from 'zod'
import type { Dataset } from '@levada/core/spi'
import { parquet } from '../src/index.ts'

const { parquet: type } = parquet().datasets
const config = type!.config as unknown as z.ZodType<object>
const engine = (): Promise<never> => Promise.reject(new TypeError('files need no engine'))
const context = {
  asset: 'shop.orders',
  columns: [],
  partitionBy: [],
  root: import.meta.dirname,
  env: 'test',
  engine,
}
const create = (entry: object): Dataset => type!.create(config.parse(entry) as never, context)

describe('parquet', () => {
  test.each(['orders.parquet', 'a/ORDERS.PARQUET', '../orders.parquet'])(
    '%s is a file that is read only',
    async (path) => {
      const dataset = create({ path })
      expect(dataset.address).toBe(join(import.meta.dirname, path))
      expect(dataset.capabilities.write).toEqual({ denied: expect.stringMatching(/only read/) as string })
      await expect(dataset.locate(undefined)).rejects.toMatchObject({
        code: 'DATA_MISSING',
        message: expect.stringContaining(dataset.address) as string,
        hint: expect.stringContaining('catalog.yml') as string,
      })
    },
  )

  test('a folder may be absolute', () => {
    expect(create({ path: '/data/orders' })).toMatchObject({
      address: '/data/orders',
      capabilities: { write: true },
    })
  })

  test.each([
    [{ path: 'data/*.parquet' }, /not interpreted/],
    [{ path: 'data/[ab]' }, /not interpreted/],
    [{ path: 's3://bucket/orders' }, /local path/],
    [{ path: '' }, /path/],
    [{}, /path/],
    [{ path: 'a', codec: 'zstd' }, /codec/],
    [{ path: 'a', compression: 'zip' }, /zstd/],
  ])('refuses %j', (entry, message) => expect(() => config.parse(entry)).toThrow(message))
})
