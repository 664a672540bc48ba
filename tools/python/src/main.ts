// npm run python: makes the environments, and prints how to use them. npm run python -- lock: resolves anew what is locked.
// npm run python -- record: writes anew what packages/resources/dbt/test/recorded has.
import { dirname } from 'node:path'
import { dbtEnvironment, dbtLock, dbtNames, recordedDbts } from './dbt.ts'
import { writeLock } from './lock.ts'
import { record } from './record.ts'

const [action, ...names] = process.argv.slice(2)
if (action === undefined) await show()
else if (action === 'lock') for (const name of recordedDbts) await writeLock(dbtLock(name))
else if (action === 'record') await record(names)
else {
  console.error('Usage: npm run python [-- lock | record [dbt or case …]]')
  process.exitCode = 2
}

async function show(): Promise<void> {
  for (const name of dbtNames) {
    const { title, executable, env } = await dbtEnvironment(name)
    if (!executable) {
      console.error(title)
      process.exitCode = 1
      continue
    }
    const variables = Object.entries({ ...env, PATH: `${dirname(executable)}:$PATH` })
    console.log(
      `${title}:\n  export ${variables.map(([variable, value]) => `${variable}="${value}"`).join(' ')}`,
    )
  }
}
