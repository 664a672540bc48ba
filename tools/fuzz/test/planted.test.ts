import { expect, test } from 'vitest'
import { openBench } from '../src/bench.ts'
import type { Expectation, Mutated, Outcome, SeenError } from '../src/case.ts'
import { runCase } from '../src/fuzz.ts'
import { judge } from '../src/judge.ts'
import { projectFiles } from '../src/project-files.ts'

const wanted: Expectation = {
  kind: 'error',
  error: { codes: ['SQL_BIND'], where: [{ file: 'sql/a.sql', line: 2, column: 3 }], says: ["'amount'"] },
}
const right: SeenError = {
  code: 'SQL_BIND',
  message: "a: there is no column amuont. Did you mean 'amount'?",
  hint: 'Correct the name.',
  file: 'sql/a.sql',
  line: 2,
  column: 3,
}
const outcome = (errors: readonly SeenError[], rest: Partial<Outcome> = {}): Outcome => ({
  result: undefined,
  errors,
  printed: '',
  intact: true,
  ...rest,
})

test('the right error at the right place passes, an equal result too', () => {
  expect(judge(wanted, outcome([right]), '')).toBeUndefined()
  expect(judge({ kind: 'same' }, outcome([], { result: 'rows' }), 'rows')).toBeUndefined()
})

test.each<[string, Outcome, string]>([
  ['another code', outcome([{ ...right, code: 'SQL_FAILED' }]), 'expected SQL_BIND'],
  ['another file', outcome([{ ...right, file: 'sql/b.sql' }]), 'sql/b.sql:2:3'],
  ['another line', outcome([{ ...right, line: 3 }]), 'sql/a.sql:3:3'],
  ['another column', outcome([{ ...right, column: 4 }]), 'sql/a.sql:2:4'],
  ['no place', outcome([{ code: 'SQL_BIND', message: right.message, hint: 'x' }]), 'at no place'],
  ['no nearest name', outcome([{ ...right, message: 'There is no such column.' }]), `saying ["'amount'"]`],
  ['no hint', outcome([{ ...right, hint: ' ' }]), 'no hint'],
  ['no code', outcome([{ ...right, code: '' }]), 'no code'],
  ['INTERNAL', outcome([right, { ...right, code: 'INTERNAL' }]), 'INTERNAL'],
  ['a second error', outcome([right, { ...right, code: 'SQL_RESULT' }]), 'another error beside'],
  ['nothing at all', outcome([], { result: 'rows' }), 'nothing was told'],
  ['a result in spite of it', outcome([right], { result: 'rows' }), 'in spite of errors'],
  ['a spoilt version', outcome([right], { intact: false }), 'published before'],
  ['a megabyte', outcome([{ ...right, message: right.message.padEnd(1e6) }]), '1000000 characters'],
  [
    'a stack trace',
    outcome([right], { printed: 'Error: no\n    at run (file:///levada/run.ts:3:5)\n' }),
    'a stack trace',
  ],
  [
    'a raw engine error',
    outcome([{ ...right, message: `{"exception_type":"Binder"} 'amount'` }]),
    'of the engine',
  ],
  ['an error of JavaScript', outcome([{ ...right, hint: 'TypeError: x is not a function' }]), 'JavaScript'],
])('the judge refuses %s', (_, seen, why) => {
  expect(judge(wanted, seen, '')).toContain(why)
})

test('the judge refuses another result, and a refusal of what is sound', () => {
  expect(judge({ kind: 'same' }, outcome([], { result: '[1,2]' }), '[1,3]')).toContain('another result')
  expect(judge({ kind: 'same' }, outcome([]), '[1,3]')).toContain('another result')
  expect(judge({ kind: 'same' }, outcome([right]), '')).toContain('nothing is wrong')
  expect(judge({ kind: 'result', result: '[]' }, outcome([], { result: '[1]' }), '')).toContain(
    'another result',
  )
})

test('the judge looks for file, line, column and value of data', () => {
  const expected: Expectation = {
    kind: 'error',
    error: {
      codes: ['DATA_UNREADABLE'],
      where: [{ file: 'landing/a.csv', line: 3, field: 'n', value: '1,5' }],
    },
  }
  const message = "stage: file '/x/landing/a.csv' line 3: column n: '1,5' is not an int."
  const details = { file: '/x/landing/a.csv', line: 3, column: 'n', value: '1,5' }
  const told = { code: 'DATA_UNREADABLE', message, hint: 'Repair the file.', details }
  expect(judge(expected, outcome([told]), '')).toBeUndefined()
  for (const wrong of [
    { ...told, details: { ...details, line: 2 } },
    { ...told, details: { ...details, column: 'm' } },
    { ...told, details: { ...details, value: '1' } },
    { ...told, details: { ...details, file: '/x/landing/b.csv' } },
    { ...told, message: 'A value is not an int.' },
  ])
    expect(judge(expected, outcome([wrong]), '')).toContain('expected DATA_UNREADABLE')
})

test('real outcomes: a lie about a mutation is found out, the truth passes', async () => {
  using bench = await openBench()
  const files = projectFiles()
  const csv = String(files['landing/orders.csv'])
  const broken = { ...files, 'landing/orders.csv': csv.replace('20.25', '20;25') }
  const run = (mutated: Partial<Mutated>) =>
    runCase(bench, {
      seed: 0,
      number: 0,
      mutator: 'planted',
      thorough: false,
      mutated: { files, done: '', expect: { kind: 'same' }, target: 'sales.orders', ...mutated },
    })
  const at = (line: number): Expectation => ({
    kind: 'error',
    error: {
      codes: ['DATA_UNREADABLE'],
      where: [{ file: 'landing/orders.csv', line, field: 'amount', value: '20;25' }],
    },
  })
  expect(await run({})).toBeUndefined()
  expect(await run({ files: broken, expect: at(3) })).toBeUndefined()
  expect(await run({ files: broken, expect: at(4) })).toContain('expected DATA_UNREADABLE')
  expect(await run({ files: broken })).toContain('nothing is wrong')
  expect(await run({ expect: at(3) })).toContain('nothing was told')
  const other = { ...files, 'landing/orders.csv': csv.replace('20.25', '20.26') }
  expect(await run({ files: other })).toContain('another result')
})
