// `npm start`, `npm test` … on a fresh clone: fetches pnpm, which installs what is missing and runs the task on the pinned Node.
import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'

const [task, ...args] = process.argv.slice(2)
if (task === '--guard') {
  const [major, minor] = process.versions.node.split('.').map(Number)
  if (major > 22 || (major === 22 && minor >= 18)) process.exit()
  console.error(
    `Node ${process.version} is too old: 22.18 is needed. The pinned one comes as an optional dependency,`,
  )
  console.error(
    'which is missing: your platform has none, or optional dependencies are switched off. Install Node >= 22.18.',
  )
  process.exit(1)
}
const { packageManager } = JSON.parse(readFileSync(new URL('package.json', import.meta.url), 'utf8'))
const pnpm = process.env.npm_config_user_agent?.startsWith('pnpm/') ? ['pnpm'] : ['npx', '-y', packageManager]
const quiet = process.env.npm_config_loglevel === 'silent' ? ['--silent'] : []
const { status, error } = spawnSync(pnpm[0], [...pnpm.slice(1), ...quiet, 'run', task, ...args], {
  stdio: 'inherit',
  cwd: import.meta.dirname,
})
if (error) console.error(`boot: cannot start ${pnpm[0]}: ${error.message}`)
process.exit(status ?? 1)
