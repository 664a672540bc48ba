import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { openFolders } from './folders.ts'

const scratch = () => {
  const path = mkdtempSync(join(tmpdir(), 'levada-folders-'))
  return { path, [Symbol.dispose]: () => rmSync(path, { recursive: true }) }
}
const names = Array.from({ length: 20 }, (_, i) => `asset_${i}`)

test('what is there may be there, and of many that are not only the first few', () => {
  using root = scratch()
  for (const name of names) mkdirSync(join(root.path, name))
  const folders = openFolders()
  expect(names.filter((name) => !folders.mayHave(join(root.path, name)))).toEqual([])
  const others = names.map((name) => `${name}_x`).filter((name) => folders.mayHave(join(root.path, name)))
  expect(others).toEqual([])
})

test('nothing is in a folder that is not there, nor below it', () => {
  using root = scratch()
  const folders = openFolders()
  const found = names.filter((name) => folders.mayHave(join(root.path, 'data', name)))
  expect(found).toEqual(names.slice(0, 3))
})

test('folders are told apart, in whatever order they are asked for', () => {
  using root = scratch()
  for (const domain of ['a', 'b'])
    for (const name of names) mkdirSync(join(root.path, domain, domain + name), { recursive: true })
  const folders = openFolders()
  for (const name of names)
    for (const domain of ['a', 'b', 'a'])
      expect(folders.mayHave(join(root.path, domain, domain + name))).toBe(true)
  expect(folders.mayHave(join(root.path, 'a', 'basset_1'))).toBe(false)
  expect(folders.mayHave(join(root.path, 'b', 'aasset_1'))).toBe(false)
})

test('a name that a file system may take for another may be there', () => {
  using root = scratch()
  mkdirSync(join(root.path, 'Orders'))
  mkdirSync(join(root.path, 'cafe\u0301'))
  const folders = openFolders()
  for (const name of names) folders.mayHave(join(root.path, name))
  expect(folders.mayHave(join(root.path, 'orders'))).toBe(true)
  expect(folders.mayHave(join(root.path, 'ORDERS'))).toBe(true)
  expect(folders.mayHave(join(root.path, 'caf\u00e9'))).toBe(true)
  expect(folders.mayHave(join(root.path, 'order'))).toBe(false)
})
