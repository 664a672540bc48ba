// Run as a process: publishes so many times under a lease that is soon lost, with random pauses, and prints what became of each attempt.
import { setTimeout as sleep } from 'node:timers/promises'
import { isLevadaError } from '../../src/errors/index.ts'
import { holdLeases, waitForLeases } from '../../src/run/leases.ts'
import { day, open, publishing, stage } from './kit.ts'

const [root, rounds, runId] = process.argv.slice(2) as [string, string, string]
const written = [{ asset: 'shop.orders', dataset: open(root) }]
const leases = { beatMs: 5, ttlMs: 50 }
const request = { app: 'shop', runId, report: () => {}, leases }
const pause = (): Promise<void> => sleep(Math.random() * 10)

for (let round = 0; round < Number(rounds);) {
  try {
    const held = await holdLeases(written, request)
    try {
      const staging = await stage(open(root), [day('1'), day('2')])
      await pause()
      try {
        await held.check('shop.orders')
        await pause()
        await staging.publish({ ...publishing, runId })
        console.log(`kept ${staging.version}`)
      } catch (error) {
        await staging.discard()
        throw error
      }
    } finally {
      await held.release()
    }
    round++
  } catch (error) {
    if (!isLevadaError(error)) throw error
    console.log(error.code)
    if (error.code === 'LEASED') await waitForLeases(written, request, {})
    else round++
  }
}
