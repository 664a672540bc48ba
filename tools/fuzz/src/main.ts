// npm run fuzz -- --seed 1 --cases 10000; --only words runs the mutators of a name, --case K one case, whose folder it keeps.
import { parseArgs } from 'node:util'
import { openBench } from './bench.ts'
import { caseOf, fuzz, timeoutMs, type Case, type Failure } from './fuzz.ts'
import { projectFiles } from './project-files.ts'
import { startWatchdog } from './watchdog.ts'

const { values } = parseArgs({
  options: {
    seed: { type: 'string', default: '1' },
    cases: { type: 'string', default: '500' },
    case: { type: 'string' },
    only: { type: 'string' },
  },
})
const [seed, cases] = [Number(values.seed), Number(values.cases)]
const only = values.only ?? ''

function* drawn(): Generator<Case> {
  if (values.case !== undefined) return yield caseOf(seed, Number(values.case))
  for (let number = 0; number < cases; number++) {
    const each = caseOf(seed, number)
    if (each.mutator.includes(only)) yield each
  }
}

/** What is needed to see a failure again: the words, and the files that are not as they were. */
function reproduction({ failed: { number, mutator, mutated }, why }: Failure): string {
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

const bench = await openBench()
const watchdog = startWatchdog(timeoutMs * 1.5)
const started = performance.now()
const report = await fuzz(bench, drawn(), {
  begin: ({ number }) => watchdog.begin(number),
  failed: (failure) => console.log(`${reproduction(failure)}\n`),
})
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
if (values.case === undefined) bench[Symbol.dispose]()
else console.log(`The project as the case left it: ${bench.dir}`)
process.exit(report.failures.length > 0 ? 1 : 0)
