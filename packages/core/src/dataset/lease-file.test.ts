import type fs from 'node:fs'
import { linkSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, expect, test, vi } from 'vitest'
import { newHolder } from './lease.ts'
import { takeLease } from './lease-file.ts'

vi.mock(import('node:fs'), async (original) => {
  const fs = await original()
  return { ...fs, linkSync: vi.fn(fs.linkSync) }
})

const root = mkdtempSync(join(tmpdir(), 'levada-lease-'))
afterEach(() => rmSync(root, { recursive: true, force: true }))

test('a network file system that says a name is taken, and has given it to us, has given us the lease', async () => {
  const { linkSync: link } = await vi.importActual<typeof fs>('node:fs')
  // The answer to the first request was lost.
  vi.mocked(linkSync).mockImplementationOnce((...given) => {
    link(...given)
    throw Object.assign(new Error('EEXIST: file already exists'), {
      code: 'EEXIST',
      errno: -17,
      syscall: 'link',
    })
  })
  const { lease, inUse } = takeLease(root, newHolder('shop', 'first'), undefined, () => 'nfs')
  expect(inUse).toBeUndefined()
  expect(await lease!.lost()).toBeUndefined()
  expect(readdirSync(join(root, 'leases'))).toEqual(['00000001.json'])
  expect(takeLease(root, newHolder('shop', 'second'), undefined, () => 'nfs').inUse).toMatchObject({
    holder: { runId: 'first' },
    network: 'nfs',
  })
})
