import { LevadaError } from '@levada/core/spi'
import { execa } from 'execa'
import { dirname } from 'node:path'
import { openPrinted, openUnnamed } from './printed.ts'

/**
 * Runs `$2 …` in the place of this shell, and beside it a watcher that waits for the end of the pipe at descriptor 3. Only our process
 * holds its other end, so it ends with us, however we end: then the watcher interrupts dbt, waits for $1 seconds, and kills
 * what is left of the group. It stays in the group as long as we live, so that its number cannot become another group's. The
 * shell ignores interrupts in what it starts in the background: the watcher survives them, and dbt has to be in front.
 */
const script = `grace=$1; shift
(
  exec </dev/null >/dev/null 2>&1
  read -r _ <&3
  kill -INT -$$
  while [ "$grace" -gt 0 ] && kill -0 $$; do sleep 1; grace=$((grace - 1)); done
  kill -KILL -$$
) &
exec 3<&-
exec "$@"`

export interface Supervised {
  /** To be read to the end. */
  readonly stdout: AsyncIterable<Uint8Array>
  readonly stderr: AsyncIterable<Uint8Array>
  /** Asks for an end, as Ctrl-C does; after the grace all of the group is killed. */
  interrupt(): void
  /**
   * Resolves when the process has ended; what was left of its group has been killed then.
   * @throws CONFIG_INVALID, WORKER_DIED when it could not be started
   */
  readonly ended: Promise<{ readonly exitCode: number | undefined; readonly signal: string | undefined }>
}

export interface SuperviseOptions {
  readonly cwd: string
  readonly env: Readonly<Record<string, string | undefined>>
  readonly graceMs: number
  /** A new file that keeps what it prints to stdout. */
  readonly logFile: string
}

/** Starts a program in a process group of its own, which ends with this process. */
export async function supervise(
  path: string,
  args: readonly string[],
  { cwd, env, graceMs, logFile }: SuperviseOptions,
): Promise<Supervised> {
  const [stdout, stderr] = await Promise.all([openPrinted(logFile), openUnnamed(dirname(logFile))])
  const child = execa('/bin/sh', ['-c', script, 'dbt', String(Math.ceil(graceMs / 1000)), path, ...args], {
    cwd,
    env: { ...env },
    extendEnv: false,
    // A process group of its own: Ctrl-C of a terminal reaches us only, and we tell dbt.
    detached: true,
    cleanup: false,
    // Execa takes any descriptor, its types small ones only.
    stdio: ['ignore', stdout.descriptor as 3, stderr.descriptor as 3, 'pipe'],
    buffer: false,
    reject: false,
  })
  let timer: NodeJS.Timeout | undefined
  const exited = new Promise<void>((done) => {
    child.nodeChildProcess.once('exit', () => {
      clearTimeout(timer)
      // Whatever dbt has left behind, and the watcher.
      signalGroup(child, 'SIGKILL')
      done()
    })
    // One that was not started tells of no exit.
    if (child.pid === undefined) done()
  })
  const ended = exited.then(async () => {
    const { exitCode, signal, code, originalMessage } = await child
    if (child.pid === undefined) throw notStarted(code, originalMessage)
    return { exitCode, signal }
  })
  // It is asked for when all that was printed has been read.
  ended.catch(() => {})
  return {
    stdout: stdout.read(exited),
    stderr: stderr.read(exited),
    interrupt() {
      if (timer) return
      signalGroup(child, 'SIGINT')
      timer = setTimeout(() => signalGroup(child, 'SIGKILL'), graceMs)
    },
    ended,
  }
}

/** The system takes no argument that is longer than 128 KiB (Linux), nor more than some MB of all. */
const notStarted = (code: string | undefined, why: string | undefined): LevadaError =>
  code === 'E2BIG'
    ? new LevadaError('CONFIG_INVALID', 'dbt cannot be started: an option is too long for a command line.', {
        hint: 'Shorten it, as by a selector in selectors.yml, or vars in dbt_project.yml.',
      })
    : new LevadaError('WORKER_DIED', `dbt cannot be started: ${why ?? code}.`, {
        hint: 'Look whether this user may start more processes, and open more files.',
        retryable: true,
      })

function signalGroup({ pid }: { readonly pid?: number }, signal: NodeJS.Signals): void {
  if (pid === undefined) return
  try {
    process.kill(-pid, signal)
  } catch {
    // It has ended.
  }
}
