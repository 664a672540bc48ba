import { z } from 'zod'
import { didYouMean, LevadaError, type Place } from '../errors/index.ts'
import { at, child } from './lookup.ts'
import { scalars, toPlain, type ConfigNode, type MapNode, type Origin } from './node.ts'
import type { Redactor } from './redact.ts'
import { alternatives, childSchemas, knownKeys, type Schema } from './schema-walk.ts'
import { isSecret } from './secret.ts'
import { withoutTexts } from './template.ts'
import { choices, expectedWords, isPlainName, receivedKind, receivedWords } from './words.ts'

export interface ReadResult<S extends Schema> {
  /** Undefined when there are errors. */
  readonly value: z.output<S> | undefined
  readonly errors: readonly LevadaError[]
}

/**
 * Validates a resolved node. Each issue becomes a CONFIG_INVALID at the place of the very value; unknown keys are
 * issues whatever the strictness of the schema, unless it has a catchall. What reaches a `secret()` field is added to
 * the redactor; where a value stands that fits a schema and is none, to `harmless`.
 */
export function readNode<S extends Schema>(
  node: ConfigNode,
  schema: S,
  redactor: Redactor,
  harmless: WeakSet<Origin>,
): ReadResult<S> {
  let input = toPlain(node)
  let result = z.safeParse(schema, input)
  if (!result.success) {
    input = coerced(node, input, result.error.issues)
    result = z.safeParse(schema, input)
  }
  const reader = new Reader(node, redactor, harmless)
  reader.walk(node, alternatives(schema, input), input)
  for (const issue of result.error?.issues ?? []) reader.issue(issue)
  const { errors } = reader
  // A failed node was reported when it was resolved; its text is no value.
  return { value: errors.length > 0 || node.state === 'failed' ? undefined : result.data, errors }
}

class Reader {
  readonly errors: LevadaError[] = []
  readonly #root: ConfigNode
  readonly #redactor: Redactor
  readonly #harmless: WeakSet<Origin>
  readonly #secret = new Set<ConfigNode>()
  /** Whether any text of the file may be a secret at a wrong place. */
  readonly #discreet: boolean

  constructor(root: ConfigNode, redactor: Redactor, harmless: WeakSet<Origin>) {
    this.#root = root
    this.#redactor = redactor
    this.#harmless = harmless
    this.#discreet = root.path.split('.', 1)[0] === 'resources'
  }

  /** Finds secrets and unknown keys, which zod does not tell. */
  walk(node: ConfigNode, schemas: Set<Schema>, value: unknown): void {
    if ([...schemas].some(isSecret))
      for (const scalar of scalars(node)) {
        this.#redactor.add(scalar.source ?? scalar.value)
        this.#secret.add(scalar)
      }
    if (node.kind === 'scalar') {
      const fits = [...schemas].some((schema) => z.safeParse(schema, value).success)
      if (fits && !this.#secret.has(node)) this.#harmless.add(node.origin)
      return
    }
    const keys = node.kind === 'map' ? [...node.entries.keys()] : node.items.map((_, i) => String(i))
    const known = node.kind === 'map' ? knownKeys(schemas) : undefined
    for (const key of keys) {
      if (known && !known.has(key)) this.#unknownKey(node as MapNode, key, known)
      const inner = (value as Record<string, unknown> | undefined)?.[key]
      this.walk(child(node, key)!, childSchemas(schemas, key, inner), inner)
    }
  }

  issue(issue: z.core.$ZodIssue): void {
    // Told by walk() already, with the place of each key.
    if (issue.code === 'unrecognized_keys') return
    const branch = issue.code === 'invalid_union' ? closestBranch(issue) : undefined
    if (branch) {
      for (const inner of branch) this.issue({ ...inner, path: [...issue.path, ...inner.path] })
      return
    }
    const node = at(this.#root, issue.path)
    if (node?.state === 'failed') return
    const name = [this.#root.path, ...issue.path.map(String)].join('.')
    const expected = expectedWords(issue)
    const misplaced = this.#discreet && node?.kind === 'scalar' && wantsMore(issue)
    const received = misplaced ? receivedKind(node.value) : receivedWords(node, this.#redactor.redact)
    const text =
      node?.kind === 'scalar' && typeof node.value === 'string' && !node.secret ? node.value : undefined
    const near = text === undefined ? '' : didYouMean(text, choices(issue))
    this.#add(
      this.#sentence(name, node, expected, issue.message, received) + near,
      this.#placeOf(issue.path),
      near !== '',
    )
  }

  #sentence(
    name: string,
    node: ConfigNode | undefined,
    expected: string | undefined,
    message: string,
    received: string,
  ): string {
    const written = node && this.#secret.has(node) ? withoutTexts(node.written) : node?.written
    const from = written === undefined ? received : `${received} from ${written}`
    if (expected === undefined) return `${name}: ${this.#redactor.redact(message)}, received ${from}.`
    return node === undefined
      ? `${name} is missing; expected ${expected}.`
      : `${name}: expected ${expected}, received ${from}.`
  }

  #unknownKey(map: MapNode, key: string, known: ReadonlySet<string>): void {
    const { value } = map.entries.get(key)!
    const isValue = !isPlainName(key) || (value.kind === 'scalar' && value.value === null)
    const near = didYouMean(key, known)
    const message =
      this.#discreet && isValue
        ? `${map.path} has an unknown key, which may be a value: a key is followed by a colon and a blank.`
        : `${map.path} has the unknown key '${key}'.${near}`
    const names = [...known].toSorted().join(', ')
    this.errors.push(
      new LevadaError('CONFIG_INVALID', message, {
        place: map.entries.get(key)!.key,
        hint: `Known keys: ${names}.`,
      }),
    )
  }

  /** The place of a value; of the key of the innermost map around it when it is missing. */
  #placeOf(path: readonly PropertyKey[]): Place {
    const node = at(this.#root, path)
    if (node) return node.origin
    for (let length = path.length - 1; length > 0; length--) {
      const parent = at(this.#root, path.slice(0, length - 1))
      const entry = parent?.kind === 'map' ? parent.entries.get(String(path[length - 1])) : undefined
      if (entry) return entry.key
    }
    return this.#root.origin
  }

  #add(message: string, place: Place, obvious: boolean): void {
    const hint = obvious ? {} : { hint: 'Correct the value in the file.' }
    this.errors.push(new LevadaError('CONFIG_INVALID', message, { place, ...hint }))
  }
}

/** Whether a map or a list belongs where a single value stands. */
const wantsMore = (issue: z.core.$ZodIssue): boolean =>
  issue.code === 'invalid_type' &&
  ['object', 'record', 'array', 'tuple', 'map', 'set'].includes(issue.expected)

/** The option of a union that came closest: one that got past the outermost value, with the fewest issues. */
function closestBranch(issue: z.core.$ZodIssueInvalidUnion): readonly z.core.$ZodIssue[] | undefined {
  const deep = issue.errors.filter((branch) => branch.some(({ path }) => path.length > 0))
  return deep.toSorted((a, b) => a.length - b.length)[0]
}

/** A text made by interpolation becomes the number or truth value that the schema wants and it plainly spells. */
function coerced(node: ConfigNode, input: unknown, issues: readonly z.core.$ZodIssue[]): unknown {
  let result = input
  for (const issue of issues) {
    if (issue.code !== 'invalid_type') continue
    const scalar = at(node, issue.path)
    if (scalar?.kind !== 'scalar' || scalar.written === undefined || typeof scalar.value !== 'string')
      continue
    const value = spelled(scalar.value.trim(), issue.expected)
    if (value !== undefined) result = replaced(result, issue.path, value)
  }
  return result
}

function spelled(text: string, expected: string): number | boolean | undefined {
  if (expected === 'boolean') return text === 'true' ? true : text === 'false' ? false : undefined
  if (expected !== 'number' && expected !== 'int') return undefined
  return /^-?\d+(\.\d+)?(e[+-]?\d+)?$/i.test(text) ? Number(text) : undefined
}

function replaced(input: unknown, [key, ...rest]: readonly PropertyKey[], value: unknown): unknown {
  if (key === undefined) return value
  if (Array.isArray(input)) return input.with(Number(key), replaced(input[Number(key)], rest, value))
  const map = input as Record<PropertyKey, unknown>
  return { ...map, [key]: replaced(map[key], rest, value) }
}
