import { LevadaError } from '@levada/core/spi'
import { DuckDBConnection } from '@duckdb/node-api'

/** DuckDB forgets an interrupt that comes before the statement starts, so it is repeated. */
export const interruptEveryMs = 20

export const sessionClosed = (): LevadaError => new LevadaError('CANCELLED', 'The session is closed.')

/**
 * Closes when nothing runs on it. DuckDB gives a connection back in the thread that ends its last statement, which then waits for a lock
 * that it holds itself, and the process at its end waits for that thread.
 */
export class Connection extends DuckDBConnection {
  readonly #running = new Set<Promise<unknown>>()
  #isClosed = false

  /**
   * Does work that is one or several statements; none of them begins once it is closed.
   * @throws CANCELLED
   */
  async doing<T>(work: () => Promise<T>): Promise<T> {
    if (this.#isClosed) throw sessionClosed()
    const done = work()
    this.#running.add(done)
    try {
      return await done
    } finally {
      this.#running.delete(done)
    }
  }

  override run(...words: Parameters<DuckDBConnection['run']>): ReturnType<DuckDBConnection['run']> {
    return this.doing(() => super.run(...words))
  }

  override runAndReadAll(
    ...words: Parameters<DuckDBConnection['runAndReadAll']>
  ): ReturnType<DuckDBConnection['runAndReadAll']> {
    return this.doing(() => super.runAndReadAll(...words))
  }

  override stream(...words: Parameters<DuckDBConnection['stream']>): ReturnType<DuckDBConnection['stream']> {
    return this.doing(() => super.stream(...words))
  }

  override prepare(sql: string): ReturnType<DuckDBConnection['prepare']> {
    return this.doing(() => super.prepare(sql))
  }

  override createAppender(
    ...words: Parameters<DuckDBConnection['createAppender']>
  ): ReturnType<DuckDBConnection['createAppender']> {
    return this.doing(() => super.createAppender(...words))
  }

  /** Interrupts what runs and waits for it to end. */
  async close(): Promise<void> {
    if (this.#isClosed) return
    this.#isClosed = true
    const timer = setInterval(() => this.interrupt(), interruptEveryMs)
    if (this.#running.size > 0) this.interrupt()
    while (this.#running.size > 0) await Promise.allSettled(this.#running)
    clearInterval(timer)
    this.closeSync()
  }
}
