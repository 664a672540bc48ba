import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'

test('the planner by brute force imports nothing but itself', () => {
  const dir = join(import.meta.dirname, '../src')
  const files = globSync('*.ts', { cwd: dir })
  expect(files).toContain('reference.ts')
  for (const file of files) {
    const imports = [...readFileSync(join(dir, file), 'utf8').matchAll(/from '([^']+)'/g)].map(
      ([, from]) => from!,
    )
    expect(imports.filter((from) => !/^\.\/[a-z]+\.ts$/.test(from))).toEqual([])
  }
})
