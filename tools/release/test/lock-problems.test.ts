import { expect, test } from 'vitest'
import { lockProblems } from '../src/rehearsal/lock-problems.ts'

const registry = 'http://127.0.0.1:4873/'
const npm = { name: 'npm', says: ['resolved', 'integrity'] } as const
const expected = { version: '1.0.0', integrity: 'sha512-packed' }
const good = {
  name: '@levada/core',
  version: '1.0.0',
  resolved: `${registry}@levada/core/-/core-1.0.0.tgz`,
  integrity: 'sha512-packed',
}

test('an entry is what was packed, from the registry', () =>
  expect(lockProblems(npm, good, expected, registry)).toEqual([]))

test.each([
  [{ integrity: 'sha512-other' }, 'with the integrity sha512-other, not sha512-packed'],
  [{ version: '0.9.0' }, 'npm took @levada/core@0.9.0, not 1.0.0'],
  [{ resolved: 'https://elsewhere.invalid/core-1.0.0.tgz' }, 'from https://elsewhere.invalid/core-1.0.0.tgz'],
])('%j is told', (change, sentence) => {
  const problems = lockProblems(npm, { ...good, ...change }, expected, registry)
  expect(problems).toHaveLength(1)
  expect(problems[0]).toContain(sentence)
})

test('an entry that says nothing is a problem for a client whose lockfile says it, and for no other', () => {
  const { name, version } = good
  expect(lockProblems(npm, { name, version }, expected, registry)).toEqual([
    "the lockfile of npm has no 'resolved' of @levada/core",
    "the lockfile of npm has no 'integrity' of @levada/core",
  ])
  expect(lockProblems({ name: 'yarn', says: [] }, { name, version }, expected, registry)).toEqual([])
})
