import { execa } from 'execa'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { runCase } from './reference/case.ts'
import { plants } from './reference/plants.ts'

const root = join(import.meta.dirname, 'reference')
const cases = 500

test(`${cases} of ${cases} random apps are planned as by brute force`, { timeout: 300_000 }, async () => {
  for (let number = 0; number < cases; number++) expect(await runCase(1, number)).toBeUndefined()
})

test('the planner by brute force has nothing of Levada', () => {
  for (const file of ['world.ts', 'selection.ts', 'reference.ts', 'generate.ts']) {
    const imports = [...readFileSync(join(root, file), 'utf8').matchAll(/from '([^']+)'/g)].map(
      ([, from]) => from!,
    )
    expect(imports.filter((from) => !/^\.\/(world|selection|reference)\.ts$|random\.ts$/.test(from))).toEqual(
      [],
    )
  }
})

/** In a process of its own, whose core has a mistake. */
const planted = (plant: number) =>
  execa(
    process.execPath,
    ['--conditions=@levada/source', '--import', './plant.mjs', 'main.ts', '--cases', '500'],
    { cwd: root, env: { LEVADA_PLANT: String(plant) }, reject: false },
  )

test.concurrent.each(plants.map((plant, i) => [plant.name, i] as const))(
  `planted mistake: %s`,
  { timeout: 300_000 },
  async (_, plant) => {
    const { exitCode, stderr } = await planted(plant)
    expect(stderr).toMatch(/^seed 1, case \d+, round \d/)
    expect(exitCode).toBe(1)
  },
)
