// npm run bench [-- flights types] [--json] [--pairs N] [--write]: --write measures what docs/performance.md tells, and writes it; of names, their sections
import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { printFigure, type Figure } from './figure.ts'
import { catalog } from './catalog.ts'
import { check } from './check.ts'
import { contracts } from './contracts.ts'
import { dbt } from './dbt.ts'
import { dbtEvents } from './dbt-events.ts'
import { flights } from './flights.ts'
import { memory } from './memory.ts'
import { noOp } from './no-op.ts'
import { peers } from './peers.ts'
import { plan } from './plan.ts'
import { notMeasured } from './python.ts'
import { sections } from './report-texts.ts'
import { writeReport, writeSections, type Measured } from './report.ts'
import { rows } from './rows.ts'
import { start } from './start.ts'
import { types } from './types.ts'
import { warm } from './warm.ts'

const suites: Record<
  string,
  { readonly pairs: number; readonly run: (pairs: number) => Promise<readonly Figure[]> }
> = {
  flights: { pairs: 15, run: flights },
  types: { pairs: 7, run: types },
  start: { pairs: 21, run: start },
  rows: { pairs: 5, run: rows },
  check: { pairs: 7, run: check },
  catalog: { pairs: 7, run: catalog },
  plan: { pairs: 5, run: plan },
  warm: { pairs: 11, run: warm },
  'no-op': { pairs: 5, run: noOp },
  contracts: { pairs: 7, run: contracts },
  dbt: { pairs: 3, run: dbt },
  'dbt-events': { pairs: 7, run: dbtEvents },
  memory: { pairs: 1, run: memory },
  peers: { pairs: 7, run: peers },
}

/** In ten minutes; others as they are by default. */
const pairsToWrite: Readonly<Record<string, number>> = {
  flights: 7,
  peers: 6,
  start: 11,
  warm: 7,
  'no-op': 3,
  plan: 3,
  rows: 3,
}

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    json: { type: 'boolean', default: false },
    pairs: { type: 'string' },
    write: { type: 'boolean', default: false },
  },
})
const all = values.write ? Object.keys(sections) : Object.keys(suites)
const names = positionals.length > 0 ? positionals : all
const unknown = names.find((name) => !suites[name])
if (unknown !== undefined) {
  console.error(`There is no benchmark '${unknown}'; there are ${Object.keys(suites).join(', ')}.`)
  process.exit(2)
}
const untold = values.write ? names.find((name) => !sections[name]) : undefined
if (untold !== undefined) {
  console.error(`docs/performance.md has no section '${untold}'; it has ${Object.keys(sections).join(', ')}.`)
  process.exit(2)
}
const pairs = values.pairs === undefined ? undefined : Number(values.pairs)
if (pairs !== undefined && !(Number.isInteger(pairs) && pairs > 0)) {
  console.error(`--pairs is a number from 1 on, not '${values.pairs}'.`)
  process.exit(2)
}

// What is measured is what is published.
const root = join(import.meta.dirname, '../../..')
execFileSync(join(root, 'node_modules/.bin/nx'), ['run-many', '--target=build'], {
  cwd: root,
  stdio: ['ignore', 'ignore', 'inherit'],
  env: { ...process.env, NX_DAEMON: 'false' },
})

const measured: Measured[] = []
for (const name of names) {
  const suite = suites[name]!
  try {
    const figures = await suite.run(pairs ?? (values.write ? pairsToWrite[name] : undefined) ?? suite.pairs)
    for (const figure of figures) printFigure(figure, values.json)
    measured.push({ suite: name, figures })
  } catch (error) {
    // A page without one of them is worth more than none.
    if (!values.write) throw error
    console.error(error)
    notMeasured.push(`${name}: not measured, as its benchmark failed`)
    measured.push({ suite: name, figures: [] })
  }
}
const left = [...new Set(notMeasured)]
if (values.write && positionals.length > 0) writeSections(measured, left)
else if (values.write) writeReport(measured, left)
const isMet = measured.every(({ figures }) => figures.length > 0 && figures.every(({ ok }) => ok))
process.exitCode = isMet ? 0 : 1
