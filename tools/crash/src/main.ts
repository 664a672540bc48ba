// npm run crash -- --seed 1 --store parquet --places 40: kills runs wherever they write (at all places, when --places is left out),
// and looks at what a reader sees and at what an end of the run makes of it.
import { parseArgs } from 'node:util'
import { startPostgres } from '@levada/servers/postgres'
import { openCrashBench, type CrashBench, type Where } from './bench.ts'
import { openDatabases } from './databases.ts'
import { killAll, placesOf } from './matrix.ts'
import type { Store } from './scenario.ts'

const { values } = parseArgs({
  options: {
    seed: { type: 'string', default: '1' },
    store: { type: 'string', multiple: true, default: ['parquet', 'files', 'postgres'] },
    places: { type: 'string' },
  },
})
const seed = Number(values.seed)
const some = values.places === undefined ? undefined : Number(values.places)
let failed = 0

const shown = (where: Where): string =>
  [
    'point' in where ? `point ${where.point}` : `file ${where.file}`,
    ...('fault' in where ? [where.fault] : []),
    ...(where.concurrent ? ['steps side by side'] : []),
  ].join(', ')

async function run(bench: CrashBench): Promise<void> {
  const { store, ops, files } = bench
  console.log(
    `${store}: ${ops.length} points and ${files} files; each also with a loss of power, and what can fail does`,
  )
  const kinds = Map.groupBy(ops, ({ name }) => name)
  console.log(`  ${[...kinds].map(([name, each]) => `${name} ${each.length}`).join(', ')}`)
  const places = placesOf(bench, seed, some)
  let resumed = 0
  let early = 0
  let bad = 0
  await killAll(bench, places, seed, ({ where, power }, outcome) => {
    if (outcome.resumed) resumed++
    if (!outcome.at) early++
    if (outcome.wrong.length === 0) return
    bad++
    const { at, wrong } = outcome
    console.log(
      `✗ ${store}, ${shown(where)}${power ? ', power lost' : ''}, ${at?.phase} ${at?.name} ${at?.path}`,
    )
    for (const each of wrong) console.log(`    ${each.replaceAll('\n', '\n    ')}`)
  })
  failed += bad
  console.log(
    `${bad === 0 ? '✓' : '✗'} ${store}: disturbed at ${places.length - early} places of ${placesOf(bench, seed).length}, ${early} ended before; ${resumed} resumed, the others run anew; ${bad} wrong`,
  )
}

for (const store of values.store as readonly Store[]) {
  if (store !== 'postgres') {
    await using bench = await openCrashBench(store)
    await run(bench)
    continue
  }
  const server = await startPostgres()
  try {
    await using databases = await openDatabases(server)
    await using bench = await openCrashBench(store, { databases })
    await run(bench)
  } finally {
    await server.stop()
  }
}
process.exitCode = failed === 0 ? 0 : 1
