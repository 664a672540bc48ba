import { writeFileSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { expect, test } from 'vitest'
import { functionsOf, withEager } from '../src/eager.ts'

const code = `import { sep } from 'node:path'
function twice(n) { return add(n, n) }
const add = (a, b = 1) => a + b, pair = (a, b) => ({ a, b }), later = async ([first]) => (await first) + 1
class Box { constructor(v) { this.v = v } get = () => this.v; static of(v) { return new Box(v) } }
async function* all(items) { for (const item of items) yield* [item].map((x) => x * 10) }
const object = { named: (x) => x, method() { return [1, 2].map((x) => x + 1) }, get own() { return (() => this.named(3))() }, plain: function () { return this.named(4) } }
function outer() { return inner(() => arguments.length); function inner(f) { return f() } }
const curried = (a) => (b) => ((c) => a + b + c)
const withDefault = (f = () => 5) => f()
export { twice, add, pair, later, Box, all, object, outer, curried, withDefault, sep }
`

async function results(text: string): Promise<unknown> {
  const dir = mkdtempSync(join(tmpdir(), 'levada-eager-'))
  try {
    const file = join(dir, 'module.mjs')
    writeFileSync(file, text)
    const of = await import(pathToFileURL(file).href)
    const all: number[] = []
    for await (const each of of.all([1, 2])) all.push(each)
    return [
      of.twice(2),
      of.add(1),
      of.pair(1, 2),
      await of.later([Promise.resolve(1)]),
      of.Box.of(7).get(),
      all,
      of.object.named(1),
      of.object.method(),
      of.object.own,
      of.object.plain(),
      of.outer(1, 2, 3),
      of.curried(1)(2)(3),
      of.withDefault(),
      of.sep,
      [of.twice, of.add, of.pair, of.object.named, of.object.plain, of.later].map((f) => [f.name, f.length]),
    ]
  } finally {
    rmSync(dir, { recursive: true })
  }
}

test('a module whose functions are compiled with it does the same', async () => {
  const keys = functionsOf(code).map(({ key }) => key)
  expect(keys).toEqual(expect.arrayContaining(['twice', '.add', 'outer/inner', 'all/#1', '.curried/#1/#1']))
  const eager = withEager(code, new Set(keys))
  expect(eager).toContain('var twice=(function twice(n)')
  expect(eager).toContain('add = (function(a,b = 1){return  a + b})')
  expect(eager).not.toContain('(function(){return  arguments.length})')
  expect(await results(eager)).toEqual(await results(code))
  // What is found in it is found in what was made of it.
  expect(
    functionsOf(eager)
      .map(({ key }) => key)
      .toSorted(),
  ).toEqual(keys.toSorted())
})

test('what is not named stays as it is', () => {
  expect(withEager(code, new Set())).toBe(code)
  const some = withEager(code, new Set(['.curried', '.curried/#1/#1']))
  expect(some).toContain('const curried = (function(a){return  (b) => ((function(c){return  a + b + c}))})')
})
