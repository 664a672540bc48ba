// Run as a process: publishes until it is killed, or as often as it is told, and prints what became of each attempt.
import { isLevadaError } from '../../src/errors/index.ts'
import { day, open, publishing, stage } from './kit.ts'

const [root, times, ...days] = process.argv.slice(2)
for (let i = 0; i < Number(times); i++) {
  const keys = days.length > 1 ? days.map(day) : [day(`${days[0]}${i}`)]
  const dataset = open(root!)
  const staging = await stage(dataset, keys, { replace: keys })
  try {
    await staging.publish({ ...publishing, runId: `${process.pid}` })
    console.log(`kept ${staging.version}`)
  } catch (error) {
    if (!isLevadaError(error) || error.code !== 'CONFLICT') throw error
    await staging.discard()
    console.log(`conflict ${staging.version}`)
  }
}
