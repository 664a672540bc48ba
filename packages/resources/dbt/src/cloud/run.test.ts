import { expect, test } from 'vitest'
import { runSchema } from './run.ts'

const read = (raw: object) => runSchema('https://cloud.getdbt.com', 1).parse(raw)

test('runSchema needs the id alone', () => {
  expect(read({ id: 7 })).toEqual({
    id: 7,
    jobId: undefined,
    status: 'unknown',
    isFinished: false,
    success: false,
    message: undefined,
    cause: undefined,
    steps: [],
    createdAt: undefined,
    startedAt: undefined,
    finishedAt: undefined,
    url: 'https://cloud.getdbt.com/api/v2/accounts/1/runs/7/',
  })
  expect(() => read({ id: '7' })).toThrow('id')
})

test('runSchema takes what is of another kind than expected for nothing', () => {
  const run = read({
    id: 7,
    status: 'Success',
    trigger: 3,
    run_steps: {},
    created_at: 5,
    href: 1,
    status_message: [],
  })
  expect(run).toEqual(read({ id: 7 }))
  const { steps } = read({ id: 7, run_steps: [null, 3, { index: 'one', name: 4, status: 10 }] })
  expect(steps).toEqual([
    { index: undefined, name: '', status: 'success', startedAt: undefined, finishedAt: undefined, logs: '' },
  ])
})

test('runSchema goes by is_complete where it does not know the status', () => {
  expect(read({ id: 7, status: 11, is_complete: true, is_success: true })).toMatchObject({
    status: 'unknown',
    isFinished: true,
    success: true,
  })
  expect(read({ id: 7, status: 11, is_complete: true })).toMatchObject({ isFinished: true, success: false })
  expect(read({ id: 7, status: 11 })).toMatchObject({ isFinished: false })
})

test.each([
  ['2026-11-30 06:00:00.123456+00:00', '2026-11-30T06:00:00.123Z'],
  ['2026-11-30 07:00:00+01:00', '2026-11-30T06:00:00.000Z'],
  ['2026-11-30 07:00:00+0100', '2026-11-30T06:00:00.000Z'],
  ['2026-11-30T06:00:00Z', '2026-11-30T06:00:00.000Z'],
  ['2026-11-30 06:00:00.5', '2026-11-30T06:00:00.500Z'],
  ['yesterday', undefined],
])('runSchema has the time %s as %s', (given, expected) => {
  expect(read({ id: 7, created_at: given }).createdAt).toBe(expected)
})

test('runSchema makes the address of a run that has none', () => {
  expect(read({ id: 7, project_id: 5 }).url).toBe('https://cloud.getdbt.com/deploy/1/projects/5/runs/7/')
  expect(read({ id: 7, href: 'https://ab1.us1.dbt.com/runs/7' }).url).toBe('https://ab1.us1.dbt.com/runs/7')
})
