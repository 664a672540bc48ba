import type { DatabaseSync } from 'node:sqlite'

/** Does all of it or nothing. Others who write wait meanwhile. */
export function inTransaction(database: DatabaseSync, work: () => void): void {
  database.exec('begin immediate')
  try {
    work()
    database.exec('commit')
  } catch (error) {
    try {
      database.exec('rollback')
    } catch {
      // SQLite has done it by itself, as when the disk is full.
    }
    throw error
  }
}
