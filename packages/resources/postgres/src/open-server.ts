import { once } from 'node:events'
import { LevadaError, type EngineContext, type Signal } from '@levada/core/spi'
import pg from 'pg'
import { from as copyFrom, to as copyTo } from 'pg-copy-streams'
import { connectionError, isServerError, statementError } from './errors.ts'
import type { PostgresConfig } from './plugin.ts'
import type { Connection, PostgresServer, ResultField, Rows } from './server.ts'

/** Every value stays the text that the server sent. */
const texts = { getTypeParser: () => (text: unknown) => text } as unknown as pg.CustomTypesConfig

const prologue = [
  `set datestyle = 'ISO'`,
  `set timezone = 'UTC'`,
  `set standard_conforming_strings = on`,
  `set client_encoding = 'UTF8'`,
  `set extra_float_digits = 1`,
].join('; ')

const repeatCancelMs = 100

/** What a connection is on the server; a timeout of 0 is none. */
interface Backend {
  readonly pid: number
  readonly timeoutMs: number
}

/** One name for this machine, and case that does not count: two entries of one server have to be seen as one. */
const serverAt = (host: string): string => {
  const name = host.toLowerCase().replace(/\.$/, '')
  return /^(localhost|127\.\d+\.\d+\.\d+|::1|0\.0\.0\.0|::)$/.test(name) ? 'localhost' : name
}

export async function openServer(config: PostgresConfig, { name }: EngineContext): Promise<PostgresServer> {
  const { host = 'localhost', port = 5432, user, password, ssl = false } = config
  const database = config.database ?? user
  const address = `${host}:${port}`
  const pool = new pg.Pool({
    host,
    port,
    user,
    database,
    password,
    ssl,
    max: config.max_connections ?? 32,
    connectionTimeoutMillis: config.connect_timeout_ms ?? 10_000,
    idleTimeoutMillis: 10_000,
    application_name: 'levada',
    ...(config.statement_timeout_ms !== undefined && { statement_timeout: config.statement_timeout_ms }),
  })
  // An idle connection that is cut is simply not used again.
  pool.on('error', () => undefined)
  const title = `Engine '${name}'`
  const explain = (error: unknown): unknown => connectionError(error, title, address) ?? error
  const prepared = new WeakMap<pg.PoolClient, Backend>()

  async function client(): Promise<Backend & { readonly client: pg.PoolClient }> {
    let made: pg.PoolClient | undefined
    try {
      made = await pool.connect()
      const known = prepared.get(made)
      if (known) return { client: made, ...known }
      made.on('error', () => undefined)
      await made.query(prologue)
      const { rows } = await made.query<Backend>(
        `select pg_backend_pid() as pid, setting::int as "timeoutMs" from pg_catalog.pg_settings where name = 'statement_timeout'`,
      )
      const backend = rows[0]!
      prepared.set(made, backend)
      return { client: made, ...backend }
    } catch (error) {
      made?.release(true)
      throw (
        connectionError(error, title, address) ??
        new LevadaError('RESOURCE_FAILED', `${title}: ${(error as Error).message}`, { cause: error })
      )
    }
  }

  async function cancel(pid: number): Promise<void> {
    const { client: other } = await client()
    await other.query('select pg_cancel_backend($1)', [pid]).finally(() => other.release())
  }

  async function connect(signal?: Signal): Promise<Connection> {
    const cancelled = (): LevadaError => new LevadaError('CANCELLED', 'The statement was interrupted.')
    if (signal?.aborted) throw cancelled()
    const { client: own, pid, timeoutMs } = await client()
    /** When the statement was sent that runs. */
    let since = 0
    const running = new Set<Promise<unknown>>()
    /** Ends when nothing runs that was told to stop, and no late cancel can hit what comes next. */
    let stopped: Promise<unknown> = Promise.resolve()
    let broken = false

    /** Tells the server to stop, again and again: a cancel that comes before its statement is forgotten. */
    function stop(work: Promise<unknown>): void {
      let sent: Promise<unknown> | undefined
      const send = (): void => {
        sent ??= cancel(pid)
          .catch(() => (broken = true))
          .finally(() => (sent = undefined))
      }
      send()
      const timer = setInterval(send, repeatCancelMs)
      stopped = work
        .catch(() => undefined)
        .finally(() => clearInterval(timer))
        .then(() => sent)
        // The server tells that it has sent the signal, not that it has arrived: what comes late hits this.
        .then(() => (broken ? undefined : own.query('select 1').catch(() => undefined)))
    }

    function view(current: Signal | undefined): Connection {
      async function guard<T>(work: () => Promise<T>): Promise<T> {
        await stopped
        if (current?.aborted) throw cancelled()
        const done = work().catch((error: unknown) => {
          if (isServerError(error) && timeoutMs > 0) error.isOverTime = performance.now() - since >= timeoutMs
          throw explain(error)
        })
        running.add(done)
        const settled = done.finally(() => running.delete(done))
        if (!current) return settled
        settled.catch(() => undefined)
        let onAbort = (): void => undefined
        const aborted = new Promise<never>((_, reject) => {
          onAbort = () => {
            stop(done)
            reject(cancelled())
          }
          current.addEventListener('abort', onAbort, { once: true })
        })
        try {
          return await Promise.race([settled, aborted])
        } finally {
          current.removeEventListener('abort', onAbort)
        }
      }
      const query = (sql: string, values: readonly unknown[] = []): Promise<pg.QueryArrayResult> =>
        guard(() => {
          since = performance.now()
          return own.query({ text: sql, values: [...values], rowMode: 'array', types: texts })
        })
      return {
        run: async (sql, values) => (await query(sql, values)).rows as unknown as Rows,
        change: async (sql, values) => (await query(sql, values)).rowCount ?? 0,
        describe: (sql) =>
          guard(() => {
            since = performance.now()
            return describe(own, sql)
          }),
        copyIn(sql) {
          since = performance.now()
          const stream = own.query(copyFrom(sql))
          let failed = false
          const done = new Promise<void>((resolve, reject) => {
            stream.on('finish', resolve)
            stream.on('error', (error) => {
              failed = true
              reject(error)
            })
          })
          done.catch(() => undefined)
          return {
            async write(lines) {
              // After its error the stream has no connection to write to; a signal may come between two writes.
              if (failed || current?.aborted) return guard(() => done)
              if (stream.write(lines)) return
              await guard(() => Promise.race([once(stream, 'drain').then(() => undefined), done]))
            },
            async finish() {
              if (!failed) stream.end()
              await guard(() => done)
            },
            abort() {
              broken = true
              stream.destroy()
            },
          }
        },
        async *copyOut(sql) {
          await stopped
          since = performance.now()
          const parts = own.query(copyTo(sql))[Symbol.asyncIterator]() as AsyncIterator<Buffer>
          const decoder = new TextDecoder()
          let rest = ''
          let ended = false
          try {
            for (;;) {
              const part = await guard(() => parts.next())
              ended = part.done === true
              if (part.done === true) return
              const text = rest + decoder.decode(part.value, { stream: true })
              const end = text.lastIndexOf('\n') + 1
              rest = text.slice(end)
              if (end > 0) yield text.slice(0, end)
            }
          } finally {
            if (!ended) stop(drain(parts))
          }
        },
        withSignal: view,
        release(close = false) {
          void stopped.then(async () => {
            if (running.size > 0) stop(Promise.allSettled(running))
            await stopped
            own.release(close || broken)
          })
        },
      }
    }
    return view(signal)
  }

  /** What the server refuses of our own statements; to those who send them, in a transaction, it stays as it is. */
  async function explained<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work()
    } catch (error) {
      throw isServerError(error) ? statementError(error, { name: title }) : error
    }
  }

  async function withConnection<T>(work: (connection: Connection) => Promise<T>): Promise<T> {
    const connection = await connect()
    let fine = false
    try {
      const value = await work(connection)
      fine = true
      return value
    } finally {
      connection.release(!fine)
    }
  }

  return {
    system: `postgres://${serverAt(host)}:${port}/${database ?? ''}`,
    connect,
    run: (sql, values) => explained(() => withConnection(({ run }) => run(sql, values))),
    transaction: (work) =>
      explained(() =>
        withConnection(async ({ run }) => {
          await run('begin')
          const value = await work(run)
          await run('commit')
          return value
        }),
      ),
    close: () => pool.end(),
  }
}

async function drain(parts: AsyncIterator<unknown>): Promise<void> {
  while ((await parts.next()).done !== true);
}

interface Wire {
  parse(query: { readonly name: string; readonly text: string; readonly types: readonly number[] }): void
  describe(what: { readonly type: 'S'; readonly name: string }): void
  sync(): void
}

interface RowDescription {
  readonly fields: readonly {
    readonly name: string
    readonly dataTypeID: number
    readonly dataTypeModifier: number
  }[]
}

/** Parse and Describe of the protocol, which the client has no call for. */
function describe(client: pg.PoolClient, sql: string): Promise<readonly ResultField[]> {
  return new Promise((resolve, reject) => {
    let fields: readonly ResultField[] = []
    const submittable = {
      submit(connection: unknown) {
        const wire = connection as Wire
        wire.parse({ name: '', text: sql, types: [] })
        wire.describe({ type: 'S', name: '' })
        wire.sync()
      },
      handleRowDescription(message: RowDescription) {
        fields = message.fields.map(({ name, dataTypeID, dataTypeModifier }) => ({
          name,
          oid: dataTypeID,
          modifier: dataTypeModifier,
        }))
      },
      // The client hands on nothing of a statement after its error.
      handleError: reject,
      handleReadyForQuery: () => resolve(fields),
    }
    client.query(submittable as unknown as pg.Submittable)
  })
}
