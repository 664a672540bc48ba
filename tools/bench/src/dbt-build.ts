// dbt-build.ts ours | bare PROJECT DBT: builds a dbt project, and prints how long that took and the CPU time of this process
// meanwhile, in milliseconds.
import { createDbt } from '@levada/resource-dbt'
import { execa } from 'execa'

const [side, projectDir, executable] = process.argv.slice(2) as ['ours' | 'bare', string, string]

/** All events are taken, as `levada dbt` does. */
async function ours(): Promise<void> {
  const run = createDbt({ projectDir, executable }).build()
  let nodes = 0
  for await (const event of run) if (event.kind === 'node_finished') nodes++
  const { success, counts } = await run
  if (!success || counts['success'] !== nodes) throw new Error(`dbt build: ${JSON.stringify(counts)}`)
}

/** As a step of a shell: what dbt prints is read from a pipe and kept. */
async function bare(): Promise<void> {
  await execa(executable, ['build'], { cwd: projectDir })
}

const cpu = process.cpuUsage()
const started = performance.now()
await (side === 'ours' ? ours() : bare())
const wallMs = performance.now() - started
const { user, system } = process.cpuUsage(cpu)
console.log(JSON.stringify({ wallMs, cpuMs: (user + system) / 1000 }))
