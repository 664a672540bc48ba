// npm run crash -- --seed 1 --store parquet --places 40: kills commands wherever they write (at all places, when --places is left out),
// and looks at what readers see and at what the same command makes of it afterwards. --only run --kind kill takes some of the commands and
// of what happens to them; --part 2/5 the second of five parts, which together are all places. With --full-disk their disk is full after so many
// blocks: that takes Linux, where a process may mount for itself alone. --race 1000 has two processes publish one asset so often.
import { parseArgs } from 'node:util'
import { startPostgres } from '@levada/servers/postgres'
import { execa } from 'execa'
import { openCrashBench, type CrashBench } from './bench.ts'
import { openDatabases, type Server } from './databases.ts'
import { memoryDisk, mounting } from './disk.ts'
import { kinds, placesOf, shownPlace, tallyOf, tallyText, type Kind } from './matrix.ts'
import { race } from './race.ts'
import type { Store } from './scenario.ts'

const { values } = parseArgs({
  options: {
    seed: { type: 'string', default: '1' },
    store: { type: 'string', multiple: true, default: ['parquet', 'files', 'postgres'] },
    only: { type: 'string', multiple: true },
    kind: { type: 'string', multiple: true, default: [...kinds] },
    part: { type: 'string', default: '1/1' },
    places: { type: 'string' },
    race: { type: 'string' },
    'full-disk': { type: 'boolean', default: false },
  },
})
const seed = Number(values.seed)
const some = values.places === undefined ? undefined : Number(values.places)
const { only } = values
const kind = values.kind as Kind[]
const [part = 1, parts = 1] = values.part.split('/').map(Number)
if (!kind.every((each) => kinds.includes(each))) throw new Error(`--kind is one of ${kinds.join(', ')}.`)
if (!(part >= 1 && part <= parts)) throw new Error('--part is one of so many, as 2/5.')
const full = values['full-disk']
let failed = 0
if (full && process.env['CRASH_MOUNTS'] === undefined) {
  if (!mounting)
    throw new Error('Nothing can be mounted here without being root: there is no unshare for users.')
  const words = [...mounting.slice(1), process.execPath, ...process.execArgv, ...process.argv.slice(1)]
  // There is no user but root where all this can be mounted, and a server does not run as root.
  const server = values.store.includes('postgres') ? await startPostgres() : undefined
  const env = {
    ...process.env,
    CRASH_MOUNTS: '1',
    ...(server && { CRASH_SERVER: JSON.stringify(server) }),
  }
  const { exitCode } = await execa(mounting[0]!, words, { stdio: 'inherit', reject: false, env })
  await server?.stop()
  process.exit(exitCode ?? 1)
}

async function run(bench: CrashBench): Promise<void> {
  const { store, scenes } = bench
  for (const { name, ops } of scenes) {
    const points = Map.groupBy(ops, (op) => op.name)
    console.log(`${store}, ${name}: ${[...points].map(([op, each]) => `${op} ${each.length}`).join(', ')}`)
  }
  const places = placesOf(bench, seed, some, kind).filter((_, i) => i % parts === part - 1)
  console.log(`${store}: ${places.length} of ${placesOf(bench, seed).length} places`)
  let done = 0
  const tallies = await tallyOf(bench, places, seed, (place, { at, wrong }) => {
    if (++done % 100 === 0) console.log(`${store}: ${done} done`)
    if (wrong.length === 0) return
    failed++
    console.log(`✗ ${store}, ${shownPlace(place)}, ${at?.phase} ${at?.name} ${at?.path}`)
    for (const each of wrong) console.log(`    ${each.replaceAll('\n', '\n    ')}`)
  })
  for (const scene of scenes) {
    const tally = tallies.get(scene.name)!
    console.log(`${tally.wrong === 0 ? '✓' : '✗'} ${store}, ${tallyText(scene, tally)}`)
  }
}

async function raceIn(store: Store, server?: object): Promise<void> {
  const { told, seen, wrong } = await race(Number(values.race), server)
  const outcomes = Object.entries(told).map(([name, times]) => `${name} ${times}`)
  console.log(
    `${wrong.length === 0 ? '✓' : '✗'} ${store}, ${values.race} rounds of each: ${outcomes.join(', ')}; ${seen} versions were seen, all of them read again`,
  )
  for (const each of wrong) console.log(`    ${each}`)
  if (wrong.length > 0) failed++
}

const options = { ...(only && { only }), ...(full && { disk: memoryDisk }) }
for (const store of values.store as readonly Store[]) {
  if (store !== 'postgres') {
    if (values.race === undefined) {
      await using bench = await openCrashBench(store, options)
      await run(bench)
    } else if (store === 'parquet') await raceIn(store)
    continue
  }
  const outer = process.env['CRASH_SERVER']
  const server =
    outer === undefined
      ? await startPostgres()
      : { ...(JSON.parse(outer) as Server), stop: async () => undefined }
  try {
    const { host, port, user, password, database } = server
    if (values.race !== undefined) {
      await raceIn(store, { type: 'postgres', host, port, user, password, database })
      continue
    }
    await using databases = await openDatabases(server)
    await using bench = await openCrashBench(store, { ...options, databases })
    await run(bench)
  } finally {
    await server.stop()
  }
}
process.exitCode = failed === 0 ? 0 : 1
