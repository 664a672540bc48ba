import { checkAssetName, type AnyAsset, type Check } from '../asset/index.ts'
import { didYouMean, LevadaError, meant, nearestKeys, throwAll } from '../errors/index.ts'
import type { AnyNode, AnyView, Input } from './node.ts'
import { checkPipelineName } from './pipeline-name.ts'
import type { AnyPipeline } from './ports.ts'

/** How a pipeline is used another time, or under other names: its own name, and its assets by their names in the package. */
export interface Renaming {
  readonly name?: string
  readonly assets?: Readonly<Record<string, string>>
}

const keys = ['name', 'assets']

/**
 * The nodes of a pipeline with other assets, in all that names them: inputs, outputs, views and checks.
 * @throws PIPELINE_INVALID, ASSET_NAME
 */
export function renamedNodes(pipeline: AnyPipeline, renaming: Renaming): readonly AnyNode[] {
  const { name, assets = {} } = renaming
  const unknown = Object.keys(renaming).find((key) => !keys.includes(key))
  if (unknown !== undefined)
    throw new LevadaError(
      'PIPELINE_INVALID',
      `Pipeline '${pipeline.name}': with(…) has no '${unknown}'.${didYouMean(unknown, keys)}`,
    )
  if (name !== undefined) checkPipelineName(name)
  const known = new Set<string>()
  const nameOf = (old: string): string => {
    known.add(old)
    return Object.hasOwn(assets, old) ? assets[old]! : old
  }
  const [renamed, views] = [new Map<AnyAsset, AnyAsset>(), new Map<AnyView, AnyView>()]

  const asset = (old: AnyAsset): AnyAsset => {
    const made = renamed.get(old) ?? {
      ...old,
      name: nameOf(old.name),
      checks: old.checks.map((each) => check(each, old)),
    }
    renamed.set(old, made)
    return made
  }
  const check = (old: Check, of: AnyAsset): Check => {
    const { rule } = old
    if (rule.kind === 'sql') {
      const [table, now] = [rule.table ?? tableName(of.name), tableName(nameOf(of.name))]
      return { ...old, rule: { kind: 'sql', sql: rule.sql, ...(table !== now && { table }) } }
    }
    if (rule.kind !== 'relationship') return old
    const to = asset(rule.to)
    return { ...old, name: old.name.replace(` → ${rule.to.name})`, ` → ${to.name})`), rule: { ...rule, to } }
  }
  const input = (old: Input): Input => (old['~levada'] === 'asset@1' ? asset(old) : view(old))
  const view = (old: AnyView): AnyView => {
    const made = views.get(old) ?? { ...old, inputs: mapped(old.inputs, input) }
    views.set(old, made)
    return made
  }
  const nodes = pipeline.nodes.map((node): AnyNode => ({
    ...node,
    inputs: mapped(node.inputs, input),
    outputs: mapped(node.outputs, asset) as AnyNode['outputs'],
  }))
  checkRenaming(pipeline, assets, [...known])
  return nodes
}

/** Two renamings one after the other, as one; assets that keep their names are left out. */
export function renamedAgain(
  first: Readonly<Record<string, string>>,
  second: Readonly<Record<string, string>>,
): Readonly<Record<string, string>> {
  const middle = new Set(Object.values(first))
  const all = [
    ...Object.entries(first).map(([old, name]) => [old, second[name] ?? name] as const),
    ...Object.entries(second).filter(([old]) => !middle.has(old)),
  ]
  return Object.fromEntries(
    all.filter(([old, name]) => old !== name).toSorted(([a], [b]) => (a < b ? -1 : 1)),
  )
}

const tableName = (asset: string): string => asset.split('.')[1]!

const mapped = <A, B>(all: Readonly<Record<string, A>>, map: (one: A) => B): Readonly<Record<string, B>> =>
  Object.fromEntries(Object.entries(all).map(([key, one]) => [key, map(one)]))

function checkRenaming(
  pipeline: AnyPipeline,
  assets: Readonly<Record<string, string>>,
  known: readonly string[],
): void {
  const unknown: LevadaError[] = []
  const taken = new Map<string, string>()
  for (const [old, name] of Object.entries(assets)) {
    if (!known.includes(old))
      unknown.push(
        new LevadaError(
          'PIPELINE_INVALID',
          `Pipeline '${pipeline.name}' has no asset '${old}' to rename.${meant(nearestKeys(old, known))}`,
          { hint: `It has ${known.toSorted().join(', ')}.` },
        ),
      )
    else checkAssetName(name)
  }
  throwAll(unknown)
  for (const old of known) {
    const name = assets[old] ?? old
    const other = taken.get(name)
    if (other !== undefined)
      throw new LevadaError(
        'PIPELINE_INVALID',
        `Pipeline '${pipeline.name}': '${other}' and '${old}' would both be named '${name}'.`,
        { hint: 'Give each of its assets a name of its own.' },
      )
    taken.set(name, old)
  }
}
