// npm run python: makes the environments, and prints how to use them. npm run python -- lock: resolves what is locked anew.
import { dirname } from 'node:path'
import { dbtEnvironment, dbtLock, dbtNames } from './dbt.ts'
import { writeLock } from './lock.ts'

const [action] = process.argv.slice(2)
if (action !== undefined && action !== 'lock') {
  console.error('Usage: npm run python [-- lock]')
  process.exit(2)
}
if (action === 'lock') for (const name of dbtNames) await writeLock(dbtLock(name))
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
