import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { parseContract } from '../src/index.ts'
import { asset, column, contract, provides } from './contracts.ts'

const text = (value: unknown): string => JSON.stringify(value)
const good = provides([column('id', 'int')], { key: ['id'] })

describe('parseContract', () => {
  test.each(['airports', 'delays', 'flights'])('reads what levada generate writes: %s', (name) => {
    const file = join(import.meta.dirname, '../../../pipelines', name, 'contract.json')
    const written = readFileSync(file, 'utf8')
    expect(parseContract(written, name)).toEqual(JSON.parse(written))
  })

  test.each<[string, unknown, string, RegExp]>([
    ['format 0', { ...good, format: 0 }, 'PROTOCOL', /has format 0, which was before the first release/],
    [
      'a newer format',
      { ...good, format: 2 },
      'PROTOCOL',
      /has format 2; this version of Levada reads format 1/,
    ],
    [
      'a format that is none',
      { ...good, format: '1' },
      'CONTRACT_INVALID',
      /has format "1"; formats are numbers/,
    ],
    ['another protocol', { ...good, protocol: 'pipeline@2' }, 'PROTOCOL', /speaks "pipeline@2"/],
    ['no contract', { name: 'orders' }, 'CONTRACT_INVALID', /is no contract: it has no format/],
    ['a list', [1], 'CONTRACT_INVALID', /is no contract/],
    ['null', null, 'CONTRACT_INVALID', /is no contract/],
    ['a part that is missing', { ...good, nodes: undefined }, 'CONTRACT_INVALID', /format 1: nodes: /],
    ['a key that nobody knows', { ...good, extra: 1 }, 'CONTRACT_INVALID', /Unrecognized key: "extra"/],
    [
      'a type that nobody knows',
      provides([column('id', { kind: 'money' } as never)]),
      'CONTRACT_INVALID',
      /provides › shop\.orders › columns › 0 › type/,
    ],
    [
      'an asset key that is none',
      contract({ provides: { Orders: asset([]) } }),
      'CONTRACT_INVALID',
      /provides › Orders/,
    ],
    [
      'a key of no column',
      provides([column('id', 'int')], { key: ['n'] }),
      'CONTRACT_INVALID',
      /'shop\.orders' has no column 'n'/,
    ],
    [
      'a time zone that is none',
      provides([column('at', { kind: 'instant' })], {
        partitions: [{ kind: 'hourly', column: 'at', timeZone: 'Mars/Olympus' }],
      }),
      'CONTRACT_INVALID',
      /contradicts itself: 'shop\.orders'\.at: 'Mars\/Olympus' is no time zone\.$/,
    ],
    [
      'a bound of another kind of partition',
      provides([column('day', 'date')], { partitions: [{ kind: 'daily', column: 'day', start: '2001-03' }] }),
      'CONTRACT_INVALID',
      /'2001-03' is not a day, write YYYY-MM-DD/,
    ],
    [
      'partitions of a column of another type',
      provides([column('n', 'int')], { partitions: [{ kind: 'hourly', column: 'n' }] }),
      'CONTRACT_INVALID',
      /partitioned hourly by 'n', which is not a non-null/,
    ],
    [
      'a column twice',
      provides([column('id', 'int'), column('id', 'int')]),
      'CONTRACT_INVALID',
      /has a column twice/,
    ],
    [
      'an asset that no node writes',
      { ...good, nodes: [] },
      'CONTRACT_INVALID',
      /no node writes 'shop\.orders'/,
    ],
    [
      'a node that writes what is not provided',
      { ...good, nodes: [{ ...good.nodes[0], outputs: ['shop.orders', 'a.b'] }] },
      'CONTRACT_INVALID',
      /writes 'a\.b', which it does not provide/,
    ],
    [
      'a node that reads what nothing names',
      { ...good, nodes: [{ ...good.nodes[0], inputs: ['a.b'] }] },
      'CONTRACT_INVALID',
      /reads 'a\.b', which it does not name/,
    ],
  ])('refuses %s', (_, value, code, message) => {
    const read = (): unknown => parseContract(text(value), '@acme/orders@1.2.0')
    expect(read).toThrow(expect.objectContaining({ code, message: expect.stringMatching(message) }))
    expect(read).toThrow('@acme/orders@1.2.0')
  })

  test('shows where JSON breaks off', () => {
    expect(() => parseContract('{\n  "format": 1,\n}', 'orders', 'orders/contract.json')).toThrow(
      expect.objectContaining({
        code: 'CONTRACT_INVALID',
        place: expect.objectContaining({ file: 'orders/contract.json', line: 3 }),
      }),
    )
  })

  test('refuses more than 10 MB before it looks at them', () => {
    expect(() => parseContract('x'.repeat(10 * 1024 * 1024 + 1), 'big')).toThrow(
      expect.objectContaining({ code: 'CONTRACT_INVALID', message: expect.stringMatching(/has 10\.0 MB/) }),
    )
  })

  test.each([65, 1_000_000])('refuses %i levels, whatever stands in texts', (depth) => {
    const deep = `{"format":1,"name":"[[[[","x":${'['.repeat(depth - 1)}${']'.repeat(depth - 1)}}`
    expect(() => parseContract(deep, 'deep')).toThrow(
      expect.objectContaining({ code: 'CONTRACT_INVALID', message: expect.stringMatching(/64 levels/) }),
    )
  })

  test('takes no key for a prototype', () => {
    const forged = text(good).replace(
      '"params":{}',
      '"params":{"__proto__":{"type":{"kind":"int"},"nullable":true,"required":false}}',
    )
    expect(forged).toContain('__proto__')
    const { params } = parseContract(forged, 'forged')
    expect([Object.getPrototypeOf(params), 'type' in params]).toEqual([Object.prototype, false])
  })
})
