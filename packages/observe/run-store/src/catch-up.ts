import { closeSync, fstatSync, openSync, readdirSync, readSync } from 'node:fs'
import { join } from 'node:path'
import type { LevadaEvent } from '@levada/core/run'
import type { DatabaseSync } from 'node:sqlite'
import { ingester } from './ingest.ts'
import { inTransaction } from './transaction.ts'

interface Known {
  readonly log_bytes: number
  readonly state: string | null
}

/** The log of a run that is there and cannot be read. */
export interface UnreadableLog {
  readonly id: string
  readonly log: string
  readonly problem: NodeJS.ErrnoException
}

/**
 * Brings the tables up to date with the logs below a folder. Logs of runs that have succeeded are not looked at again; others may go on.
 * @returns what cannot be read
 */
export function catchUp(database: DatabaseSync, folder: string): readonly UnreadableLog[] {
  const unreadable: UnreadableLog[] = []
  const known = new Map(
    database
      .prepare('select id, log_bytes, state from runs')
      .all()
      .map((row) => [row['id'] as string, row as unknown as Known]),
  )
  let ingest: ReturnType<typeof ingester> | undefined
  for (const id of names(folder)) {
    const run = known.get(id)
    if (run?.state === 'succeeded' || run?.state === 'nothing') continue
    const log = join(folder, id, 'log.jsonl')
    try {
      // Most often there is nothing new, and nobody has to be locked out.
      if (!(newBytes(log, run?.log_bytes ?? 0)?.length ?? 0)) continue
      ingest ??= ingester(database)
      readLog(database, id, log, ingest)
    } catch (error) {
      // The others can be read all the same.
      if (!isOfSystem(error)) throw error
      unreadable.push({ id, log, problem: error })
    }
  }
  return unreadable
}

const isOfSystem = (error: unknown): error is NodeJS.ErrnoException =>
  error instanceof Error && 'syscall' in error

/** Another process may read the same log at the same time; whoever comes second finds nothing new. */
function readLog(
  database: DatabaseSync,
  id: string,
  log: string,
  ingest: (event: LevadaEvent) => void,
): void {
  inTransaction(database, () => {
    const row = database.prepare('select log_bytes from runs where id = ?').get(id)
    const from = (row?.['log_bytes'] as number | undefined) ?? 0
    const bytes = newBytes(log, from)
    // The last line may still be written.
    const end = bytes ? bytes.lastIndexOf(0x0a) + 1 : 0
    if (!bytes || end === 0) return
    if (!row) database.prepare('insert into runs (id, log_bytes) values (?, 0)').run(id)
    for (const line of bytes.toString('utf8', 0, end).split('\n')) {
      const event = eventIn(line)
      if (event) ingest(event)
    }
    database.prepare('update runs set log_bytes = ? where id = ?').run(from + end, id)
  })
}

function names(folder: string): readonly string[] {
  try {
    return readdirSync(folder)
  } catch {
    return []
  }
}

/** What a log holds behind an offset; undefined when it is not there. */
function newBytes(log: string, from: number): Buffer | undefined {
  let file: number
  try {
    file = openSync(log, 'r')
  } catch (error) {
    if (!isOfSystem(error) || (error.code !== 'ENOENT' && error.code !== 'ENOTDIR')) throw error
    return undefined
  }
  try {
    const { size } = fstatSync(file)
    if (size <= from) return Buffer.alloc(0)
    const bytes = Buffer.alloc(size - from)
    return bytes.subarray(0, readSync(file, bytes, 0, bytes.length, from))
  } finally {
    closeSync(file)
  }
}

/** A line that was cut off by a crash says nothing. */
function eventIn(line: string): LevadaEvent | undefined {
  if (line === '') return undefined
  try {
    const event = JSON.parse(line) as Partial<LevadaEvent> | null
    return typeof event?.type === 'string' && typeof event.run_id === 'string'
      ? (event as LevadaEvent)
      : undefined
  } catch {
    return undefined
  }
}
