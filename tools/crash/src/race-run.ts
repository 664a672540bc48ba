// Run as a process: publishes so many times under leases that are soon lost, by a clock that is so many hours off, and prints what became
// of each attempt.
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { isLevadaError, loadApp, openApp, type EventSink } from '@levada/core/run'
import { jump } from './clock.ts'
import { rowsMarked } from './race-app.ts'

const [dir, name, rounds, hours] = process.argv.slice(2) as [string, string, string, string]
jump(Number(hours))
const leases = { beatMs: 5, ttlMs: 50 }
const session = await openApp(await loadApp(dir), { appDir: dir, processEnv: { RACER: name } })
const pause = (): Promise<void> => sleep(Math.random() * 10)
const report = (): void => {}
const some = (of: number): boolean => Math.random() < 1 / of

async function publish(mark: number): Promise<void> {
  writeFileSync(join(dir, `landing/${name}.csv`), rowsMarked(mark))
  // All of it, or a day alone.
  const partition = some(2) ? { day: `2021-03-0${1 + Math.floor(Math.random() * 3)}` } : undefined
  const plan = await session.plan('write', { force: true, ...(partition && { partition }) })
  await pause()
  const codes: string[] = []
  const sink: EventSink = {
    name: 'race',
    event(event) {
      if (event.type === 'step_finished') for (const { code } of event.errors ?? []) codes.push(code)
    },
  }
  const { state, materializations } = await session.run(plan, {
    runner: 'sequential',
    leases,
    report,
    sinks: [sink],
  })
  for (const { id } of materializations.values()) console.log(`kept ${id}`)
  if (state !== 'succeeded') console.log(codes.toSorted().join(' '))
}

for (let round = 1; round <= Number(rounds);) {
  try {
    await publish(round * 10 + Number(name))
    if (some(10)) await session.clean(['race.days'], { remove: true })
    round++
  } catch (error) {
    if (!isLevadaError(error) || error.code !== 'LEASED') throw error
    console.log(error.code)
    await session.whenFree(await session.plan('write', { force: true }), { leases, report })
  }
}
await session.close()
