import { largerBump, type Bump } from './bump.ts'
import { change, type At, type Change, type Subject } from './change.ts'
import { checkChanges } from './diff-checks.ts'
import { columnChanges, deprecationChanges, fieldChanges } from './diff-columns.ts'
import { limitChanges } from './diff-limits.ts'
import type { Contract } from './model.ts'
import { boundsOf, cutText, isNarrower, partitionCut, partitioningText } from './partitioning.ts'
import { storageOf, type StorageVerdict } from './storage.ts'

type Asset = Contract['provides'][string]
type Param = Contract['params'][string]

export interface ContractDiff {
  /** In the order of the contract; what breaks is not sorted to the top. */
  readonly changes: readonly Change[]
  /** The largest bump that a change asks for, of a version from 1.0 on. */
  readonly bump: Bump
  /** What has to be written anew, by asset; assets that need nothing are left out. */
  readonly storage: readonly StorageVerdict[]
  /** Assets of the package whose rows may be others, since a node changed. */
  readonly recompute: readonly string[]
}

/** What became of a contract, by the rules. Descriptions count, the order of the source does not. */
export function diffContracts(old: Contract, now: Contract): ContractDiff {
  const changes = [
    ...(old.name === now.name
      ? []
      : [
          change(
            'pipeline-renamed',
            { side: 'package', subject: { kind: 'pipeline', name: old.name } },
            `is called '${now.name}' now`,
            { old: old.name, new: now.name },
          ),
        ]),
    ...providedChanges(old.provides, now.provides),
    ...requiredChanges('sources', old, now),
    ...requiredChanges('requires', old, now),
    ...paramChanges(old.params, now.params),
    ...resourceChanges(old.resources, now.resources),
    ...dialectChanges(old.dialects, now.dialects),
    ...nodeChanges(old.nodes, now.nodes),
  ]
  return {
    changes,
    bump: changes.reduce<Bump>((most, { bump }) => largerBump(most, bump), 'none'),
    storage: storageOf(old.provides, now.provides),
    recompute: recomputed(old, now),
  }
}

interface Pairing<T> {
  readonly gone: readonly (readonly [string, T])[]
  readonly added: readonly (readonly [string, T])[]
  readonly both: readonly (readonly [string, T, T])[]
}

function pairing<T>(old: Readonly<Record<string, T>>, now: Readonly<Record<string, T>>): Pairing<T> {
  const has = (map: Readonly<Record<string, T>>, name: string): boolean => Object.hasOwn(map, name)
  return {
    gone: Object.entries(old).filter(([name]) => !has(now, name)),
    added: Object.entries(now).filter(([name]) => !has(old, name)),
    both: Object.entries(old).flatMap(([name, was]) =>
      has(now, name) ? [[name, was, now[name]!] as const] : [],
    ),
  }
}

const of = (side: At['side'], kind: Subject['kind'], name: string): At => ({ side, subject: { kind, name } })
const same = (a: unknown, b: unknown): boolean => JSON.stringify(a) === JSON.stringify(b)

function providedChanges(old: Contract['provides'], now: Contract['provides']): readonly Change[] {
  const { gone, added, both } = pairing(old, now)
  const renamed = renames(gone, added)
  const taken = new Set(renamed.values())
  return [
    ...gone.map(([name]) => {
      const other = renamed.get(name)
      const at = of('provided', 'asset', name)
      return other === undefined
        ? change('asset-removed', at, 'is no longer provided')
        : change('asset-renamed', at, `is called '${other}' now`, { old: name, new: other })
    }),
    ...added.flatMap(([name]) =>
      taken.has(name) ? [] : [change('asset-added', of('provided', 'asset', name), 'is provided now')],
    ),
    ...both.flatMap(([name, was, is]) => assetChanges(of('provided', 'asset', name), was, is)),
  ]
}

/** An asset that is gone and one that is new, with the very same columns: old name to new. */
function renames(gone: Pairing<Asset>['gone'], added: Pairing<Asset>['added']): ReadonlyMap<string, string> {
  const free = new Map(added.map(([name, asset]) => [name, shapeOf(asset)]))
  const found = new Map<string, string>()
  for (const [name, asset] of gone) {
    const shape = shapeOf(asset)
    const other = [...free].find(([, each]) => each === shape)?.[0]
    if (other === undefined) continue
    free.delete(other)
    found.set(name, other)
  }
  return found
}

const shapeOf = ({ columns, key }: Asset): string =>
  JSON.stringify([columns.map(({ name, type, nullable }) => [name, type, nullable]), key])

function requiredChanges(part: 'sources' | 'requires', old: Contract, now: Contract): readonly Change[] {
  const { gone, added, both } = pairing<Asset | Contract['requires'][string]>(old[part], now[part])
  const other = part === 'sources' ? 'requires' : 'sources'
  const what = part === 'sources' ? 'a source' : 'read'
  return [
    // What moved between the two is told once, where it is now.
    ...gone.flatMap(([name]) =>
      Object.hasOwn(now[other], name)
        ? []
        : [change('asset-removed', of('required', 'asset', name), `is no longer ${what}`)],
    ),
    ...added.map(([name]) =>
      change(
        'asset-added',
        of('required', 'asset', name),
        part === 'sources'
          ? 'is a new source: the app has to say where it is'
          : 'is read now: the app has to provide it',
      ),
    ),
    ...both.flatMap(([name, was, is]) => {
      const at = of('required', 'asset', name)
      return 'key' in was && 'key' in is
        ? assetChanges(at, was, is)
        : columnChanges(at, was.columns, is.columns)
    }),
  ]
}

function assetChanges(at: At, old: Asset, now: Asset): readonly Change[] {
  const names = (list: readonly string[]): string => list.join(', ') || 'none'
  const keyed = now.key.length > 0 ? `has the key ${names(now.key)}` : 'has no key any more'
  const before = old.key.length > 0 ? `it was ${names(old.key)}` : 'it had none'
  return [
    ...columnChanges(at, old.columns, now.columns),
    ...(same(old.key, now.key)
      ? []
      : [
          change('key-changed', at, `${keyed}, ${before}`, {
            old: names(old.key),
            new: names(now.key),
          }),
        ]),
    ...partitionChanges(at, old.partitions, now.partitions),
    ...appendChanges(at, old.appendsBy, now.appendsBy),
    ...(at.side === 'provided'
      ? [...checkChanges(at, old, now), ...deprecationChanges(at, old.deprecated, now.deprecated)]
      : same(old.checks, now.checks) || checkChanges({ ...at, side: 'provided' }, old, now).length === 0
        ? []
        : [change('source-checks-changed', at, 'is checked in another way before it is read')]),
    ...(['description', 'owner', 'tags'] as const).flatMap((what) =>
      same(old[what], now[what])
        ? []
        : [
            change('documentation-changed', at, `has ${what === 'tags' ? 'other' : 'another'} ${what}`, {
              ...(old[what] !== undefined && { old: String(old[what]) }),
              ...(now[what] !== undefined && { new: String(now[what]) }),
            }),
          ],
    ),
  ]
}

function appendChanges(at: At, old: string | undefined, now: string | undefined): readonly Change[] {
  if (old === now) return []
  const facts = { old: old ?? 'none', new: now ?? 'none' }
  return old === undefined
    ? [change('append-only', at, `only gets rows from now on, in the order of '${now}'`, facts)]
    : [
        change(
          'append-only-ended',
          at,
          now === undefined
            ? 'may change rows that are there, it only got more of them'
            : `gets rows in the order of '${now}', it was '${old}'`,
          facts,
        ),
      ]
}

function partitionChanges(at: At, old: Asset['partitions'], now: Asset['partitions']): readonly Change[] {
  const cut = (partitions: Asset['partitions']): unknown => partitions.map(partitionCut)
  const isCutSame = same(cut(old), cut(now))
  if (isCutSame && same(old.map(boundsOf), now.map(boundsOf))) return []
  const text = isCutSame ? partitioningText : cutText
  const [was, is] = [old, now].map((partitions) => partitions.map(text).join('; ') || 'none') as [
    string,
    string,
  ]
  const rule = !isCutSame
    ? 'partition-changed'
    : now.some((each, i) => isNarrower(old[i]!, each))
      ? 'partition-bounds-narrowed'
      : 'partition-bounds-changed'
  const before = old.length > 0 ? `it was by ${was}` : 'it was not'
  const said =
    now.length > 0 ? `is partitioned by ${is}, ${before}` : `is not partitioned any more, ${before}`
  return [change(rule, at, said, { old: was, new: is })]
}

function paramChanges(old: Contract['params'], now: Contract['params']): readonly Change[] {
  const { gone, added, both } = pairing(old, now)
  return [
    ...gone.map(([name]) => change('param-removed', of('required', 'param', name), 'is gone')),
    ...added.map(([name, { required }]) =>
      required
        ? change('param-added-required', of('required', 'param', name), 'is new and has no default')
        : change('param-added', of('required', 'param', name), 'is new and may be left out'),
    ),
    ...both.flatMap(([name, was, is]) => oneParam(of('required', 'param', name), was, is)),
  ]
}

function oneParam(at: At, old: Param, now: Param): readonly Change[] {
  const inner = fieldChanges(at, old, now)
  const limits = limitChanges(old.limits, now.limits)
  const narrower = inner.some(({ bump }) => bump === 'major') || limits.some((each) => each.narrower)
  const left =
    old.required === now.required ? [] : [now.required ? 'has to be given now' : 'may be left out now']
  const facts = [
    ...inner.map(({ message }) => message.slice(0, -1).replace(/^param '[^']*'(\.\S+)? /, '')),
    ...limits.map(({ fact }) => fact),
    ...left,
  ].join('; ')
  return [
    ...(facts === ''
      ? []
      : [
          change(narrower || (now.required && !old.required) ? 'param-narrowed' : 'param-widened', at, facts),
        ]),
    ...(old.required || now.required || same(old.default, now.default)
      ? []
      : [
          change(
            'param-default-changed',
            at,
            `is ${JSON.stringify(now.default) ?? 'nothing'} when it is left out, it was ${JSON.stringify(old.default) ?? 'nothing'}`,
          ),
        ]),
  ]
}

function resourceChanges(old: Contract['resources'], now: Contract['resources']): readonly Change[] {
  const { gone, added, both } = pairing(old, now)
  return [
    ...gone.map(([name]) =>
      change('resource-removed', of('required', 'resource', name), 'is no longer needed'),
    ),
    ...added.map(([name, { type }]) =>
      change('resource-added', of('required', 'resource', name), `is needed now: ${type}`),
    ),
    ...both.flatMap(([name, was, is]) =>
      was.type === is.type
        ? []
        : [
            change(
              'resource-changed',
              of('required', 'resource', name),
              `has to be ${is.type}, it was ${was.type}`,
              { old: was.type, new: is.type },
            ),
          ],
    ),
  ]
}

const dialectChanges = (old: readonly string[], now: readonly string[]): readonly Change[] => [
  ...old
    .filter((name) => !now.includes(name))
    .map((name) =>
      change('dialect-dropped', of('package', 'dialect', name), 'has no SQL of its own any more'),
    ),
  ...now
    .filter((name) => !old.includes(name))
    .map((name) => change('dialect-added', of('package', 'dialect', name), 'has SQL of its own now')),
]

type Node = Contract['nodes'][number]

function nodeChanges(old: readonly Node[], now: readonly Node[]): readonly Change[] {
  const byName = (nodes: readonly Node[]): Record<string, Node> =>
    Object.fromEntries(nodes.map((node) => [node.name, node]))
  const { gone, added, both } = pairing(byName(old), byName(now))
  const ports = ({ inputs, outputs }: Node): string => JSON.stringify([inputs, outputs])
  const told = (name: string, fact: string): Change =>
    change('node-changed', of('package', 'node', name), fact)
  return [
    ...gone.map(([name]) => told(name, 'is gone')),
    ...added.map(([name]) => told(name, 'is new')),
    ...both.flatMap(([name, was, is]) =>
      ports(was) !== ports(is)
        ? [told(name, 'reads or writes other assets')]
        : was.fingerprint === is.fingerprint
          ? []
          : [told(name, 'computes in another way: data changes, contract same')],
    ),
  ]
}

/** The outputs of changed nodes, and of all that reads them inside the package. */
function recomputed(old: Contract, now: Contract): readonly string[] {
  const before = new Map(old.nodes.map((node) => [node.name, JSON.stringify(node)]))
  const readers = Map.groupBy(
    now.nodes.flatMap((node) => node.inputs.map((asset) => [asset, node] as const)),
    ([asset]) => asset,
  )
  const found = new Set<string>()
  const queue = now.nodes.filter((node) => before.get(node.name) !== JSON.stringify(node))
  for (let node = queue.pop(); node; node = queue.pop())
    for (const asset of node.outputs) {
      if (found.has(asset)) continue
      found.add(asset)
      queue.push(...(readers.get(asset) ?? []).map(([, reader]) => reader))
    }
  return [...found].toSorted()
}
