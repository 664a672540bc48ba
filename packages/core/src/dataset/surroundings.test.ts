import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { openSurroundings } from './surroundings.ts'

const scratch = () => {
  const path = mkdtempSync(join(tmpdir(), 'levada-folders-'))
  return { path, [Symbol.dispose]: () => rmSync(path, { recursive: true }) }
}
const names = Array.from({ length: 20 }, (_, i) => `asset_${i}`)

test('all but the first few of a folder are known', () => {
  using root = scratch()
  for (const name of names) mkdirSync(join(root.path, name))
  const folders = openSurroundings()
  expect(names.map((name) => folders.has(join(root.path, name)))).toEqual([
    ...Array.from({ length: 3 }),
    ...Array.from({ length: 17 }, () => true),
  ])
  const others = new Set(names.map((name) => folders.has(join(root.path, `${name}_x`))))
  expect(others).toEqual(new Set([false]))
})

test('nothing is in a folder that is not there', () => {
  using root = scratch()
  const folders = openSurroundings()
  expect(names.map((name) => folders.has(join(root.path, 'data', name)))).toEqual([
    ...Array.from({ length: 3 }),
    ...Array.from({ length: 17 }, () => false),
  ])
})

test('folders are told apart, in whatever order they are asked for', () => {
  using root = scratch()
  const domains = ['a', 'b']
  const pathOf = (domain: string, name: string): string => join(root.path, domain, domain + name)
  for (const domain of domains) for (const name of names) mkdirSync(pathOf(domain, name), { recursive: true })
  const folders = openSurroundings()
  const found = names.flatMap((name) => ['a', 'b', 'a'].map((domain) => folders.has(pathOf(domain, name))))
  expect(new Set(found.slice(12))).toEqual(new Set([true]))
  expect(folders.has(join(root.path, 'a', 'basset_1'))).toBe(false)
  expect(folders.has(join(root.path, 'b', 'aasset_1'))).toBe(false)
})

test('a name that a file system may take for another may be there', () => {
  using root = scratch()
  mkdirSync(join(root.path, 'Orders'))
  mkdirSync(join(root.path, 'cafe\u0301'))
  const folders = openSurroundings()
  for (const name of names) folders.has(join(root.path, name))
  expect(folders.has(join(root.path, 'orders'))).toBe(true)
  expect(folders.has(join(root.path, 'ORDERS'))).toBe(true)
  expect(folders.has(join(root.path, 'caf\u00e9'))).toBe(true)
  expect(folders.has(join(root.path, 'order'))).toBe(false)
})
