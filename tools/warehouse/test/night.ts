import { openApp } from '@levada/core/run'
import { writeSync } from 'node:fs'
import { appOf } from './apps.ts'
import { requestOf, type Killed } from './run-night.ts'

// A run that is killed before it publishes the step of the number `after`; it tells the steps that it published.
const { team, night, dir, after } = JSON.parse(process.argv[2]!) as Killed
await using session = await openApp(appOf(team, night), { appDir: dir, env: 'prod' })
let done = 0
await session.run(await session.plan('', requestOf(team, night)), {
  runner: 'sequential',
  sinks: [
    {
      name: 'killer',
      event(event) {
        if (event.type === 'step_finished' && event.state === 'succeeded') {
          writeSync(1, `${event.step_id}\n`)
          done++
        }
        const isAbout = event.type === 'check_finished' || event.type === 'step_started'
        if (done >= after && isAbout) process.kill(process.pid, 'SIGKILL')
      },
    },
  ],
})
