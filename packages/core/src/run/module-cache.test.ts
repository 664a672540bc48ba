import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { openModuleCache, type ModuleFacts } from './module-cache.ts'

/** Commands one after the other in one app; each tells which modules it had to read. */
function bench() {
  const dir = mkdtempSync(join(tmpdir(), 'levada-modules-'))
  return {
    file: join(dir, '.levada/cache/modules.json'),
    async command(...texts: string[]): Promise<readonly string[]> {
      const cache = openModuleCache(dir)
      const read: string[] = []
      for (const text of texts) {
        const facts: ModuleFacts = { code: `code of ${text}`, imports: [text], files: [], untold: false }
        const made = await cache.of(text, '.ts', async () => {
          read.push(text)
          return facts
        })
        expect(made).toEqual(facts)
      }
      cache.save()
      return read
    },
    [Symbol.dispose]: () => rmSync(dir, { recursive: true }),
  }
}

test('a module is read again only when its text changes, whatever other commands ask for', async () => {
  using it = bench()
  expect(await it.command('a', 'b', 'a')).toEqual(['a', 'b'])
  expect(await it.command('b')).toEqual([])
  expect(await it.command('a', 'b2')).toEqual(['b2'])
  expect(await it.command('a', 'b', 'b2')).toEqual([])
})

test('what was kept by another Node, or cannot be read, is read again', async () => {
  using it = bench()
  await it.command('a')
  writeFileSync(it.file, readFileSync(it.file, 'utf8').replace('"untold":false', '"untold":0'))
  expect(await it.command('a')).toEqual(['a'])
  writeFileSync(it.file, '{')
  expect(await it.command('a')).toEqual(['a'])
  const { version } = process
  Object.defineProperty(process, 'version', { value: 'v1.0.0', configurable: true })
  try {
    expect(await it.command('a')).toEqual(['a'])
  } finally {
    Object.defineProperty(process, 'version', { value: version, configurable: true })
  }
  expect(await it.command('a')).toEqual([])
})
