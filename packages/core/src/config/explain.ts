import type { LevadaError } from '../errors/index.ts'
import { isConfigFile } from './files.ts'
import { lookup, splits } from './lookup.ts'
import { mapScalars, toPlain, type ConfigNode, type Origin } from './node.ts'
import { matchEntry } from './patterns.ts'
import { resolveNode, type Scope } from './resolve.ts'

/** Where a value of the configuration came from. */
export interface Explanation {
  /** As in the file: `catalog.{domain}.{table}.path` when a pattern matched. */
  readonly path: string
  /** Plain data with `***` for secrets; undefined when it could not be resolved. */
  readonly value: unknown
  /** Where the winning value stands. */
  readonly place: Origin
  readonly layer: string
  /** The places that lost, the latest layer first. */
  readonly overridden: readonly Origin[]
  /** The text in the file, when the value was made from it. */
  readonly interpolation: string | undefined
  /** Why the value could not be resolved. */
  readonly errors: readonly LevadaError[]
}

/** Looks up `file.path`, such as `catalog.aviation.flights.path`; undefined when there is nothing. */
export function explainPath(path: string, scope: Scope): Explanation | undefined {
  const raw = find(path, scope)
  if (!raw) return undefined
  const errors: LevadaError[] = []
  const node = resolveNode(raw, scope, (error) => errors.push(error))
  const shown = mapScalars(node, (scalar) => {
    if (typeof scalar.value === 'string')
      return { ...scalar, value: scalar.secret ? '***' : scope.redactor.redact(scalar.value) }
    return scalar.secret ? { ...scalar, value: '***' } : scalar
  })
  return {
    path: raw.path,
    value: node.state === 'failed' ? undefined : toPlain(shown),
    place: raw.origin,
    layer: raw.origin.layer,
    overridden: raw.overridden,
    interpolation: node.written,
    errors,
  }
}

function find(path: string, scope: Scope): ConfigNode | undefined {
  const [file, rest] = [path.split('.', 1)[0]!, path.slice(path.indexOf('.') + 1)]
  if (!isConfigFile(file)) return undefined
  const section = scope.section(file)
  const found = lookup(section, file === path ? '' : rest)
  if ('node' in found) return found.node
  if (file !== 'catalog' && file !== 'engines') return undefined
  for (const [asset, inner] of splits(rest)) {
    const entry = matchEntry(section, asset)
    const hit = entry && lookup(entry.node, inner)
    if (hit && 'node' in hit) return hit.node
  }
  return undefined
}
