import { LevadaError, type Signal } from '@levada/core/spi'
import { interruptEveryMs, sessionClosed, type Connection } from './connection.ts'
import type { Instance } from './instance.ts'

/** The connections of one session: every reading or writing has its own, since a stream ends when its connection does anything else. */
export interface Connections {
  readonly instance: Instance
  /** @throws CANCELLED when the session is closed */
  open(): Promise<Connection>
  /** Keeps a connection that has no transaction and nothing running for the next `open`. */
  release(connection: Connection): void
  /** Waits for what still runs on it, then closes it. */
  close(connection: Connection): Promise<void>
  /**
   * Does work on a connection until the signal aborts: then the caller is told at once, and the work interrupted.
   * @throws CANCELLED
   */
  guard<T>(connection: Connection, signal: Signal | undefined, work: () => Promise<T>): Promise<T>
  /** Sets a variable on this session's connections, present and future. */
  variable(name: string, type: string, value: string | null): Promise<void>
  /** Closes every connection, also one that is being opened. */
  closeAll(): Promise<void>
}

interface Variable {
  readonly sql: string
  readonly value: string | null
}

/** `failed` is told of work that fails. */
export function createConnections(instance: Instance, failed: () => void = () => undefined): Connections {
  const live = new Set<Connection>()
  const idle: Connection[] = []
  const variables: Variable[] = []
  let isClosed = false

  const set = (connection: Connection, { sql, value }: Variable): Promise<void> =>
    connection.doing(async () => {
      const statement = await connection.prepare(sql)
      try {
        if (value === null) statement.bindNull(1)
        else statement.bindVarchar(1, value)
        await statement.run()
      } finally {
        statement.destroySync()
      }
    })

  async function close(connection: Connection): Promise<void> {
    live.delete(connection)
    await connection.close()
  }

  return {
    instance,
    async open() {
      if (isClosed) throw sessionClosed()
      const free = idle.pop()
      if (free) return free
      const connection = await instance.connect()
      if (isClosed) {
        await connection.close()
        throw sessionClosed()
      }
      live.add(connection)
      for (const variable of variables) await set(connection, variable)
      return connection
    },
    release: (connection) => void idle.push(connection),
    close,
    async guard(connection, signal, work) {
      const cancelled = (): LevadaError => new LevadaError('CANCELLED', 'The statement was interrupted.')
      if (signal?.aborted) throw cancelled()
      let timer: NodeJS.Timeout | undefined
      const done = connection.doing(work)
      done.catch(failed)
      const settled = done.finally(() => clearInterval(timer))
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
      for (const connection of live) await set(connection, variable)
    },
    async closeAll() {
      isClosed = true
      await Promise.all([...live].map(close))
    },
  }
}
