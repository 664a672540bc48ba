import { expect, test } from 'vitest'
import { decodeUtf8 } from './utf8.ts'

test.each(['', 'a', 'ã€😀\ufffd\n', '\ufeffa: 1'])('%j is read as it is', (text) => {
  expect(decodeUtf8(Buffer.from(text))).toEqual({ text })
})

test.each([
  ['a latin-1 letter', [Buffer.from('a: 1\nd\u00e3: d'), Buffer.from([0xe9]), Buffer.from('ja\n')], 2, 6],
  ['one behind the sign of a fault', [Buffer.from('\ufffd\ufffd'), Buffer.from([0xe9])], 1, 3],
  ['a letter that is cut off by the end', [Buffer.from('a\n\n'), Buffer.from([0xe2, 0x82])], 3, 1],
  ['a letter that is cut off by a line', [Buffer.from('a'), Buffer.from([0xc3]), Buffer.from('\nb')], 1, 2],
])('%s has its place', (_, parts, line, column) => {
  expect(decodeUtf8(Buffer.concat(parts))).toEqual({ fault: 'is not UTF-8', line, column })
})

test('UTF-16 is called so, with its mark and without', () => {
  const little = Buffer.from('a: 1\n', 'utf16le')
  for (const bytes of [little, Buffer.from(little).swap16()])
    for (const marked of [
      bytes,
      Buffer.concat([bytes[0] === 0 ? Buffer.from([0xfe, 0xff]) : Buffer.from([0xff, 0xfe]), bytes]),
    ])
      expect(decodeUtf8(marked)).toMatchObject({ fault: 'is UTF-16, and has to be UTF-8' })
})
