import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'

export type Kept = Readonly<Record<string, unknown>>

/** What commands keep for the next ones, to be computed anew where it is not there. */
export interface KeptFile {
  /** @returns nothing when it was written with another meaning */
  read(): Kept
  write(results: Kept): void
}

/** @param format changes with what a kept result means */
export function keptFile(appDir: string, name: string, format: number): KeptFile {
  const file = join(appDir, '.levada/cache', name)
  return {
    read() {
      try {
        const kept = JSON.parse(readFileSync(file, 'utf8')) as { format: number; results: Kept }
        return kept.format === format ? Object(kept.results) : {}
      } catch {
        return {}
      }
    },
    write(results) {
      const temporary = `${file}.${process.pid}.tmp`
      try {
        mkdirSync(dirname(file), { recursive: true })
        writeFileSync(temporary, JSON.stringify({ format, results }))
        renameSync(temporary, file)
      } catch {
        // A command in a folder that cannot be written does its work all the same.
        rmSync(temporary, { force: true })
      }
    },
  }
}
