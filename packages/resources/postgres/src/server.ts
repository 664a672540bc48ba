import { LevadaError, type Engine, type Signal } from '@levada/core/spi'

export type Rows = readonly (readonly (string | null)[])[]

/** Runs one statement; values are bound to `$1`, `$2`, …, and every result is text. */
export type Run = (sql: string, values?: readonly unknown[]) => Promise<Rows>

export interface ResultField {
  readonly name: string
  /** Object id of the type. */
  readonly oid: number
  readonly modifier: number
}

/** A connection; its work ends with CANCELLED as soon as the signal aborts, and the server is told to stop. */
export interface Connection {
  readonly run: Run
  /** The number of rows that a statement changed. */
  change(sql: string, values?: readonly unknown[]): Promise<number>
  /** What a statement would return, by PREPARE: nothing runs. */
  describe(sql: string): Promise<readonly ResultField[]>
  /** Sends `COPY … FROM STDIN`. */
  copyIn(sql: string): CopyIn
  /** Reads `COPY … TO STDOUT`: chunks of whole lines. */
  copyOut(sql: string): AsyncIterable<string>
  /** The same connection for work that ends with a signal. */
  withSignal(signal: Signal | undefined): Connection
  /** Gives it back, or closes it when something temporary is on it. */
  release(close?: boolean): void
}

export interface CopyIn {
  write(lines: string): Promise<void>
  finish(): Promise<void>
  abort(): void
}

/** A PostgreSQL server and its connections, shared by an engine and the datasets that are stored on it. */
export interface PostgresServer {
  /** What names the server in a location: `postgres://host:port/database`. */
  readonly system: string
  connect(signal?: Signal): Promise<Connection>
  /** Runs statements, all of them or none. */
  transaction<T>(work: (run: Run) => Promise<T>): Promise<T>
  readonly run: Run
  close(): Promise<void>
}

const servers = new WeakMap<Engine, PostgresServer>()

export const setServer = (engine: Engine, server: PostgresServer): Engine => {
  servers.set(engine, server)
  return engine
}

/**
 * The server behind an engine, for datasets that are stored there.
 * @throws PLUGIN_MISSING when the engine is not PostgreSQL
 */
export function postgresServer(engine: Engine): PostgresServer {
  const server = servers.get(engine)
  if (server) return server
  throw new LevadaError('PLUGIN_MISSING', `Engine '${engine.name}' is no PostgreSQL server.`, {
    hint: 'Name an entry of resources.yml of type postgres.',
  })
}
