import { expect, describe, test } from 'vitest'
import { parseSelection, printSelection } from './selection-syntax.ts'
import { selectionText } from './selector.ts'

const printed = (text: string): string => printSelection(parseSelection(text))

describe('parseSelection', () => {
  test.each([
    ['', ''],
    ['  x.a \t x.b ', 'x.a x.b'],
    ['x.a,tag:daily x.b', 'x.a,tag:daily x.b'],
    ['2+x.a+10 +x.* x.?+ @x.a', '2+x.a+10 +x.* x.?+ @x.a'],
    ['0+x.a+0', 'x.a'],
    ['007+x.a', '7+x.a'],
    ['one/stage-a stage-*', 'one/stage-a stage-*'],
    ['owner:"Data Team"+ owner:team@acme.com', 'owner:"Data Team"+ owner:team@acme.com'],
    [String.raw`tag:"a\"b\\c" tag:"plain"`, String.raw`tag:"a\"b\\c" tag:plain`],
    [
      '+pipeline:one+2 from:x.a to:x.b state:failed+ job:daily resource:mail domain:x',
      '+pipeline:one+2 from:x.a to:x.b state:failed+ job:daily resource:mail domain:x',
    ],
    ['--exclude x.a  x.b+ --exclude tag:t,x.c x.d', 'x.b+ x.d --exclude x.a --exclude tag:t,x.c'],
  ])('O11: %j prints as %j, and reads back the same', (text, expected) => {
    expect(printed(text)).toBe(expected)
    expect(parseSelection(printed(text))).toEqual(parseSelection(text))
  })

  test('a term that names an option of its own is a part, not an option', () => {
    expect(parseSelection('--exclude a').terms).toEqual([])
    expect(parseSelection('a').exclude).toEqual([])
  })

  test.each([
    ['+', 2, 'The + at column 1 is not followed by a name'],
    ['++x.a', 2, 'The + at column 1'],
    ['12+', 4, 'The + at column 3'],
    ['2x', 1, 'A name starts with a letter'],
    ['x.a++', 5, 'One + is enough'],
    ['x.a+2b', 6, "'b' is not understood"],
    ['x.a,,x.b', 5, "A name is missing before ','"],
    ['x.a, x.b', 4, 'The comma is not followed by a name'],
    ['x.a ,x.b', 5, 'A name is missing before the comma'],
    [',x.a', 1, 'A name is missing before the comma'],
    ['x.b tag:', 9, 'tag: is not followed by a name'],
    ['tga:daily', 1, "There is no selector 'tga:'. Did you mean 'tag'?"],
    ['state:chnaged', 7, "There is no state 'chnaged'. Did you mean 'changed'?"],
    ['owner:"a b', 7, 'The quotation mark is not closed'],
    ['@', 2, 'The @ is not followed by a name'],
    ['@x.a+', 5, '@ says both directions'],
    ['@+x.a', 1, '@ says both directions'],
    ['from:x.a+', 9, 'from: is a direction itself'],
    ['+to:x.a', 1, 'to: is a direction itself'],
    ['x.a --exclude', 5, '--exclude is not followed by a name'],
    ['x.a --exclude from:x.b', 15, 'from: is a slice'],
    ['x.a --exlude x.b', 5, "'--exlude' is no part of a selection. Did you mean '--exclude'?"],
    ["x.a'", 4, "''' is not understood here"],
    ['x.a\n$', 5, "A name is missing before '$'"],
    ['1234567+x.a', 1, '1234567 levels'],
  ])('O19: %j fails at column %i', (text, column, message) => {
    expect(() => parseSelection(text)).toThrow(
      expect.objectContaining({
        code: 'SELECTION_SYNTAX',
        message: expect.stringContaining(message),
        place: expect.objectContaining({ line: 1, column }),
      }),
    )
  })
})

describe('selectionText', () => {
  test.each([
    [{ asset: 'x.a', up: true, down: 2 }, '+x.a+2'],
    [{ asset: 'x.a', up: false, down: 0 }, 'x.a'],
    [{ match: 'x.*', around: true }, '@x.*'],
    [{ node: 'one/stage' }, 'one/stage'],
    [{ owner: 'Data "A" Team' }, String.raw`owner:"Data \"A\" Team"`],
    [
      {
        tag: 'daily',
        and: [
          { pipeline: 'one', down: true },
          { domain: 'x', and: { resource: 'mail' } },
        ],
      },
      'tag:daily,pipeline:one+,domain:x,resource:mail',
    ],
    [
      ['x.b+', { state: 'failed' as const }, { from: 'x.a' }, { job: 'a b' }],
      'x.b+ state:failed from:x.a job:"a b"',
    ],
    ['', ''],
  ])('%j', (selection, expected) => {
    expect(selectionText(selection)).toBe(expected)
  })

  test('each part of exclude is excluded', () => {
    expect(selectionText('x.a+', ['x.b x.c', { tag: 't', and: { domain: 'x' } }])).toBe(
      'x.a+ --exclude x.b --exclude x.c --exclude tag:t,domain:x',
    )
    expect(() => selectionText('x.a', 'x.b --exclude x.c')).toThrow('--exclude of its own')
  })

  test.each([
    [{ tags: 'x' }, "has an unknown key 'tags'"],
    [{ tag: 'x', asset: 'x.a' }, 'is no part of a selection'],
    [{ up: true }, 'is no part of a selection'],
    [{ asset: 'x.*' }, 'write { match: … }'],
    [{ match: 'x.a' }, 'has no * or ?'],
    [{ asset: 'x.a+' }, "has a 'asset' that is no name"],
    [{ asset: 'x.a x.b' }, "has a 'asset' that is no name"],
    [{ node: 'tag:x' }, "has a 'node' that is no name"],
    [{ asset: 1 }, "has a 'asset' that is no text"],
    [{ asset: 'x.a', up: 1.5 }, '1.5 is no number of levels'],
    [{ asset: 'x.a', around: true, up: 1 }, 'says both directions'],
    [{ state: 'new' }, 'There is no state'],
  ])('refuses %j', (selector, message) => {
    expect(() => selectionText(selector as never)).toThrow(
      expect.objectContaining({ code: 'SELECTION_SYNTAX', message: expect.stringContaining(message) }),
    )
  })
})
