import { didYouMean, LevadaError, type ErrorCode } from '../errors/index.ts'
import { isConfigFile, type ConfigFile } from './files.ts'
import { lookup } from './lookup.ts'
import {
  scalars,
  type ConfigNode,
  type MapEntry,
  type MapNode,
  type Scalar,
  type ScalarNode,
} from './node.ts'
import { parseScalar } from './parse.ts'
import type { Redactor } from './redact.ts'
import { findSecret, namesProvider, whereToPut, type SecretSources } from './secrets.ts'
import { tokenize, withoutDefault, type Reference } from './template.ts'

/** Everything that a `${…}` can refer to. */
export interface Scope extends SecretSources {
  readonly isProtected: boolean
  readonly redactor: Redactor
  readonly section: (file: ConfigFile) => MapNode
}

/**
 * Replaces every `${…}` below a node. What cannot be resolved is reported once, keeps its text and marks all that
 * depends on it as failed.
 */
export function resolveNode(
  node: ConfigNode,
  scope: Scope,
  report: (error: LevadaError) => void,
): ConfigNode {
  return new Resolver(scope, report).resolve(node)
}

/** Found, absent (so that a default may step in), or failed and already reported. */
type Outcome = ConfigNode | { readonly absent: LevadaError }

const sectionOf = (node: ConfigNode): string => node.path.split('.', 1)[0]!

class Resolver {
  readonly #scope: Scope
  readonly #report: (error: LevadaError) => void
  readonly #done = new Map<ConfigNode, ConfigNode>()
  readonly #open = new Set<ScalarNode>()

  constructor(scope: Scope, report: (error: LevadaError) => void) {
    this.#scope = scope
    this.#report = report
  }

  resolve(node: ConfigNode): ConfigNode {
    if (node.state !== undefined) return node
    const known = this.#done.get(node)
    if (known) return known
    const resolved = node.kind === 'scalar' ? this.#scalar(node) : this.#collection(node)
    this.#done.set(node, resolved)
    return resolved
  }

  #collection(node: Exclude<ConfigNode, ScalarNode>): ConfigNode {
    if (node.kind === 'list') {
      const items = node.items.map((item) => this.resolve(item))
      return { ...node, items, state: stateOf(items) }
    }
    const entries = new Map<string, MapEntry>()
    for (const [name, { key, value }] of node.entries) entries.set(name, { key, value: this.resolve(value) })
    return { ...node, entries, state: stateOf([...entries.values()].map((entry) => entry.value)) }
  }

  #scalar(node: ScalarNode): ConfigNode {
    const resolved = this.#interpolate(node)
    if (resolved.kind !== 'scalar' || resolved.state === 'failed') return resolved
    if (sectionOf(node) !== 'credentials') return resolved
    this.#scope.redactor.add(resolved.value)
    this.#scope.redactor.add(resolved.source)
    return { ...resolved, secret: true }
  }

  #interpolate(node: ScalarNode): ConfigNode {
    if (typeof node.value !== 'string') return { ...node, state: 'resolved' }
    const tokens = tokenize(node.value)
    if ('problem' in tokens) return this.#fail(node, invalid(node, `${node.path}: ${tokens.problem}.`))
    if (tokens.every(({ kind }) => kind === 'text')) return { ...node, state: 'resolved' }
    if (this.#open.has(node)) return this.#fail(node, this.#circle(node))

    this.#open.add(node)
    const [first] = tokens
    const whole = tokens.length === 1 && first?.kind === 'reference'
    const resolved = whole ? this.#whole(node, first) : this.#composed(node, tokens)
    this.#open.delete(node)
    return resolved
  }

  /** The text is exactly one `${…}`: it takes the value with its type. */
  #whole(node: ScalarNode, reference: Reference): ConfigNode {
    const { path, origin, overridden } = node
    const target = this.#reference(node, reference)
    return { ...target, path, origin, overridden, written: node.written ?? reference.raw }
  }

  #composed(node: ScalarNode, tokens: Exclude<ReturnType<typeof tokenize>, { problem: string }>): ConfigNode {
    let value = ''
    let secret = false
    let failed = false
    for (const token of tokens) {
      if (token.kind !== 'reference') {
        value += token.kind === 'escape' ? '${' : token.raw
        continue
      }
      const target = this.#reference(node, token)
      const text = target.state === 'failed' ? undefined : this.#text(node, token, target)
      failed ||= text === undefined
      value += text ?? ''
      secret ||= target.kind === 'scalar' && target.secret === true
    }
    if (failed) return { ...node, state: 'failed' }
    if (secret) this.#scope.redactor.add(value)
    return {
      ...node,
      value,
      written: node.written ?? String(node.value),
      state: 'resolved',
      ...(secret && { secret }),
    }
  }

  /** How a value stands inside a text; undefined when it cannot. */
  #text(node: ScalarNode, reference: Reference, target: ConfigNode): string | undefined {
    if (target.kind === 'scalar' && (target.value !== null || target.source === '')) {
      return typeof target.value === 'number'
        ? (target.source ?? String(target.value))
        : String(target.value ?? '')
    }
    const what = target.kind === 'scalar' ? 'has no value' : `is a ${target.kind}`
    this.#report(
      invalid(node, `${node.path}: ${withoutDefault(reference)} ${what}, so it cannot be part of a text.`),
    )
    return undefined
  }

  #reference(node: ScalarNode, reference: Reference): ConfigNode {
    const found = this.#find(node, reference)
    if (!('absent' in found)) return found
    if (reference.default === undefined) return this.#fail(node, found.absent)
    const tokens = tokenize(reference.default)
    if ('problem' in tokens) return this.#fail(node, invalid(node, `${node.path}: ${tokens.problem}.`))
    const [first] = tokens
    if (tokens.length === 1 && first?.kind === 'reference') return this.#reference(node, first)
    if (tokens.some(({ kind }) => kind === 'reference')) return this.#composed(node, tokens)
    const scalar = parseScalar(reference.default)
    if (scalar) return plain(node, scalar.value, scalar.source)
    return this.#fail(
      node,
      invalid(node, `${node.path}: the default of ${withoutDefault(reference)} is not one YAML value.`),
    )
  }

  #find(node: ScalarNode, reference: Reference): Outcome {
    const { resolver, argument } = reference
    if (resolver === undefined) return this.#inFile(node, reference, sectionOf(node))
    if ((resolver === 'globals' || resolver === 'params') && argument.startsWith('_'))
      return this.#fail(
        node,
        invalid(node, `${node.path}: ${reference.raw}: what starts with _ is for its own file only.`),
      )
    if (resolver === 'params' && sectionOf(node) === 'globals')
      return this.#fail(
        node,
        invalid(
          node,
          `${node.path}: ${reference.raw}: globals.yml cannot refer to params.`,
          'Refer the other way: a param may take its value from ${globals:…}.',
        ),
      )
    if (resolver === 'globals') return this.#inFile(node, reference, 'globals')
    if (resolver === 'params') return this.#inFile(node, reference, 'parameters')
    if (resolver === 'secret') return this.#secret(node, reference)
    if (resolver !== 'env') {
      const known = ['globals', 'params', 'env', 'secret']
      const message = `${node.path}: ${reference.raw} has the unknown resolver '${resolver}'.`
      return this.#fail(
        node,
        invalid(node, message + didYouMean(resolver, known), `The resolvers are ${known.join(', ')}.`),
      )
    }
    const value = this.#scope.processEnv[argument]
    if (value !== undefined) return plain(node, value)
    const near = didYouMean(argument, Object.keys(this.#scope.processEnv))
    return {
      absent: invalid(node, `${node.path}: ${reference.raw}: the variable ${argument} is not set.${near}`),
    }
  }

  #inFile(node: ScalarNode, { raw, argument }: Reference, file: string): Outcome {
    const found = isConfigFile(file)
      ? lookup(this.#scope.section(file), argument)
      : { missing: argument, known: [] }
    if ('node' in found) return this.resolve(found.node)
    const fact = `${file}.yml has no '${argument}'.${didYouMean(found.missing, found.known)}`
    return { absent: invalid(node, `${node.path}: ${raw}: ${fact}`) }
  }

  #secret(node: ScalarNode, { raw, argument }: Reference): Outcome {
    const named = namesProvider(argument)
    const stored = named
      ? { missing: argument, known: [] }
      : lookup(this.#scope.section('credentials'), argument.replaceAll('/', '.'))
    if ('node' in stored && !isEmpty(stored.node)) return this.resolve(stored.node)
    const value = findSecret(argument, this.#scope)
    if (value !== undefined) {
      this.#scope.redactor.add(value)
      return { ...plain(node, value), secret: true }
    }
    const near = 'known' in stored ? didYouMean(stored.missing, stored.known) : ''
    const hint = whereToPut(argument, this.#scope.isProtected)
    return {
      absent: failure(
        'CREDENTIAL_MISSING',
        node,
        `${node.path}: ${raw}: the secret '${argument}' is not there.${near}`,
        hint,
      ),
    }
  }

  #circle(node: ScalarNode): LevadaError {
    const open = [...this.#open]
    const names = [...open.slice(open.indexOf(node)), node].map(({ path }) => path)
    return invalid(
      node,
      `${node.path} refers to itself: ${names.join(' → ')}.`,
      'Break the circle: one of these has to be a plain value.',
    )
  }

  #fail(node: ScalarNode, error: LevadaError): ConfigNode {
    this.#report(error)
    return { ...node, state: 'failed' }
  }
}

const stateOf = (nodes: readonly ConfigNode[]): 'resolved' | 'failed' =>
  nodes.some(({ state }) => state === 'failed') ? 'failed' : 'resolved'

const isEmpty = (node: ConfigNode): boolean =>
  [...scalars(node)].every(({ value }) => value === null || value === '')

const plain = ({ path, origin, overridden }: ScalarNode, value: Scalar, source?: string): ScalarNode => ({
  kind: 'scalar',
  path,
  origin,
  overridden,
  value,
  state: 'resolved',
  ...(source !== undefined && { source }),
})

const failure = (code: ErrorCode, { origin }: ConfigNode, message: string, hint?: string): LevadaError =>
  new LevadaError(code, message, { place: origin, ...(hint !== undefined && { hint }) })

const invalid = (node: ConfigNode, message: string, hint?: string): LevadaError =>
  failure('CONFIG_INTERPOLATION', node, message, hint)
