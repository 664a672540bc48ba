import { execFileSync, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type RequestListener, type Server } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import { connect, type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { openRegistry } from '../src/index.ts'
import { fetchFor } from '../src/through-proxy.ts'

/** Answers as a registry does that has one version of everything. */
const registry: RequestListener = (request, response) => {
  const name = decodeURIComponent(request.url!.slice(1))
  response.end(JSON.stringify({ versions: { '1.0.0': { dist: { tarball: `https://here/${name}` } } } }))
}
/** What was asked of the proxy: an address, or a host to connect to. */
const asked: string[] = []
const proxy = createServer((request, response) => {
  asked.push(request.url!)
  registry({ ...request, url: new URL(request.url!).pathname } as never, response as never)
}).on('connect', (request, socket) => {
  asked.push(request.url!)
  // Names that only the proxy knows.
  const up = connect(portOf(request.url!.endsWith(':443') ? secure! : plain), '127.0.0.1', () => {
    socket.write('HTTP/1.1 200 Connection established\r\n\r\n')
    up.pipe(socket).pipe(up)
  })
  up.on('error', () => socket.destroy())
  socket.on('error', () => up.destroy())
})
const plain = createServer(registry)
let secure: Server | undefined
let dir: string

const portOf = (server: { address(): unknown }): number => (server.address() as AddressInfo).port
const listen = async (server: Server): Promise<void> => {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
}
const openssl = spawnSync('openssl', ['version']).status === 0

beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), 'levada-proxy-'))
  await Promise.all([listen(proxy), listen(plain)])
  if (!openssl) return
  const files = ['-keyout', join(dir, 'key.pem'), '-out', join(dir, 'cert.pem')]
  const made = [
    'req',
    '-x509',
    '-newkey',
    'rsa:2048',
    '-nodes',
    '-days',
    '2',
    '-subj',
    '/CN=packages.example',
  ]
  execFileSync('openssl', [...made, '-addext', 'subjectAltName=DNS:packages.example', ...files], {
    stdio: 'ignore',
  })
  secure = createTlsServer(
    { key: readFileSync(join(dir, 'key.pem')), cert: readFileSync(join(dir, 'cert.pem')) },
    registry,
  )
  await listen(secure)
})
// Who runs the tests by npm has its own settings in the environment, and these win.
for (const name of Object.keys(process.env)) if (/^npm_config_/i.test(name)) vi.stubEnv(name, undefined)
afterAll(() => {
  vi.unstubAllEnvs()
  for (const server of [proxy, plain, secure]) server?.close()
  rmSync(dir, { recursive: true })
})

const proxyUrl = (): string => `http://127.0.0.1:${portOf(proxy)}`
const packument = async (npmrc: string): Promise<unknown> => {
  writeFileSync(join(dir, '.npmrc'), npmrc)
  asked.length = 0
  return (await openRegistry(dir).packument('@acme/orders'))?.versions
}
const npmrcOf = (settings: Readonly<Record<string, string>>): string =>
  Object.entries(settings)
    .map(([key, value]) => `${key}=${value}\n`)
    .join('')
const found = { '1.0.0': { tarball: 'https://here/@acme/orders' } }

test('a registry whose name only the proxy knows is asked through it', async () => {
  expect(await packument(npmrcOf({ registry: 'http://packages.example/', proxy: proxyUrl() }))).toEqual(found)
  expect(asked.join()).toContain('packages.example')
})

test('noproxy goes directly', async () => {
  const own = `http://127.0.0.1:${portOf(plain)}/`
  expect(await packument(npmrcOf({ registry: own, proxy: proxyUrl(), noproxy: '127.0.0.1' }))).toEqual(found)
  expect(asked).toEqual([])
})

test('without a proxy nothing is loaded for it', async () => {
  expect(await fetchFor(new Map([['proxy', 'null']]), {})).toBe(fetch)
  expect(await fetchFor(new Map(), { HTTPS_PROXY: 'http://127.0.0.1:1' })).not.toBe(fetch)
})

test('certificates that cannot be read are told', async () => {
  await expect(packument(`cafile=${join(dir, 'none.pem')}\n`)).rejects.toMatchObject({
    code: 'REGISTRY_FAILED',
    message: expect.stringContaining('none.pem cannot be read') as string,
  })
})

test.skipIf(!openssl)('TLS through the proxy: with cafile, not without (needs openssl)', async () => {
  const npmrc = npmrcOf({ registry: 'https://packages.example/', 'https-proxy': proxyUrl() })
  await expect(packument(npmrc)).rejects.toMatchObject({
    code: 'REGISTRY_FAILED',
    message: expect.stringContaining('its certificate is not trusted') as string,
  })
  expect(await packument(`${npmrc}cafile=${join(dir, 'cert.pem')}\n`)).toEqual(found)
  expect(asked).toEqual(['packages.example:443'])
  expect(await packument(`${npmrc}strict-ssl=false\n`)).toEqual(found)
})
