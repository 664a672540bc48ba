#!/usr/bin/env node
// Starts the command. It has to be read by any Node, since it hands over to a newer one where the host's is too old.
// Not imported where that can be helped: an import evaluates every getter of these modules.
const load = async (name) => process.getBuiltinModule?.(name) ?? (await import(name))
const { existsSync, readFileSync, statSync } = await load('node:fs')
const { dirname, join } = await load('node:path')

const here = import.meta.dirname ?? dirname(new URL(import.meta.url).pathname)
const [major, minor] = process.versions.node.split('.').map(Number)
const fromSource = existsSync(join(here, '../src/main.ts')) && process.env.LEVADA_USE_DIST === undefined

if (major < 22 || (major === 22 && minor < 18)) await handOver()
else if (!printsHelp()) await start()

/** The help of the command itself is a text that was made when it was built. */
function printsHelp() {
  if (fromSource || process.argv.length !== 3 || !['--help', '-h', 'help'].includes(process.argv[2]))
    return false
  if (process.stdout.columns < 80) return false
  process.stdout.write(readFileSync(join(here, '../dist/help.txt')))
  return true
}

async function start() {
  // libuv reads it once; with its default of 4 threads, queries starve the file system.
  process.env.UV_THREADPOOL_SIZE ??= '16'
  const { enableCompileCache, registerHooks } = await load('node:module')
  enableCompileCache?.()
  // In the workspace, packages are taken from their source.
  const resolve = fromSource
    ? (specifier, context, next) =>
        next(specifier, { ...context, conditions: [...context.conditions, '@levada/source'] })
    : resolvedOnce(zodInOneFile())
  registerHooks({ resolve })
  // Who reads no further, as `head`, ends what only prints; a run goes on, and its log tells.
  const exit = process.exit.bind(process)
  process.on('uncaughtException', (error) => {
    // Its node has failed of it.
    if (error?.name === 'NodeExit' && error.told) return
    if (error?.code !== 'EPIPE' || error.syscall !== 'write') {
      console.error(error)
      exit(1)
    }
    if (!['run', 'backfill', 'step'].includes(process.argv[2])) process.exit()
  })
  const { main } = await import(fromSource ? '../src/main.ts' : '../dist/main.js')
  process.exitCode = await main(process.argv.slice(2))
  // The memory of an engine is given back faster by the end of the process than piece by piece before it.
  process.once('beforeExit', () => process.exit())
  // A node may have left something open, or been given up and go on: what is over ends once all of it is written.
  const end = () => (process.stdout.writableLength > 0 ? endSoon() : exit())
  // What an engine still does at the end of its thread would end the whole process: a thread ends by itself when it is done, if it can.
  const { isMainThread } = await load('node:worker_threads')
  const endSoon = () => setTimeout(end, isMainThread ? 200 : 1000).unref()
  endSoon()
}

/**
 * Node looks at every folder above a file that is imported, which for the files of these packages tells nothing new: what a file
 * of theirs imports beside it is there, and a package is the same for all files of a folder.
 */
function resolvedOnce(inner) {
  const packages = new Map()
  const folderOf = (url) => url.slice(0, url.lastIndexOf('/') + 1)
  const folders = new Set([new URL('../dist/', import.meta.url).href])
  return (specifier, context, next) => {
    const { parentURL = '', conditions } = context
    const folder = folderOf(parentURL)
    if (folders.has(folder) && /^\.\/[^/]+\.js$/.test(specifier))
      return { url: folder + specifier.slice(2), format: 'module', shortCircuit: true }
    if (!/^(zod|@levada)(\/|$)/.test(specifier) || !conditions.includes('import'))
      return inner(specifier, context, next)
    const key = folder + specifier
    if (!packages.has(key)) {
      const found = inner(specifier, context, next)
      packages.set(key, { ...found, shortCircuit: true })
      if (specifier.startsWith('@levada/') && found.url.endsWith('.js')) folders.add(folderOf(found.url))
    }
    return packages.get(key)
  }
}

/** zod is more than a hundred files, which every package imports; the command has the same in one, in place of the very same. */
function zodInOneFile() {
  const ours = JSON.parse(readFileSync(join(here, '../dist/zod.json'), 'utf8'))
  const known = new Map()
  const isOurs = (folder) => {
    if (!known.has(folder))
      known.set(
        folder,
        Object.entries(ours).every(([file, size]) => sizeOf(new URL(file, folder)) === size),
      )
    return known.get(folder)
  }
  const files = { zod: '../dist/zod.js', 'zod/v4': '../dist/zod.js', 'zod/v4/core': '../dist/zod-core.js' }
  return (specifier, context, next) => {
    const found = next(specifier, context)
    const file = files[specifier]
    const end = file === undefined ? -1 : found.url.lastIndexOf('/zod/')
    if (end < 0 || !isOurs(found.url.slice(0, end + '/zod/'.length))) return found
    return { url: new URL(file, import.meta.url).href, format: 'module', shortCircuit: true }
  }
}

function sizeOf(file) {
  return statSync(file, { throwIfNoEntry: false })?.size
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
  const { spawn } = await load('node:child_process')
  const child = spawn(node, [join(here, 'levada.mjs'), ...process.argv.slice(2)], {
    stdio: 'inherit',
    // This process may be killed, which it cannot hand on.
    env: { ...process.env, LEVADA_LAUNCHER: String(process.pid) },
  })
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal))
  const { signals } = (await load('node:os')).constants
  child.on('exit', (code, signal) => process.exit(code ?? 128 + signals[signal]))
}

function findNode(start) {
  for (let dir = start; ; dir = dirname(dir)) {
    const node = join(dir, 'node_modules/.bin/node')
    if (existsSync(node)) return node
    if (dir === dirname(dir)) return undefined
  }
}
