import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { ownVersion } from './own-version.ts'
import { sha256 } from '../dataset/sha256.ts'
import type { Binder, Engine, Relation, ResultColumn } from '../engine/index.ts'

/** Results of bindings that depend on nothing but what they are kept by, so that `levada check` binds again only what changed. */
export interface BindCache {
  /** The binder of an engine behind what is kept. */
  over(engine: Engine, binder: Binder): Pick<Binder, 'bind'>
  /** Keeps what was asked for since it was opened, and nothing else. */
  save(): void
}

type Kept = Readonly<Record<string, unknown>>

/** Changes with what a kept result means. */
const format = 1

export function openBindCache(appDir: string): BindCache {
  const file = join(appDir, '.levada/cache/bindings.json')
  const before = read(file)
  const now: Record<string, readonly ResultColumn[]> = {}
  return {
    over(engine, binder) {
      const { bindsAlikeWhile } = engine
      if (bindsAlikeWhile === undefined) return binder
      return {
        async bind(query) {
          const key = sha256(JSON.stringify([ownVersion(), bindsAlikeWhile, describe(query)]))
          const kept = before[key]
          return (now[key] = isResult(kept) ? kept : await binder.bind(query))
        },
      }
    },
    save() {
      if (Object.keys(now).every((key) => before[key]) && Object.keys(before).every((key) => now[key])) return
      const temporary = `${file}.${process.pid}.tmp`
      try {
        mkdirSync(dirname(file), { recursive: true })
        writeFileSync(temporary, JSON.stringify({ format, results: now }))
        renameSync(temporary, file)
      } catch {
        // A check in a folder that cannot be written is a check all the same.
        rmSync(temporary, { force: true })
      }
    },
  }
}

function read(file: string): Kept {
  try {
    const kept = JSON.parse(readFileSync(file, 'utf8')) as { format: number; results: Kept }
    return kept.format === format ? Object(kept.results) : {}
  } catch {
    return {}
  }
}

const isResult = (kept: unknown): kept is readonly ResultColumn[] =>
  Array.isArray(kept) &&
  kept.every((column) => typeof column?.name === 'string' && typeof column.type?.kind === 'string')

/** All that a binding depends on, without the names that only messages use. */
function describe(relation: Relation): unknown {
  if (relation.kind !== 'query') return relation.kind === 'empty' ? relation.columns : relation.kind
  const inputs = Object.entries(relation.inputs).map(([alias, input]) => [alias, describe(input)])
  const params = Object.entries(relation.params).map(([name, { type }]) => [name, type])
  return { sql: relation.sql.text, inputs, params }
}
