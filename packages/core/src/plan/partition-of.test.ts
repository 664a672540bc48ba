import { expect, test } from 'vitest'
import { z } from 'zod'
import { asset, daily } from '../asset/index.ts'
import { toLevadaErrors } from '../errors/index.ts'
import { col } from '../schema/index.ts'
import { partitionOf } from './plan.ts'

const days = asset('shop.days', { schema: z.object({ day: col.date() }), partitions: [daily('day')] })

test.each(['2026-01-01', 'day=2026-01-01', ' day = 2026-01-01 '])('%j is a day', (partition) => {
  expect(partitionOf({ partition }, [days])).toEqual({ day: '2026-01-01' })
})

test.each(['day=2026-01-01=x', 'day=2026-01-01=', 'day=', 'day', '=2026-01-01', 'day==2026-01-01'])(
  '%j is none',
  (partition) => {
    const read = () => partitionOf({ partition }, [days])
    expect(read).toThrow()
    try {
      read()
    } catch (error) {
      expect(toLevadaErrors(error)[0]!.code).toBe('PARTITION_UNKNOWN')
    }
  },
)
