// Run as a process: runs one asset of the app in the working directory, with leases that are soon lost, and prints what came of it.
import { loadApp, openApp, LevadaError, type LevadaEvent, type Session } from '@levada/core/run'

const [selection, waits, beatMs, ttlMs] = process.argv.slice(2)
const leases = { beatMs: Number(beatMs), ttlMs: Number(ttlMs) }
const appDir = process.cwd()
await using session = (await openApp((await loadApp(appDir)) as never, { appDir })) as unknown as Session
const print = (event: LevadaEvent): void => {
  if (event.type === 'step_started') console.log('started')
  if (event.type === 'asset_materialized') console.log(`published ${event.number}`)
  if (event.type === 'step_finished') for (const { code } of event.errors ?? []) console.log(code)
}
for (
  let plan = await session.plan(selection!, { force: true });
  ;
  plan = await session.plan(selection!, { force: true })
) {
  try {
    const { state } = await session.run(plan, { leases, sinks: [{ name: 'print', event: print }] })
    console.log(state)
    break
  } catch (error) {
    if (!(error instanceof LevadaError) || error.code !== 'LEASED') throw error
    console.log('LEASED')
    if (waits !== 'wait') break
    await session.whenFree(plan, { leases })
  }
}
