import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { authorizationFor, readNpmConfig, registryOf } from '../src/npmrc.ts'

const config = (entries: Readonly<Record<string, string>>): ReadonlyMap<string, string> =>
  new Map(Object.entries(entries))

test.each([
  [
    '@acme/orders',
    { '@acme:registry': 'http://a.example', registry: 'http://b.example/' },
    'http://a.example/',
  ],
  [
    '@other/orders',
    { '@acme:registry': 'http://a.example', registry: 'http://b.example/' },
    'http://b.example/',
  ],
  ['orders', { '@acme:registry': 'http://a.example' }, 'https://registry.npmjs.org/'],
  ['@acme', { '@acme:registry': 'http://a.example/pk' }, 'http://a.example/pk/'],
])('registryOf %s', (name, entries, expected) => {
  expect(registryOf(name, config(entries))).toBe(expected)
})

test.each<[string, Readonly<Record<string, string>>, string | undefined]>([
  ['http://a.example/@acme%2forders', { '//a.example/:_authToken': 't' }, 'Bearer t'],
  ['http://a.example/pk/@acme/orders/-/x.tgz', { '//a.example/pk/:_authToken': 't' }, 'Bearer t'],
  [
    'http://a.example/pk/x',
    { '//a.example/pk/:_authToken': 'near', '//a.example/:_authToken': 'far' },
    'Bearer near',
  ],
  ['http://a.example/other/x', { '//a.example/pk/:_authToken': 't' }, undefined],
  ['http://a.example:81/x', { '//a.example/:_authToken': 't' }, undefined],
  ['http://b.example/x', { '//a.example/:_authToken': 't' }, undefined],
  ['http://a.example/x', { '//a.example/:_auth': 'YTpi' }, 'Basic YTpi'],
  ['http://a.example/x', { '//a.example/:username': 'a', '//a.example/:_password': 'Yg==' }, 'Basic YTpi'],
  // The old form, which would go to every registry.
  ['http://a.example/x', { _authToken: 't' }, undefined],
])('authorizationFor %s with %j', (url, entries, expected) => {
  expect(authorizationFor(url, config(entries))).toBe(expected)
})

test('readNpmConfig: the environment, then the nearest project file, then the file of the user', () => {
  const dir = mkdtempSync(join(tmpdir(), 'levada-npmrc-'))
  try {
    mkdirSync(join(dir, 'workspace/pipelines/orders'), { recursive: true })
    writeFileSync(join(dir, 'user'), ['registry=http://user/', '@a:registry=http://user-a/'].join('\n'))
    writeFileSync(
      join(dir, 'workspace/.npmrc'),
      '; a comment\n# another\nregistry = "http://project/"\n//h/:_authToken=${TOKEN}\n//i/:_authToken=${NONE}\n\n',
    )
    const env = {
      NPM_CONFIG_USERCONFIG: join(dir, 'user'),
      TOKEN: 'secret',
      'npm_config_@b:registry': 'http://env-b/',
      NPM_CONFIG_REGISTRY: '',
    }
    expect(Object.fromEntries(readNpmConfig(join(dir, 'workspace/pipelines/orders'), env))).toMatchObject({
      registry: 'http://project/',
      '@a:registry': 'http://user-a/',
      '@b:registry': 'http://env-b/',
      '//h/:_authToken': 'secret',
      '//i/:_authToken': '${NONE}',
    })
  } finally {
    rmSync(dir, { recursive: true })
  }
})
