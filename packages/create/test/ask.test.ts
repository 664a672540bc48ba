import { PassThrough } from 'node:stream'
import { expect, test } from 'vitest'
import { ask } from '../src/ask.ts'

/** What somebody types, in one go, before the input ends. */
function typed(text: string): PassThrough {
  const input = new PassThrough()
  input.end(text)
  return input
}

test('lines that come ahead of their question are its answers, and an empty one takes what is in brackets', async () => {
  const output = new PassThrough()
  expect(
    await ask({ registryGiven: false }, typed('shop\n\nhttps://packages.example.com/\n'), output),
  ).toEqual({
    name: 'shop',
    scope: '@shop',
    registry: 'https://packages.example.com/',
  })
  expect(String(output.read())).toContain('Name of the workspace (my-data): ')
})

test('what an option has said is not asked', async () => {
  const given = { name: 'shop', scope: '@acme', registry: undefined, registryGiven: true }
  expect(await ask(given, typed(''), new PassThrough())).toEqual({
    name: 'shop',
    scope: '@acme',
    registry: undefined,
  })
})

test('an input that ends is an error of its own', async () => {
  await expect(ask({ registryGiven: false }, typed('shop\n'), new PassThrough())).rejects.toMatchObject({
    code: 'CANCELLED',
  })
})
