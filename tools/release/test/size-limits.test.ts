import { expect, test } from 'vitest'
import { publicPackages, root } from '../src/packages.ts'
import { sizeLimits, sizeProblems } from '../src/size-limits.ts'

test('sizeProblems tells what is too large, and what has no limit', () => {
  const limits = { '@levada/a': 10 }
  expect(sizeProblems('@levada/a', 10_000, limits)).toEqual([])
  expect(sizeProblems('@levada/a', 10_001, limits)).toEqual(['has 11 kB packed, and may have 10 kB'])
  expect(sizeProblems('@levada/b', 1, limits)).toEqual([
    'has no size limit: give it one in tools/release/src/size-limits.ts',
  ])
})

test('every public package has a limit', () =>
  expect(publicPackages(root).filter(({ name }) => sizeLimits[name] === undefined)).toEqual([]))
