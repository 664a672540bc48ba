import { keptFile } from './kept.ts'
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

/** Changes with what a kept result means. */
const format = 1

export function openBindCache(appDir: string): BindCache {
  const file = keptFile(appDir, 'bindings.json', format)
  const before = file.read()
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
      file.write(now)
    },
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
