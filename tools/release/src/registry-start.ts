// pnpm registry:start [--publish] [--scope @acme]… [--port 4873] [--folder tmp/registry]
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { configuredRegistry } from './configured-registry.ts'
import { exec, withoutNpm } from './exec.ts'
import { packAll, publicPackages, root } from './packages.ts'
import { npmrc, publishTarball, startRegistry } from './registry.ts'

const { values } = parseArgs({
  options: {
    publish: { type: 'boolean', default: false },
    scope: { type: 'string', multiple: true, default: [] },
    port: { type: 'string' },
    folder: { type: 'string' },
  },
})
const temporary = values.folder === undefined
const folder = temporary ? mkdtempSync(join(tmpdir(), 'levada-registry-')) : resolve(values.folder!)
mkdirSync(folder, { recursive: true })
process.on('exit', () => {
  if (temporary) rmSync(folder, { recursive: true, force: true })
})

const uplink = await configuredRegistry(root)
await using registry = await startRegistry({
  folder,
  scopes: ['@levada', '@levada-examples', ...values.scope],
  uplink,
  ...(values.port !== undefined && { port: Number(values.port) }),
})

if (values.publish) {
  const env = { ...withoutNpm(process.env), NX_DAEMON: 'false' }
  await exec('node_modules/.bin/nx', ['run-many', '--target=build'], { cwd: root, env })
  const packs = join(folder, 'packs')
  await packAll(root, packs)
  for (const each of publicPackages(root)) {
    const outcome = await publishTarball(registry, join(packs, each.tarball))
    const said = outcome.exitCode === 0 ? 'published' : `not published: ${outcome.stderr.trim()}`
    console.log(`${each.name}@${each.version} ${said}`)
  }
}

const holds = values.publish
  ? 'the packages of this repository'
  : 'what you publish (or these with --publish)'
console.log(`
${registry.url} is for ${registry.scopes.join(', ')}, and has ${holds}; other packages come from ${uplink.url}
It keeps its packages ${temporary ? 'until it ends' : `in ${folder}`}. Lines for ~/.npmrc or a project's .npmrc, the last one to publish:

${npmrc(registry, registry.token)}
Ctrl-C ends it.`)

await new Promise((end) => {
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, end)
})
