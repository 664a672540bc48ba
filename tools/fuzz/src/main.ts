// npm run fuzz -- --seed 1 --cases 10000; --target dbt breaks what dbt writes, in place of a project; --only words runs the mutators of a
// name, --case K one case, and keeps its folder or input.
import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { openBench } from './bench.ts'
import { dbtCases, runDbtCase, type DbtCase } from './dbt/fuzz.ts'
import { caseOf, fuzz, timeoutMs, type Case } from './fuzz.ts'
import { judgeAll, type Failure, type Report } from './judge-all.ts'
import { projectFiles } from './project-files.ts'
import { startWatchdog } from './watchdog.ts'

const { values } = parseArgs({
  options: {
    seed: { type: 'string', default: '1' },
    cases: { type: 'string', default: '500' },
    case: { type: 'string' },
    only: { type: 'string' },
    target: { type: 'string', default: 'project' },
  },
})
const [seed, cases] = [Number(values.seed), Number(values.cases)]
const only = values.only ?? ''

function* drawn<C extends { readonly mutator: string }>(make: (number: number) => C): Generator<C> {
  if (values.case !== undefined) return yield make(Number(values.case))
  for (let number = 0; number < cases; number++) {
    const each = make(number)
    if (each.mutator.includes(only)) yield each
  }
}

/** What is needed to see a failure again: the words, and the files that are not as they were. */
function reproduction({ failed: { number, mutator, mutated }, why }: Failure<Case>): string {
  const { files, args, env = 'dev', done } = mutated
  const changed = Object.entries(files).filter(([file, content]) => projectFiles()[file] !== content)
  const gone = Object.keys(projectFiles()).filter((file) => !(file in files))
  const texts = changed.map(([file, content]) =>
    typeof content === 'string' && content.length < 2000
      ? `  ${file}\n${content.replaceAll(/^/gm, '  | ')}`
      : `  ${file}, ${content.length} characters or bytes`,
  )
  return [
    `✗ ${mutator}: ${done.slice(0, 200)} (environment ${env})`,
    `  ${why}`,
    ...(args ? [`  levada ${args.map((arg) => JSON.stringify(arg)).join(' ')}`] : texts.slice(0, 4)),
    ...gone.map((file) => `  ${file} is not there`),
    `  again: npm run fuzz -- --seed ${seed} --case ${number}`,
  ].join('\n')
}

const reproductionOfDbt = ({ failed: { number, mutator, recording, done }, why }: Failure<DbtCase>): string =>
  [
    `✗ ${mutator}: ${recording}, ${done.slice(0, 200)}`,
    `  ${why}`,
    `  again: npm run fuzz -- --target dbt --seed ${seed} --case ${number}`,
  ].join('\n')

const watchdog = startWatchdog(timeoutMs * 1.5)
const begin = ({ number }: { readonly number: number }): void => watchdog.begin(number)

async function fuzzProject(): Promise<Report<Case>> {
  const bench = await openBench()
  const report = await fuzz(
    bench,
    drawn((number) => caseOf(seed, number)),
    {
      begin,
      failed: (failure) => console.log(`${reproduction(failure)}\n`),
    },
  )
  if (values.case === undefined) bench[Symbol.dispose]()
  else console.log(`The project as the case left it: ${bench.dir}`)
  return report
}

function fuzzDbt(): Promise<Report<DbtCase>> {
  return judgeAll(drawn(dbtCases(seed)), runDbtCase, {
    begin(each) {
      begin(each)
      if (values.case === undefined) return
      const file = join(mkdtempSync(join(tmpdir(), 'levada-fuzz-')), each.recording.split('/').at(-1)!)
      writeFileSync(file, each.input())
      console.log(`What the parser gets: ${file}`)
    },
    failed: (failure) => console.log(`${reproductionOfDbt(failure)}\n`),
  })
}

const targets: Readonly<Record<string, () => Promise<Report<Case | DbtCase>>>> = {
  project: fuzzProject,
  dbt: fuzzDbt,
}
const target = targets[values.target]
if (!target) {
  console.error(`There is no target '${values.target}'; there are ${Object.keys(targets).join(', ')}.`)
  process.exit(2)
}
const started = performance.now()
const report = await target()
const seconds = (performance.now() - started) / 1000
await watchdog.stop()

const names = [...report.rows].toSorted(([a], [b]) => (a < b ? -1 : 1))
console.log(`${'mutator'.padEnd(44)} ${'cases'.padStart(6)} ${'passed'.padStart(6)}`)
for (const [name, row] of names)
  console.log(`${name.padEnd(44)} ${String(row.cases).padStart(6)} ${String(row.passed).padStart(6)}`)
const passed = report.cases - report.failures.length
console.log(
  `\nseed ${seed}: ${passed} of ${report.cases} cases passed, ${report.rows.size} mutators, ${seconds.toFixed(0)} s (${(report.cases / seconds).toFixed(0)} a second)`,
)
process.exit(report.failures.length > 0 ? 1 : 0)
