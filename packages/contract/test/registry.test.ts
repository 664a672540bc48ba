import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openRegistry, readSide } from '../src/index.ts'
import { column, provides } from './contracts.ts'
import { tgz } from './tar.ts'

const packed = (name: string, version: string): Buffer =>
  tgz([
    { path: 'package/package.json', text: JSON.stringify({ name, version }) },
    { path: 'package/contract.json', text: JSON.stringify(provides([column('id', 'int')])) },
  ])
const integrity = (data: Buffer): string => `sha512-${createHash('sha512').update(data).digest('base64')}`
const good = packed('@acme/good', '1.0.0')

/** What the registry at the address answers, and with which status. */
const answers: Readonly<Record<string, (url: string) => readonly [number, string | Buffer]>> = {
  '/@acme%2fgood': (url) => [200, packument(url, '1.0.0', 'good.tgz', integrity(good))],
  '/good.tgz': () => [200, good],
  '/@acme%2fforged': (url) => [200, packument(url, '1.0.0', 'good.tgz', integrity(good))],
  '/@acme%2fswapped': (url) => [200, packument(url, '1.0.0', 'good.tgz', integrity(Buffer.from('other')))],
  '/@acme%2flost': (url) => [200, packument(url, '1.0.0', 'lost.tgz')],
  '/@acme%2fhtml': () => [200, '<html>'],
  '/@acme%2fdenied': () => [401, '{}'],
  '/@acme%2felsewhere': () => [200, packument('http://localhost', '1.0.0', 'good.tgz')],
  '/@acme%2fempty': () => [200, '{ "versions": {} }'],
  '/@acme%2fportal': () => [200, '{ "error": "log in first" }'],
  '/@acme%2flist': () => [200, '[1, 2]'],
  '/@acme%2fbroken': () => [200, '{ "versions": { "1.0.0": null } }'],
  '/@acme%2faddress': () => [200, packument('file:///', '1.0.0', 'etc/passwd')],
  '/@acme%2fnowhere': () => [200, packument('', '1.0.0', 'good.tgz')],
}
const packument = (url: string, version: string, file: string, sum?: string): string =>
  JSON.stringify({
    'dist-tags': { latest: version },
    versions: { [version]: { dist: { tarball: `${url}${file}`, ...(sum && { integrity: sum }) } } },
  })

const asked: IncomingMessage[] = []
const server = createServer((request, response) => {
  asked.push(request)
  const [status, body] = answers[request.url ?? '']?.(url()) ?? [404, '{}']
  response.writeHead(status).end(body)
})
const url = (): string => `http://127.0.0.1:${(server.address() as AddressInfo).port}/`
let dir: string
beforeAll(async () => {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  dir = mkdtempSync(join(tmpdir(), 'levada-registry-'))
  writeFileSync(
    join(dir, '.npmrc'),
    `@acme:registry=${url()}\n//127.0.0.1:${new URL(url()).port}/:_authToken=of-ann\n`,
  )
})
afterAll(() => {
  server.close()
  rmSync(dir, { recursive: true })
})

describe('a version in a registry', () => {
  test('is read with its token, and checked against its integrity', async () => {
    const side = await readSide('@acme/good', { cwd: dir })
    expect(side).toMatchObject({ kind: 'registry', label: '@acme/good@1.0.0', contract: { name: 'shop' } })
    expect(asked.slice(-2).map(({ headers }) => headers.authorization)).toEqual([
      'Bearer of-ann',
      'Bearer of-ann',
    ])
  })

  test.each([
    ['forged', 'TARBALL_INVALID', 'The tarball @acme/forged@1.0.0 says that it is @acme/good@1.0.0.'],
    [
      'swapped',
      'TARBALL_INVALID',
      'The tarball @acme/swapped@1.0.0 is not the one that the registry tells the integrity of.',
    ],
    ['lost', 'REGISTRY_FAILED', 'The registry has no tarball of @acme/lost@1.0.0.'],
    ['html', 'REGISTRY_FAILED', 'answered with something that is no JSON.'],
    ['denied', 'REGISTRY_FAILED', 'answered 401 to @acme/denied.'],
    ['portal', 'REGISTRY_FAILED', 'answered with something that is no @acme/portal.'],
    ['list', 'REGISTRY_FAILED', 'answered with something that is no @acme/list.'],
    ['broken', 'REGISTRY_FAILED', 'answered with something that is no @acme/broken.'],
    ['address', 'REGISTRY_FAILED', 'names no address of the tarball of @acme/address@1.0.0.'],
    ['nowhere', 'REGISTRY_FAILED', 'names no address of the tarball of @acme/nowhere@1.0.0.'],
    ['empty', 'REGISTRY_FAILED', 'The registry has no @acme/empty@latest; it has no version.'],
    ['absent', 'REGISTRY_FAILED', 'No registry that .npmrc names has a package @acme/absent.'],
  ])('@acme/%s: %s', async (name, code, message) => {
    const error = (await readSide(`@acme/${name}`, { cwd: dir }).catch((thrown: unknown) => thrown)) as Error
    expect(error).toMatchObject({ code, message: expect.stringContaining(message) })
    expect(`${error.message} ${error.stack}`).not.toContain('of-ann')
  })

  test('the token is not sent to another host that a packument names', async () => {
    await expect(readSide('@acme/elsewhere', { cwd: dir })).rejects.toMatchObject({ code: 'REGISTRY_FAILED' })
    expect(asked.at(-1)?.url).toBe('/@acme%2felsewhere')
  })

  test('a registry that cannot be searched says so', async () => {
    await expect(openRegistry(dir).search('@acme')).rejects.toMatchObject({
      code: 'REGISTRY_FAILED',
      message: expect.stringContaining('cannot be searched'),
    })
  })
})
