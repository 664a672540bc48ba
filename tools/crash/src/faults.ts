// Loaded before all else into a run and its workers (`--import`). Every write, sync, rename and statement is a point before and one after
// it: each is told in a file, and at one of them the process kills itself. So what Levada writes need know nothing of it.
import fs from 'node:fs'
import { createRequire, syncBuiltinESMExports } from 'node:module'
import { join, resolve, sep } from 'node:path'
import { jump } from './clock.ts'
import type { Op } from './op.ts'

const {
  CRASH_ROOT = '/',
  CRASH_TRACE = '/dev/null',
  CRASH_AT,
  CRASH_CLOCK,
  CRASH_FILE,
  CRASH_FILES_BEFORE,
  CRASH_FAULT,
  CRASH_NO_SYNC,
  CRASH_READ,
  CRASH_WHOLE,
} = process.env
const { closeSync, existsSync, fstatSync, openSync, readdirSync, unlinkSync, writeSync } = fs
const trace = openSync(CRASH_TRACE, 'a')
/** A byte for each point, of all processes and threads. */
const counter = openSync(`${CRASH_TRACE}.count`, 'a')
const readTrace = openSync(`${CRASH_TRACE}.reads`, 'a')
const readCounter = openSync(`${CRASH_TRACE}.reads.count`, 'a')
const firing = `${CRASH_TRACE}.fired`
const descriptors = new Map<number, string>()
/** Whether what was to happen has, here or elsewhere. */
let fired = false
/** The next statement finds its connection gone. */
let cut = false

/** With its workers, or the process that started it, where there are some and all are to die. */
const die = (): void => void process.kill(CRASH_WHOLE === undefined ? process.pid : 0, 'SIGKILL')

/** Whether it is here that it happens: the first who comes has it. */
function isFirst(op: Op): boolean {
  fired = true
  try {
    const file = openSync(firing, 'wx')
    writeSync(file, JSON.stringify(op))
    closeSync(file)
    return true
  } catch {
    return false
  }
}

/** A folder that is removed by who dies meanwhile has lost some of its files. */
function half(folder: string): void {
  const entries = existsSync(folder) ? readdirSync(folder, { recursive: true, withFileTypes: true }) : []
  const files = entries.filter((entry) => entry.isFile())
  for (const { parentPath, name } of files.slice(0, Math.ceil(files.length / 2)))
    unlinkSync(join(parentPath, name))
}

if (CRASH_CLOCK !== undefined) jump(Number(CRASH_CLOCK))

const isStatement = ({ name }: Op): boolean => /^(duckdb|postgres) /.test(name)

/** @throws what the operating system says instead of doing it, where the point is one at which it is to fail */
function point(op: Op): void {
  writeSync(trace, `${JSON.stringify(op)}\n`)
  writeSync(counter, '.')
  if (fired || CRASH_AT === undefined || CRASH_AT === '-1' || fstatSync(counter).size <= Number(CRASH_AT))
    return
  // What runs side by side is not in the same order each time: the next that can fail so does.
  const isTold = CRASH_FAULT === undefined || CRASH_FAULT === 'CUT' || CRASH_FAULT.startsWith('CLOCK')
  if (!isTold && (op.phase !== 'before' || isStatement(op))) return
  if (!isFirst(op)) return
  if (op.phase === 'during') half(op.path)
  if (CRASH_FAULT === undefined) return die()
  if (CRASH_FAULT === 'CUT') return void (cut = true)
  if (CRASH_FAULT.startsWith('CLOCK')) return jump(Number(CRASH_FAULT.slice('CLOCK'.length)))
  refuse(op)
}

/** What is read can be refused; who is killed there has done nothing that he had not before. @throws as {@link point} does */
function readPoint(op: Op): void {
  writeSync(readTrace, `${JSON.stringify(op)}\n`)
  writeSync(readCounter, '.')
  if (fired || CRASH_READ === undefined || fstatSync(readCounter).size <= Number(CRASH_READ)) return
  if (isFirst(op)) refuse(op)
}

function refuse({ name, path }: Op): never {
  const error = new Error(`${CRASH_FAULT}: injected, ${name} '${path}'`)
  throw Object.assign(error, { code: CRASH_FAULT, errno: -1, syscall: name, path })
}

/** A path below the app, which is what counts. */
function inside(path: unknown): string | undefined {
  if (typeof path !== 'string' && !(path instanceof URL)) return undefined
  const full = resolve(path instanceof URL ? path.pathname : path)
  return full.startsWith(CRASH_ROOT + sep) ? full : undefined
}

type Call = (...args: unknown[]) => unknown
type Names = Record<string, Call>

/** What an operation does to which file; nothing where that does not last. */
type Sees = (args: readonly unknown[]) => Omit<Op, 'phase'> | undefined

/** Puts a point before a function and one after it has returned; after what it promises, where it promises something. */
function wrap(of: Names, name: string, sees: Sees, promises = false): void {
  const original = of[name]!
  const wrapped = function (this: unknown, ...args: unknown[]) {
    const op = sees(args)
    if (!op) return original.apply(this, args)
    const after = <T>(value: T): T => (point({ ...op, phase: 'after' }), value)
    const call = (): unknown => {
      point({ ...op, phase: 'before' })
      if (name === 'rm') point({ ...op, phase: 'during' })
      return original.apply(this, args)
    }
    const result = promises ? (async () => call())() : call()
    return result instanceof Promise ? result.then(after) : after(result)
  }
  Object.defineProperty(of, name, { value: wrapped, writable: true, configurable: true, enumerable: true })
}

/** Puts a point before a function that reads. */
function wrapRead(of: Names, name: string, sees: Sees, promises = false): void {
  const original = of[name]!
  of[name] = function (this: unknown, ...args: unknown[]) {
    const op = sees(args)
    const call = (): unknown => {
      if (op) readPoint({ ...op, phase: 'before' })
      return original.apply(this, args)
    }
    return promises ? (async () => call())() : call()
  }
}

const onPath =
  (name: string): Sees =>
  (args) => {
    const path = inside(args[0])
    return path === undefined ? undefined : { name, path }
  }
const naming =
  (name: string): Sees =>
  (args) => {
    const [from, path] = args.map(inside)
    return path === undefined ? undefined : { name, path, ...(from !== undefined && { from }) }
  }
const onDescriptor =
  (name: string): Sees =>
  (args) => {
    const path = descriptors.get(args[0] as number)
    return path === undefined ? undefined : { name, path }
  }
const writing: Sees = (args) => {
  const op = onPath('writeFile')(args)
  const flush = (args[2] as { flush?: boolean } | undefined)?.flush === true && CRASH_NO_SYNC === undefined
  return op && { ...op, ...(flush && { durable: true }) }
}

const promises = fs.promises as unknown as Names
for (const name of ['mkdir', 'unlink', 'rm', 'rmdir', 'utimes', 'truncate'])
  wrap(promises, name, onPath(name), true)
for (const name of ['link', 'rename', 'symlink', 'copyFile']) wrap(promises, name, naming(name), true)
wrap(promises, 'writeFile', writing, true)
wrap(promises, 'appendFile', onPath('appendFile'), true)

/** Opening that may make a file. */
const making: Sees = (args) =>
  typeof args[1] === 'string' && /^[wa]/.test(args[1]) ? onPath('open')(args) : undefined

/** Opening what is there. */
const opening: Sees = (args) => (making(args) ? undefined : onPath('open')(args))

for (const name of ['readFile', 'readdir']) wrapRead(promises, name, onPath(name), true)
wrap(promises, 'open', making, true)
wrapRead(promises, 'open', opening, true)
const open = promises['open']!
promises['open'] = async (...args: unknown[]) => {
  const path = inside(args[0])
  const handle = (await open(...args)) as Names
  if (path === undefined) return handle
  for (const name of ['write', 'writeFile', 'appendFile']) wrap(handle, name, () => ({ name, path }), true)
  // What a program that syncs nothing would do, so that it can be seen that this is found.
  if (CRASH_NO_SYNC !== undefined) Object.assign(handle, { sync: async () => {}, datasync: async () => {} })
  else for (const name of ['sync', 'datasync']) wrap(handle, name, () => ({ name: 'sync', path }), true)
  return handle
}

const sync = fs as unknown as Names
for (const name of ['mkdir', 'unlink', 'rm', 'rmdir', 'utimes', 'appendFile', 'truncate'])
  wrap(sync, `${name}Sync`, onPath(name))
for (const name of ['link', 'rename', 'symlink', 'copyFile']) wrap(sync, `${name}Sync`, naming(name))
wrap(sync, 'writeFileSync', writing)
for (const name of ['readFile', 'readdir']) wrapRead(sync, `${name}Sync`, onPath(name))
wrap(sync, 'openSync', making)
wrapRead(sync, 'openSync', opening)
const openFile = sync['openSync']!
sync['openSync'] = (...args: unknown[]) => {
  const descriptor = openFile(...args) as number
  const path = inside(args[0])
  if (path !== undefined) descriptors.set(descriptor, path)
  return descriptor
}
wrap(sync, 'writeSync', onDescriptor('write'))
wrap(sync, 'fsyncSync', onDescriptor('sync'))
const fsync = sync['fsync']!
sync['fsync'] = (descriptor: unknown, done: unknown) => {
  const op = onDescriptor('sync')([descriptor])
  if (op) point({ ...op, phase: 'before' })
  return fsync(descriptor, (error: unknown) => {
    if (op) point({ ...op, phase: 'after' })
    ;(done as Call)(error)
  })
}
syncBuiltinESMExports()

/** What is asked of an engine: its statements. */
const asked =
  (name: string): Sees =>
  ([first, second]) => {
    const text = [first, second]
      .map((arg) => (arg as { text?: unknown } | undefined)?.text ?? arg)
      .find((arg) => typeof arg === 'string')
    return {
      name,
      path: (text ?? '').trim().replaceAll(/\s+/g, ' ').slice(0, 60),
    }
  }
const packages = join(import.meta.dirname, '../../../packages/resources')

const duckdb = createRequire(join(packages, 'duckdb/package.json'))
const bindings = Object.create(duckdb('@duckdb/node-bindings') as Names) as Names
for (const name of [
  'query',
  'execute_prepared',
  'execute_prepared_streaming',
  'append_data_chunk',
  'appender_flush_sync',
  'appender_close_sync',
])
  if (bindings[name]) wrap(bindings, name, asked(`duckdb ${name}`))
duckdb.cache[duckdb.resolve('@duckdb/node-bindings')]!.exports = bindings

const pg = createRequire(join(packages, 'postgres/package.json'))('pg') as { Client: { prototype: Names } }
const { prototype } = pg.Client
const send = prototype['query']!
prototype['query'] = function (this: { connection: { stream: { destroy(): void } } }, ...args: unknown[]) {
  if (cut) this.connection.stream.destroy()
  cut = false
  return send.apply(this, args)
}
wrap(prototype, 'query', asked('postgres query'))

if (CRASH_FILE !== undefined) {
  const data = join(CRASH_ROOT, 'data')
  const count = (): number =>
    readdirSync(data, { recursive: true, withFileTypes: true }).filter(
      (entry) => entry.isFile() && !entry.parentPath.endsWith('manifests'),
    ).length
  const before = Number(CRASH_FILES_BEFORE)
  const at = { name: 'file', path: CRASH_FILE, phase: 'after' } as const
  setInterval(() => count() - before >= Number(CRASH_FILE) && isFirst(at) && die(), 0).unref()
}
