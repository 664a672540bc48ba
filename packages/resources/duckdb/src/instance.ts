import { LevadaError } from '@levada/core/spi'
import { DuckDBInstance } from '@duckdb/node-api'
import duckdb from '@duckdb/node-bindings'
import { Connection } from './connection.ts'

/**
 * Closes when nobody is connecting to it: its client connects on a thread of its own, which may come to that only when the database is gone
 * already, and takes the whole process with it.
 */
export class Instance extends DuckDBInstance {
  readonly #database: duckdb.Database
  #connecting = 0
  #isClosed = false

  constructor(database: duckdb.Database) {
    super(database)
    this.#database = database
  }

  /** @throws CANCELLED when it is closed */
  override async connect(): Promise<Connection> {
    if (this.#isClosed) throw new LevadaError('CANCELLED', 'The database is closed.')
    this.#connecting++
    try {
      return new Connection(await duckdb.connect(this.#database))
    } finally {
      this.#connecting--
      this.#closeOnceFree()
    }
  }

  override closeSync(): void {
    this.#isClosed = true
    this.#closeOnceFree()
  }

  #closeOnceFree(): void {
    if (this.#isClosed && this.#connecting === 0) super.closeSync()
  }
}
