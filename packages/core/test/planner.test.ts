import { execa } from 'execa'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { runCase } from './reference/case.ts'
import { plants } from './reference/plants.ts'

const root = join(import.meta.dirname, 'reference')
const cases = 500

test(`${cases} of ${cases} random apps are planned as by brute force`, { timeout: 300_000 }, async () => {
  for (let number = 0; number < cases; number++) expect(await runCase(1, number)).toBeUndefined()
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
