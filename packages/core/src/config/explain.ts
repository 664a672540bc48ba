import type { LevadaError } from '../errors/index.ts'
import { isConfigFile } from './files.ts'
import { lookup, splits } from './lookup.ts'
import { mapScalars, toPlain, type ConfigNode, type Origin, type ScalarNode } from './node.ts'
import { matchEntry } from './patterns.ts'
import { resolveNode, type Scope } from './resolve.ts'
import { withoutTexts } from './template.ts'
import { isPlainName } from './words.ts'

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

/**
 * Looks up `file.path`, such as `catalog.aviation.flights.path`; undefined when there is nothing.
 *
 * @param harmless where values stand that a schema knows and does not call secret; of resources nothing else is shown
 */
export function explainPath(path: string, scope: Scope, harmless: WeakSet<Origin>): Explanation | undefined {
  const raw = find(path, scope)
  if (!raw) return undefined
  const errors: LevadaError[] = []
  const node = resolveNode(raw, scope, (error) => errors.push(error))
  const { redact } = scope.redactor
  const ofResources = /^resources(\.|$)/.test(raw.path)
  const isUnsure = (scalar: ScalarNode): boolean =>
    ofResources && !isType(scalar) && !harmless.has(scalar.origin)
  const isHidden = (scalar: ScalarNode): boolean =>
    scalar.secret === true ||
    isUnsure(scalar) ||
    (typeof scalar.value === 'number' && redact(scalar.source ?? String(scalar.value)).includes('***'))
  const shown = mapScalars(node, (scalar) => {
    if (scalar.value === null) return scalar
    if (isHidden(scalar)) return { ...scalar, value: '***' }
    return typeof scalar.value === 'string' ? { ...scalar, value: redact(scalar.value) } : scalar
  })
  const written = node.kind === 'scalar' && isUnsure(node) ? withoutTexts(node.written) : node.written
  return {
    path: raw.path,
    value: node.state === 'failed' ? undefined : ofResources ? withPlainKeys(toPlain(shown)) : toPlain(shown),
    place: raw.origin,
    layer: raw.origin.layer,
    overridden: raw.overridden,
    interpolation: written && redact(written),
    errors,
  }
}

/** A key that is no name may be a password that lacks the blank before it. */
const withPlainKeys = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(withPlainKeys)
  if (typeof value !== 'object' || value === null) return value
  const entries = Object.entries(value)
  return Object.fromEntries(
    entries.map(([key, inner]) => [isPlainName(key) ? key : '***', withPlainKeys(inner)]),
  )
}

/** `resources.<name>.type`, which no schema has. */
const isType = ({ path }: ConfigNode): boolean => /^resources\.[^.]+\.type$/.test(path)

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
