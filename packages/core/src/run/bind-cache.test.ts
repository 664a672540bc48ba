import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import type { Binder, Engine, Query } from '../engine/index.ts'
import { openBindCache } from './bind-cache.ts'

const query = (text: string, column = 'a'): Query => ({
  kind: 'query',
  name: 'node',
  sql: { text, file: 'node.sql', line: 1, column: 1 },
  inputs: { t: { kind: 'empty', columns: [{ name: column, type: { kind: 'int' }, nullable: false }] } },
  params: {},
})

function bench(): {
  dir: string
  asked: string[]
  bind: (version: string | undefined, ...queries: Query[]) => Promise<void>
} & Disposable {
  const dir = mkdtempSync(join(tmpdir(), 'levada-bind-'))
  const asked: string[] = []
  const binder: Binder = {
    async bind({ sql }) {
      if (sql.text === 'wrong') throw new RangeError('wrong')
      asked.push(sql.text)
      return [{ name: 'a', type: { kind: 'boolean' } }]
    },
    async [Symbol.asyncDispose]() {},
  }
  return {
    dir,
    asked,
    async bind(version, ...queries) {
      const cache = openBindCache(dir)
      const over = cache.over(
        { ...(version !== undefined && { bindsAlikeWhile: version }) } as Engine,
        binder,
      )
      for (const each of queries) await over.bind(each)
      cache.save()
    },
    [Symbol.dispose]: () => rmSync(dir, { recursive: true }),
  }
}

test('binds again only what has changed: the text, an input, the version of the engine', async () => {
  using it = bench()
  await it.bind('1', query('one'), query('two'))
  await it.bind('1', query('one'), query('two'))
  expect(it.asked).toEqual(['one', 'two'])
  await it.bind('1', query('one'), query('three'), query('two', 'b'))
  expect(it.asked).toEqual(['one', 'two', 'three', 'two'])
  await it.bind('2', query('one'))
  expect(it.asked.at(-1)).toBe('one')
})

test('keeps nothing of an engine whose bindings others can change, and nothing that failed', async () => {
  using it = bench()
  await it.bind(undefined, query('one'))
  await it.bind(undefined, query('one'))
  expect(it.asked).toEqual(['one', 'one'])
  await expect(it.bind('1', query('wrong'))).rejects.toThrow('wrong')
  await expect(it.bind('1', query('wrong'))).rejects.toThrow('wrong')
})

test('forgets what an app does not ask for any more, and survives a damaged file', async () => {
  using it = bench()
  await it.bind('1', query('one'), query('two'))
  await it.bind('1', query('one'))
  await it.bind('1', query('two'))
  expect(it.asked).toEqual(['one', 'two', 'two'])
  const file = join(it.dir, '.levada/cache/bindings.json')
  expect(existsSync(file)).toBe(true)
  const [key] = Object.keys((JSON.parse(readFileSync(file, 'utf8')) as { results: object }).results)
  const damaged = [
    '{"format":1,"res',
    'null',
    '{"format":1}',
    `{"format":1,"results":{"${key}":null}}`,
    `{"format":1,"results":{"${key}":[{}]}}`,
  ]
  for (const [i, text] of damaged.entries()) {
    writeFileSync(file, text)
    await it.bind('1', query('two'))
    expect(it.asked, text).toHaveLength(4 + i)
  }
})
