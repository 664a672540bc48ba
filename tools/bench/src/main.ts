// npm run bench [-- flights types] [--json] [--pairs N]
import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { printFigure, type Figure } from './figure.ts'
import { catalog } from './catalog.ts'
import { check } from './check.ts'
import { contracts } from './contracts.ts'
import { flights } from './flights.ts'
import { memory } from './memory.ts'
import { noOp } from './no-op.ts'
import { plan } from './plan.ts'
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
  memory: { pairs: 1, run: memory },
}

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { json: { type: 'boolean', default: false }, pairs: { type: 'string' } },
})
const names = positionals.length > 0 ? positionals : Object.keys(suites)
const unknown = names.find((name) => !suites[name])
if (unknown !== undefined) {
  console.error(`There is no benchmark '${unknown}'; there are ${Object.keys(suites).join(', ')}.`)
  process.exit(2)
}

// What is measured is what is published.
const root = join(import.meta.dirname, '../../..')
execFileSync(join(root, 'node_modules/.bin/nx'), ['run-many', '--target=build'], {
  cwd: root,
  stdio: ['ignore', 'ignore', 'inherit'],
  env: { ...process.env, NX_DAEMON: 'false' },
})

let failed = 0
for (const name of names) {
  const { pairs, run } = suites[name]!
  for (const figure of await run(values.pairs === undefined ? pairs : Number(values.pairs))) {
    printFigure(figure, values.json)
    if (!figure.ok) failed++
  }
}
process.exitCode = failed > 0 ? 1 : 0
