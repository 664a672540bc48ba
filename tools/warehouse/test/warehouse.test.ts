import { appendFileSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { lineOf, simulate, type Outcome } from './simulate.ts'

async function inFolder(
  ...[nights, meddle]: [nights: number, meddle?: Parameters<typeof simulate>[2]]
): Promise<Outcome> {
  const root = mkdtempSync(join(tmpdir(), 'levada-warehouse-'))
  try {
    return await simulate(root, nights, meddle)
  } finally {
    rmSync(root, { recursive: true, force: true })
  }
}

test(
  '120 nights of a company: nothing runs that need not, and in the end all is as computed in one go',
  { timeout: 1_200_000 },
  async () => {
    const { summary, differences } = await inFolder(120)
    console.log(lineOf(summary))
    expect(differences).toEqual([])
    const { failures, failedSteps } = summary
    expect(summary).toMatchObject({ nights: 120, tables: 51, schemaChanges: 4 })
    expect(failures['bad row'] + failures.throws + failures.killed).toBe(34)
    expect(failedSteps).toBe(failures['bad row'] + failures.throws)
    expect(
      Math.min(failures.killed, summary.late, summary.corrected, summary.skipped),
    ).toBeGreaterThanOrEqual(10)
  },
)

test('a step that need not run is told', async () => {
  const { differences } = await inFolder(2, (night, landing) => {
    // Another file with the same rows.
    if (night === 1) appendFileSync(join(landing, 'web.raw_visits.csv'), '\n')
  })
  expect(differences[0]).toMatch(
    /^2021-02-02 shop web\/visits: plans day=2021-02-01,region=east .*, expected day=2021-02-02,region=east /,
  )
})

test('a row that is not as computed in one go is told', async () => {
  const { differences } = await inFolder(1, (night, landing) => {
    if (night === 1) appendFileSync(join(landing, 'fin.raw_fx.csv'), '2021-02-01,7\n')
  })
  expect(differences).toContainEqual('fin.fx: 1 rows, expected 2; only here ; missing day=2021-02-01 rate=7')
})
