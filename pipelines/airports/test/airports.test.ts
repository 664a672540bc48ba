import { fake, runPipeline } from '@levada/testing/pipeline'
import { expect, test } from 'vitest'
import airports from '../src/index.ts'

test('names are trimmed', async () => {
  const run = await runPipeline(airports, { inputs: { 'geo.raw_airports': fake([{ name: ' Thigpen ' }]) } })
  expect(run.rows('geo.airports')[0]!.name).toBe('Thigpen')
})

test('an airport beyond the pole publishes nothing', async () => {
  const run = runPipeline(airports, { inputs: { 'geo.raw_airports': fake([{ latitude: 91 }]) } })
  await expect(run).rejects.toThrow('Check between(latitude, -90, 90)')
})
