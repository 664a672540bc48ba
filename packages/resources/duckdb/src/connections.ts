import { LevadaError, type Signal } from '@levada/core/spi'
import type { DuckDBConnection, DuckDBInstance } from '@duckdb/node-api'

/** The connections of one session: every reading or writing has its own, since a stream ends when its connection does anything else. */
export interface Connections {
  readonly instance: DuckDBInstance
  open(): Promise<DuckDBConnection>
  /** Keeps a connection that has no transaction and nothing running for the next `open`. */
  release(connection: DuckDBConnection): void
  /** Waits for what still runs on it, then closes it. */
  close(connection: DuckDBConnection): Promise<void>
  /**
   * Does work on a connection until the signal aborts: then the caller is told at once, and the work interrupted.
   * @throws CANCELLED
   */
  guard<T>(connection: DuckDBConnection, signal: Signal | undefined, work: () => Promise<T>): Promise<T>
  /** Sets a variable on this session's connections, present and future. */
  variable(name: string, type: string, value: string | null): Promise<void>
  closeAll(): Promise<void>
}

/** DuckDB forgets an interrupt that comes before the statement starts, so it is repeated. */
const interruptEveryMs = 20

/** `failed` is told of work that fails. */
export function createConnections(
  instance: DuckDBInstance,
  failed: () => void = () => undefined,
): Connections {
  const live = new Map<DuckDBConnection, Set<Promise<unknown>>>()
  const idle: DuckDBConnection[] = []
  const variables: { readonly sql: string; readonly value: string | null }[] = []

  async function set(
    connection: DuckDBConnection,
    { sql, value }: { sql: string; value: string | null },
  ): Promise<void> {
    const statement = await connection.prepare(sql)
    try {
      if (value === null) statement.bindNull(1)
      else statement.bindVarchar(1, value)
      await statement.run()
    } finally {
      statement.destroySync()
    }
  }

  async function close(connection: DuckDBConnection): Promise<void> {
    const running = live.get(connection)
    if (!running) return
    live.delete(connection)
    const timer = setInterval(() => running.size > 0 && connection.interrupt(), interruptEveryMs)
    if (running.size > 0) connection.interrupt()
    await Promise.allSettled(running)
    clearInterval(timer)
    connection.closeSync()
  }

  return {
    instance,
    async open() {
      const free = idle.pop()
      if (free) return free
      const connection = await instance.connect()
      const running = new Set<Promise<unknown>>()
      live.set(connection, running)
      const ready = (async () => {
        for (const variable of variables) await set(connection, variable)
      })()
      running.add(ready)
      await ready.finally(() => running.delete(ready))
      return connection
    },
    release: (connection) => void idle.push(connection),
    close,
    async guard(connection, signal, work) {
      const cancelled = (): LevadaError => new LevadaError('CANCELLED', 'The statement was interrupted.')
      if (signal?.aborted) throw cancelled()
      const running = live.get(connection)
      if (!running) throw new LevadaError('CANCELLED', 'The session is closed.')
      const done = work()
      running.add(done)
      done.catch(failed)
      let timer: NodeJS.Timeout | undefined
      const settled = done.finally(() => {
        running.delete(done)
        clearInterval(timer)
      })
      if (!signal) return settled
      let onAbort!: () => void
      const aborted = new Promise<never>((_, reject) => {
        onAbort = () => {
          connection.interrupt()
          timer = setInterval(() => connection.interrupt(), interruptEveryMs)
          reject(cancelled())
        }
        signal.addEventListener('abort', onAbort, { once: true })
      })
      settled.catch(() => {})
      try {
        return await Promise.race([settled, aborted])
      } finally {
        signal.removeEventListener('abort', onAbort)
      }
    },
    async variable(name, type, value) {
      const variable = { sql: `set variable "${name}" = $1::${type}`, value }
      variables.push(variable)
      for (const connection of live.keys()) await set(connection, variable)
    },
    async closeAll() {
      await Promise.all([...live.keys()].map(close))
    },
  }
}
