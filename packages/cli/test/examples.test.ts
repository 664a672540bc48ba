import { codes } from '@levada/core'
import { exampleOf } from '@levada/core/run'
import { describe, expect, test } from 'vitest'
import { exampleProjects, orderShop, runExample } from './example-projects.ts'
import { project } from './project.ts'

const withServer = ['CONNECTION_LOST', 'DEPENDANTS', 'STATEMENT_TIMEOUT']
const here = Object.entries(exampleProjects) as [
  keyof typeof exampleProjects,
  (typeof exampleProjects)['USAGE'],
][]

describe('the example of each code is what the command prints', () => {
  test('of all codes, here or beside a server', () => {
    expect([...here.map(([code]) => code), ...withServer].toSorted()).toEqual(Object.keys(codes).toSorted())
  })

  test.each(here)('%s', async (code, around) => {
    const example = await exampleOf(code)
    const { code: exit, printed } = await runExample(example, around)
    expect(printed).toContain(example.printed)
    if (code !== 'CANCELLED') expect(example.printed).toContain(`(levada explain ${code})`)
    expect(printed).not.toMatch(/^\s+at .*\.[mt]?[jt]s:\d+:\d+\)$/m)
    // A run or a check tells by 1 that something is wrong, by 2 that it could not be tried.
    expect(
      code === 'CANCELLED' ? [130] : /^(check|run|generate --check)/.test(example.run) ? [1, 2] : [2],
    ).toContain(exit)
  })
})

test('an example whose project is sound prints nothing of it', async () => {
  const example = await exampleOf('SQL_BIND')
  const sound = { ...example, wrote: orderShop['total.sql'] }
  const { code, printed } = await runExample(sound, exampleProjects.SQL_BIND)
  expect([code, printed.includes('SQL_BIND')]).toEqual([0, false])
})

describe('levada explain', () => {
  test('prints them without an app, whatever the case of the word', async () => {
    using nowhere = project({})
    const { code, out } = await nowhere.levada('explain', 'stale_schema')
    expect(code).toBe(0)
    expect(out).toContain(codes.STALE_SCHEMA.cause)
    expect(out).toContain(codes.STALE_SCHEMA.remedy)
    expect(out).toContain('$ levada run shop.totals')
    const json = JSON.parse((await nowhere.levada('explain', 'STALE_SCHEMA', '--json')).out) as object
    expect(json).toMatchObject({
      code: 'STALE_SCHEMA',
      ...codes.STALE_SCHEMA,
      example: await exampleOf('STALE_SCHEMA'),
    })
  })
})
