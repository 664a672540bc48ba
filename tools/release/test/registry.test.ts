import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { npmrc, startRegistry } from '../src/registry.ts'
import type { Registry } from '../src/registry.ts'

const folder = mkdtempSync(join(tmpdir(), 'levada-registry-test-'))
const asked: string[] = []
/** Another registry, which has every package that one asks for. */
const other = createServer((request, response) => {
  const name = decodeURIComponent(request.url ?? '').slice(1)
  asked.push(name)
  const dist = { tarball: 'http://127.0.0.1/none.tgz', shasum: '0'.repeat(40) }
  const versions = { '1.0.0': { name, version: '1.0.0', dist } }
  response.setHeader('content-type', 'application/json')
  response.end(JSON.stringify({ name, 'dist-tags': { latest: '1.0.0' }, versions }))
})
let registry: Registry

beforeAll(async () => {
  other.listen(0, '127.0.0.1')
  await once(other, 'listening')
  registry = await startRegistry({
    folder,
    scopes: ['@acme'],
    uplink: { url: `http://127.0.0.1:${(other.address() as AddressInfo).port}/` },
  })
})
afterAll(async () => {
  await registry[Symbol.asyncDispose]()
  other.close()
  rmSync(folder, { recursive: true })
})

const get = (name: string): Promise<Response> => fetch(registry.url + name.replace('/', '%2f'))

function put(name: string, token?: string): Promise<Response> {
  const version = { name, version: '1.0.0', dist: { tarball: `${registry.url}x.tgz` } }
  const body = {
    _id: name,
    name,
    'dist-tags': { latest: '1.0.0' },
    versions: { '1.0.0': version },
    _attachments: { 'x-1.0.0.tgz': { data: 'AA==', length: 1 } },
  }
  return fetch(registry.url + name.replace('/', '%2f'), {
    method: 'PUT',
    headers: { 'content-type': 'application/json', ...(token && { authorization: `Bearer ${token}` }) },
    body: JSON.stringify(body),
  })
}

test('packages of others come from the other registry', async () => {
  expect((await get('left')).status).toBe(200)
  expect(asked).toContain('left')
})

test('what has the scope of the registry is asked of nobody else', async () => {
  expect((await get('@acme/secret')).status).toBe(404)
  expect(asked.filter((name) => name.startsWith('@acme'))).toEqual([])
})

test('only its user publishes, and only its scopes', async () => {
  expect((await put('@acme/x')).status).toBe(401)
  expect((await put('@acme/x', await registry.guest())).status).toBe(403)
  expect((await put('left', registry.token)).status).toBe(403)
  expect((await put('@acme/x', registry.token)).status).toBe(201)
  expect((await put('@acme/x', registry.token)).status).toBe(409)
})

test('refuseOnce refuses the next request that fits, and no other', async () => {
  registry.refuseOnce(({ path }) => path === '/@acme/x')
  expect((await get('left')).status).toBe(200)
  expect((await get('@acme/x')).status).toBe(503)
  expect((await get('@acme/x')).status).toBe(200)
  expect(registry.requests.filter(({ path }) => path === '/@acme/x').length).toBeGreaterThan(1)
})

test('npmrc names each scope, and the token when it is given', () => {
  expect(npmrc(registry)).toBe(`@acme:registry=${registry.url}\n`)
  const address = registry.url.slice('http:'.length)
  expect(npmrc(registry, 'secret')).toBe(`@acme:registry=${registry.url}\n${address}:_authToken=secret\n`)
})
