import { execa } from 'execa'
import { describe, expect, inject, test } from 'vitest'

const reported: Record<string, RegExp> = { dbt1: /installed: 1\.11\.16\b/, dbt2: /2\.0\.0\b/ }

describe.each(inject('dbt'))('$title', ({ name, executable, env }) => {
  test.skipIf(!executable)('is what is locked', async () => {
    const { all } = await execa({ env, all: true })`${executable!} --version`
    expect(all).toMatch(reported[name]!)
  })
})
