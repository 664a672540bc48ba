import { close, closeSync, fstatSync, fsync, mkdirSync, openSync, readSync, writeSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { LevadaError } from '../errors/index.ts'
import type { EventSink } from '../events/index.ts'

const levels = { debug: 'debug', info: 'info', warn: 'warn' } as const

/** Where all is kept of a run but what it publishes. */
export const runFolder = (appDir: string, runId: string): string => join(appDir, '.levada', 'runs', runId)

/** Where the log of a run is kept: one JSON object per line, each with `run_id`, and `pipeline` and `node` where it has them. */
export const logFile = (appDir: string, runId: string): string => join(runFolder(appDir, runId), 'log.jsonl')

const load = () => import('pino')

/** Loads what only runs need, so that it is there when one starts; Node loads its clock when it is first asked for. */
export async function preloadRun(): Promise<void> {
  performance.now()
  await load()
  await import('./bom.ts')
  await import('./leases.ts')
}

/** Whether the process that wrote the log before died in the middle of a line. */
function endsTorn(file: string): boolean {
  let log: number
  try {
    log = openSync(file, 'r')
  } catch {
    return false
  }
  try {
    const { size } = fstatSync(log)
    const last = Buffer.alloc(1)
    return size > 0 && readSync(log, last, 0, 1, size - 1) === 1 && last[0] !== 0x0a
  } finally {
    closeSync(log)
  }
}

interface Lines {
  write(line: string): void
  close(): void
}

/** Appends lines to a file. What is told in one go is written in one go, before anything else happens. */
function openLines(file: string): Lines {
  let pending = endsTorn(file) ? '\n' : ''
  const log = openSync(file, 'a')
  let scheduled = false
  let failure: unknown
  const flush = (): void => {
    const text = pending
    pending = ''
    scheduled = false
    if (text === '') return
    try {
      // Mostly all of it is written at once, for which no bytes have to be made.
      let written = writeSync(log, text)
      if (written === Buffer.byteLength(text)) return
      for (const bytes = Buffer.from(text); written < bytes.length;) written += writeSync(log, bytes, written)
    } catch (error) {
      failure ??= error
    }
  }
  const check = (): void => {
    if (failure !== undefined) throw failure
  }
  return {
    write(line) {
      check()
      if (!scheduled) queueMicrotask(flush)
      scheduled = true
      pending += line
    },
    close() {
      flush()
      // Written it is; that it is synced and closed the process waits for, not the run.
      fsync(log, () => close(log))
      check()
    },
  }
}

/** Writes every event to the log of the run. */
export async function logSink(appDir: string, runId: string): Promise<EventSink> {
  const file = logFile(appDir, runId)
  let lines: Lines
  try {
    mkdirSync(dirname(file), { recursive: true })
    lines = openLines(file)
  } catch (cause) {
    const { code } = cause as { code?: string }
    throw new LevadaError('STORAGE', `The log of the run cannot be written to ${dirname(file)}: ${code}.`, {
      cause,
      hint: 'Give the app a folder .levada that this user can write.',
    })
  }
  const { pino } = await load()
  const logger = pino(
    { base: null, timestamp: false, level: 'debug', formatters: { level: (level) => ({ level }) } },
    lines,
  )
  return {
    name: 'log',
    event(event) {
      const level =
        event.type === 'log'
          ? levels[event.level]
          : event.type === 'step_finished' && event.state === 'failed'
            ? 'error'
            : 'info'
      logger[level](event)
    },
    async close() {
      lines.close()
    },
  }
}
