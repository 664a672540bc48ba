import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { notSelectAt, paramUses, rewriteParams, trimStatement } from './sql-text.ts'

const names = (text: string): string[] => paramUses(text).map(({ name }) => name)

describe('paramUses', () => {
  test.each([
    ['select $a, $b_2 from t', ['a', 'b_2']],
    ["select '$a', '$b''$c', $d", ['d']],
    ['select "$a", "x""$b", $c', ['c']],
    ['select 1 -- $a\n, $b', ['b']],
    ['select /* $a /* $b */ $c */ $d', ['d']],
    ['select $$ $a $$, $tag$ $b $tag$, $c', ['c']],
    ['select x::int, l[1:n], $a::date', ['a']],
    ["select E'it\\'s $a', $b", ['b']],
    ['select a$b, 1$c, $d$', ['d']],
    ['select $1, $', []],
  ])('%s', (text, expected) => {
    expect(names(text)).toEqual(expected)
  })
})

describe('rewriteParams', () => {
  test('maps offsets back to the author', () => {
    const text = 'select $a + b, $c'
    const { text: rewritten, original } = rewriteParams(text, (name) => `getvariable('${name}')`)
    expect(rewritten).toBe("select getvariable('a') + b, getvariable('c')")
    expect(text.slice(original(rewritten.indexOf(' + b')))).toBe(' + b, $c')
    expect(original(rewritten.length)).toBe(text.length)
  })

  test('law: outside of parameters every character maps to itself', () => {
    const piece = fc.constantFrom(
      'select ',
      '$a',
      '$long_name',
      "'$x'",
      '"$y"',
      '-- $z\n',
      '/* $w */',
      ' + ',
      'col',
      ',',
      '\n',
    )
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 20 }), fc.nat(12), (pieces, length) => {
        const text = pieces.join('')
        const { text: rewritten, original } = rewriteParams(text, () => '\u0001'.repeat(length + 1))
        for (let i = 0; i < rewritten.length; i++)
          if (rewritten[i] !== '\u0001') expect(text[original(i)]).toBe(rewritten[i])
      }),
    )
  })
})

test.each([
  ['select 1;', 'select 1'],
  ['select 1 ; -- done\n;\n', 'select 1'],
  ["select ';' /* x */", "select ';'"],
  ['select 1 -- ;\nfrom t', 'select 1 -- ;\nfrom t'],
  ['select 1 /* /* open */', 'select 1 /* /* open */'],
])('trimStatement: %j', (text, expected) => {
  expect(trimStatement(text)).toBe(expected)
})

test.each([
  ['select 1; select 2', 10],
  ["-- a;\nselect ';' ;; /* ; */\n drop table x", 29],
  [' drop table x; select 1', 1],
  ['(select 1)', 0],
])('notSelectAt of %j is %i', (text, at) => {
  expect(notSelectAt(text)).toBe(at)
})
