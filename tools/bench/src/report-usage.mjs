// Preloaded into the measured process: writes what it cost when it exits.
import { writeFileSync } from 'node:fs'

process.on('exit', () => {
  const { user, system } = process.cpuUsage()
  const peakMiB = process.resourceUsage().maxRSS / 1024
  writeFileSync(process.env.LEVADA_BENCH_USAGE, JSON.stringify({ cpuMs: (user + system) / 1000, peakMiB }))
})
