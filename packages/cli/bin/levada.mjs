#!/usr/bin/env node
// Starts the command. It has to be read by any Node, since it hands over to a newer one where the host's is too old.
import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'

const here = import.meta.dirname ?? dirname(new URL(import.meta.url).pathname)
const [major, minor] = process.versions.node.split('.').map(Number)

if (major < 22 || (major === 22 && minor < 18)) await handOver()
else await start()

async function start() {
  // libuv reads it once; with its default of 4 threads, queries starve the file system.
  process.env.UV_THREADPOOL_SIZE ??= '16'
  const { enableCompileCache, registerHooks } = await import('node:module')
  enableCompileCache?.()
  const source = join(here, '../src/main.ts')
  const fromSource = existsSync(source) && process.env.LEVADA_USE_DIST === undefined
  if (fromSource) {
    // In the workspace, packages are taken from their source.
    registerHooks({
      resolve: (specifier, context, next) =>
        next(specifier, { ...context, conditions: [...context.conditions, '@levada/source'] }),
    })
  }
  const { main } = await import(fromSource ? '../src/main.ts' : '../dist/main.js')
  process.exitCode = await main(process.argv.slice(2))
}

async function handOver() {
  const node = findNode(process.cwd()) ?? findNode(here)
  if (!node) {
    console.error(
      `levada: Node ${process.versions.node} is too old; 22.18 or later is needed, and this workspace has none.`,
    )
    console.error('Install Node >= 22.18, or add the package node-bin-… of your platform to the workspace.')
    process.exit(2)
  }
  const { spawn } = await import('node:child_process')
  const child = spawn(node, [join(here, 'levada.mjs'), ...process.argv.slice(2)], { stdio: 'inherit' })
  for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => child.kill(signal))
  child.on('exit', (code, signal) => process.exit(code ?? (signal === 'SIGINT' ? 130 : 1)))
}

function findNode(start) {
  for (let dir = start; ; dir = dirname(dir)) {
    const node = join(dir, 'node_modules/.bin/node')
    if (existsSync(node)) return node
    if (dir === dirname(dir)) return undefined
  }
}
