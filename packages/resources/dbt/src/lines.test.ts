import { expect, test } from 'vitest'
import { createLineSplitter } from './lines.ts'

const linesOf = (bytes: Uint8Array, size: number): string[] => {
  const splitter = createLineSplitter()
  const lines: string[] = []
  for (let at = 0; at < bytes.length; at += size) lines.push(...splitter.push(bytes.subarray(at, at + size)))
  return [...lines, ...splitter.end()]
}

test('lines are the same whatever the chunks are, in the middle of a character, too', () => {
  const bytes = Buffer.from('one\r\n{"a":"Größe 😀"}\n\nlast without a break')
  for (const size of [1, 2, 3, 7, 1000])
    expect(linesOf(bytes, size)).toEqual(['one', '{"a":"Größe 😀"}', '', 'last without a break'])
})

test('bytes that are no UTF-8 spoil their own line only', () => {
  const bytes = Buffer.concat([Buffer.from('a\n'), Buffer.from([0xff, 0xc3, 0x0a]), Buffer.from('b\n')])
  expect(linesOf(bytes, 1)).toEqual(['a', '\u{fffd}\u{fffd}', 'b'])
})

test('a line of 10 MB in small chunks takes no time that grows with its square', () => {
  const bytes = Buffer.from(`${'x'.repeat(10_000_000)}\nend\n`)
  const lines = linesOf(bytes, 65_536)
  expect(lines.map(({ length }) => length)).toEqual([10_000_000, 3])
})
