import { DuckDBInstance, type DuckDBConnection } from '@duckdb/node-api'

/**
 * Closes when nobody is connecting to it: its client connects on a thread of its own, which may come to that only when the database is gone
 * already, and takes the whole process with it.
 */
export class Instance extends DuckDBInstance {
  #connecting = 0
  #isClosed = false

  /** @throws when it is closed */
  override async connect(): Promise<DuckDBConnection> {
    if (this.#isClosed) throw new Error('The database is closed.')
    this.#connecting++
    try {
      return await super.connect()
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
