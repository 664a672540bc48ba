import { hostname, homedir } from 'node:os'
import { expect, test } from 'vitest'
import { figureOf, ratioFigure } from '../src/figure.ts'
import { reportText, withSections } from '../src/report.ts'

const [met, missed, unknown] = [
  ratioFigure('no-op: a thing, for each node', 'µs', 1.3, [
    [10, 10],
    [11, 10],
    [12, 10],
  ]),
  figureOf('no-op: 10,000 nodes with all that is recorded of it', 'µs', 1, 45, 30),
  figureOf('no-op: what nobody thought of', 'µs', 1, 200, 100),
]

test('the page says of each figure whether it meets its bar, and of those that do not, why', () => {
  const text = reportText([{ suite: 'no-op', figures: [met, missed, unknown] }], [], '2026-01-02')
  expect(text).toContain('2026-01-02')
  expect(text).toContain('1 of 3 met')
  expect(text).toContain(
    '| A thing, for each node | 11.0 µs | 10.0 µs | 1.10× (1.00 to 1.20) | ≤ 1.3× | met | 3 |',
  )
  expect(text).toContain('| 45.0 µs | 30.0 µs | 1.50× | ≤ 1× | **missed** | 1 |')
  expect(text).toContain('- Missed: 10,000 nodes with all that is recorded of it. A step is two events')
  expect(text).toContain('- Missed: what nobody thought of. Why is not known yet.')
})

test('what was not measured is told, and nothing of the machine but what it is', () => {
  const text = reportText(
    [{ suite: 'peers', figures: [] }],
    ['peers: not measured against X: this machine has no python3'],
    '2026-01-02',
  )
  expect(text).toContain('- peers: not measured against X: this machine has no python3.')
  expect(text).toContain('Not measured.')
  for (const name of [hostname(), homedir(), process.cwd()]) expect(text).not.toContain(name)
})

test('a section that is measured alone takes the place of the one before, tells so, and counts', () => {
  const suites = [
    { suite: 'no-op', figures: [met, missed] },
    { suite: 'plan', figures: [missed] },
  ]
  const whole = reportText(suites, [], '2026-01-02')
  const page = withSections(whole, [{ suite: 'no-op', figures: [met] }], [], '2026-02-03')
  expect(page).toContain('- **Bars**: 1 of 2 met')
  expect(page.match(/^## .*$/gm)).toEqual(['## What a step costs', '## Planning large graphs'])
  expect(page).toContain('- **When**: 2026-01-02')
  expect(page).toContain('- **When**, alone: 2026-02-03')
  expect(page.slice(page.indexOf('## Planning'))).toBe(whole.slice(whole.indexOf('## Planning')))

  const longer = withSections(page, [{ suite: 'dbt', figures: [missed] }], ['dbt: no'], '2026-02-04')
  expect(longer.match(/^## .*$/gm)?.at(-1)).toBe('## dbt through Levada')
  expect(longer).toContain('- dbt: no.')
  expect(longer).toContain('1 of 3 met')
})
