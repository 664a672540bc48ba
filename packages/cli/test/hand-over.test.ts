import { chmodSync, existsSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { execa } from 'execa'
import { expect, test } from 'vitest'
import { bin, project, type Project } from './project.ts'

/** Makes the Node that it is loaded into an old one, which looks for a newer. */
const old = `data:text/javascript,Object.defineProperty(process, 'versions', { value: { ...process.versions, node: '18.0.0' } })`

test.each([
  ['kill -TERM $$', 143],
  ['kill -INT $$', 130],
  ['kill -KILL $$', 137],
  ['exit 7', 7],
  ['exit 0', 0],
])('the command that an older Node hands over to: %s is exit code %i', async (script, code) => {
  using app = project({ 'node_modules/.bin/node': `#!/bin/sh\n${script}\n` })
  chmodSync(join(app.dir, 'node_modules/.bin/node'), 0o755)
  const { exitCode, stderr } = await execa(process.execPath, ['--import', old, bin, 'check'], {
    cwd: app.dir,
    reject: false,
  })
  expect(stderr).toBe('')
  expect(exitCode).toBe(code)
})

/** An older Node that hands over to this one. */
function launch(app: Project, args: readonly string[]) {
  const node = 'node_modules/.bin/node'
  app.write(node, `#!/bin/sh\nexec '${process.execPath}' "$@"\n`)
  chmodSync(join(app.dir, node), 0o755)
  return execa(process.execPath, ['--import', old, bin, ...args], { cwd: app.dir, reject: false })
}

const works = {
  pauses: 'await setTimeout(20000)',
  computes: 'for (const end = Date.now() + 20000; Date.now() < end; );',
}

const slow = (work: string): Project =>
  project({
    'levada.config.ts': `import { setTimeout } from 'node:timers/promises'
import { asset, defineApp, definePipeline, node } from '@levada/core'
import { parquet } from '@levada/io-parquet'
import { duckdb } from '@levada/resource-duckdb'
import { z } from 'zod'
const out = asset('t.out', { schema: z.object({ id: z.int() }) })
const make = node('make', { inputs: {}, outputs: { out }, async run(_, { outputs, log }) {
  log.info('begins', { pid: process.pid })
  ${work}
  await outputs.out.write({ id: 1 })
} })
export default defineApp({ name: 'app', plugins: [duckdb(), parquet()], pipelines: [definePipeline('t', { nodes: [make] })] })
`,
    'conf/base/catalog.yml': "'{domain}.{table}': { type: parquet, path: 'data/{domain}/{table}' }\n",
  })

test.each([
  ['run', 'SIGKILL', 'pauses'],
  ['run', 'SIGKILL', 'computes'],
  ['run', 'SIGHUP', 'pauses'],
  ['step', 'SIGKILL', 'pauses'],
  ['step', 'SIGHUP', 'computes'],
] as const)(
  'levada %s ends with the older Node that handed over to it: %s, %s',
  async (command, signal, work) => {
    using app = slow(works[work])
    const { out } = await app.levada('plan', '--record')
    const { run_id: id } = JSON.parse(out) as { readonly run_id: string }
    const args = command === 'run' ? ['run', '--json'] : ['step', '--run', id, '--step', 't/make', '--json']
    const launcher = launch(app, args)
    let pid = 0
    launcher.stdout.on('data', (chunk: Buffer) => {
      const found = /"pid":(\d+)/.exec(String(chunk))
      if (!found) return
      pid = Number(found[1])
      launcher.kill(signal)
    })
    await launcher
    expect(pid).toBeGreaterThan(0)
    const killed = Date.now()
    while (isThere(pid)) await setTimeout(50)
    expect(Date.now() - killed).toBeLessThan(12_000)
    expect(existsSync(join(app.dir, 'data/t/out/manifests'))).toBe(false)
  },
)

test('what the command starts does not take the launcher for its own', async () => {
  using app = slow("log.info('launcher', { of: process.env.LEVADA_LAUNCHER ?? 'nobody' })")
  const { exitCode, stdout } = await launch(app, ['run', '--json', '--runner', 'process'])
  expect([exitCode, stdout]).toEqual([0, expect.stringContaining('"of":"nobody"')])
})

function isThere(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}
