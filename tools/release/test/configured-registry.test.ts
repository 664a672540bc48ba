import { expect, test } from 'vitest'
import { authorizationFor } from '../src/configured-registry.ts'

const registry = 'https://packages.example.invalid/team/'

test('authorizationFor takes the token of the longest path that the registry lies below', () => {
  const text = [
    '//packages.example.invalid/:_authToken=host',
    '//packages.example.invalid/team/:_authToken="path"',
    '//packages.example.invalid/team/other/:_authToken=below',
    '//elsewhere.invalid/team/:_authToken=elsewhere',
  ]
  expect(authorizationFor(registry, [text.join('\n')])).toBe('Bearer path')
})

test('authorizationFor reads variables of the environment, and user:password', () => {
  const env = { TOKEN: 'of-the-environment' }
  expect(authorizationFor(registry, ['//packages.example.invalid/team/:_authToken = ${TOKEN}'], env)).toBe(
    'Bearer of-the-environment',
  )
  expect(authorizationFor(registry, ['//packages.example.invalid/team/:_auth=bmFtZQ=='])).toBe(
    'Basic bmFtZQ==',
  )
})

test('authorizationFor knows nothing of other registries', () =>
  expect(authorizationFor(registry, ['//elsewhere.invalid/:_authToken=x\nregistry=https://a.invalid'])).toBe(
    undefined,
  ))
