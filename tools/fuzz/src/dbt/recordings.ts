import { readdirSync, readFileSync } from 'node:fs'
import { join, sep } from 'node:path'

const folder = join(import.meta.dirname, '../../../../packages/resources/dbt/test/recorded')

/** A file of a real run of dbt. */
export interface Recording {
  /** `1.11.16/build/log.jsonl` */
  readonly name: string
  readonly bytes: Buffer
}

/** What dbt printed, and the artifacts that it left. */
export function readRecordings(): readonly Recording[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => /(^|[\\/])(log\.jsonl|(run_results|sources|catalog|manifest)\.json)$/.test(name))
    .toSorted()
    .map((name) => ({ name: name.split(sep).join('/'), bytes: readFileSync(join(folder, name)) }))
}
