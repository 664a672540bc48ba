import { isGlob, type Graph, type GraphIndex } from '../app/index.ts'
import { didYouMean, LevadaError, meant, nearest, nearestKeys } from '../errors/index.ts'

/** Where a selection begins: nodes, by place in `graph.nodes`, and assets, by number. */
export interface Start {
  readonly nodes: readonly number[]
  readonly assets: readonly number[]
}

/**
 * What a name or a glob stands for: the key of an asset (`shop.orders`), the id of a node (`orders/stage`), or all nodes of a name
 * (`stage`). A glob without `.` and `/` is tried on keys and on names.
 *
 * @param jobs the names of the app's jobs, one of which may be meant
 * @throws SELECTION_UNKNOWN
 */
export function startAt(graph: Graph, index: GraphIndex, name: string, jobs: readonly string[]): Start {
  if (isGlob(name)) return startOfGlob(graph, index, name)
  const asset = index.assetNumbers.get(name)
  if (asset !== undefined) return { nodes: [], assets: [asset] }
  const start = nodesWhere(
    graph,
    index,
    name.includes('/') ? ({ id }) => id === name : ({ node }) => node.name === name,
  )
  if (start.nodes.length > 0) return start
  throw unknownName(graph, index, name, jobs)
}

function startOfGlob(graph: Graph, index: GraphIndex, glob: string): Start {
  const pattern = new RegExp(
    `^${glob.replaceAll(/[.*?/-]/g, (sign) => (sign === '*' ? '.*' : sign === '?' ? '.' : `\\${sign}`))}$`,
    's',
  )
  const assets: number[] = []
  if (!glob.includes('/'))
    index.assets.forEach((name, i) => {
      if (pattern.test(name)) assets.push(i)
    })
  const start = nodesWhere(graph, index, (node) =>
    glob.includes('/') ? pattern.test(node.id) : !glob.includes('.') && pattern.test(node.node.name),
  )
  const all = { nodes: start.nodes, assets: [...new Set([...assets, ...start.assets])] }
  if (all.nodes.length + all.assets.length > 0) return all
  throw new LevadaError(
    'SELECTION_UNKNOWN',
    `No ${glob.includes('/') ? 'node' : 'asset'} of the app matches '${glob}'.`,
  )
}

function nodesWhere(
  graph: Graph,
  { writes }: GraphIndex,
  is: (node: Graph['nodes'][number]) => boolean,
): Start {
  const nodes: number[] = []
  const assets: number[] = []
  graph.nodes.forEach((node, i) => {
    if (!is(node)) return
    nodes.push(i)
    assets.push(...writes.values.subarray(writes.offsets[i], writes.offsets[i + 1]))
  })
  return { nodes, assets }
}

function unknownName(graph: Graph, index: GraphIndex, name: string, jobs: readonly string[]): LevadaError {
  const [what, near] = name.includes('/')
    ? ([
        'node of the app has the id',
        [
          ...asKey(index, name.replace('/', '.')),
          ...nearest(
            name,
            graph.nodes.map(({ id }) => id),
          ),
        ],
      ] as const)
    : name.includes('.')
      ? (['asset of the app is named', [...asId(graph, name), ...nearestKeys(name, index.assets)]] as const)
      : (['asset or node of the app is named', nearBare(graph, index, name, jobs)] as const)
  return new LevadaError('SELECTION_UNKNOWN', `No ${what} '${name}'.${meant([...new Set(near)].slice(0, 3))}`)
}

const asKey = (index: GraphIndex, key: string): readonly string[] =>
  index.assetNumbers.has(key) ? [key] : []

/** `orders.stage` for the node `orders/stage`. */
const asId = ({ nodes }: Graph, key: string): readonly string[] => {
  const id = key.replace('.', '/')
  return nodes.some((node) => node.id === id) ? [id] : []
}

/** A word alone may be meant as a node, as the second half of a key, or as what needs a selector before it. */
function nearBare(graph: Graph, index: GraphIndex, name: string, jobs: readonly string[]): readonly string[] {
  const labels = [
    ...jobs.map((job) => `job:${job}`),
    ...graph.nodes.map(({ pipeline }) => `pipeline:${pipeline}`),
    ...[...graph.assets.values()].flatMap(({ asset }) => [
      ...asset.tags.map((tag) => `tag:${tag}`),
      `domain:${asset.name.split('.')[0]!}`,
    ]),
  ]
  const whole = new Set([...labels, ...index.assets].filter((term) => term.split(/[.:]/, 2)[1] === name))
  return [
    ...whole,
    ...nearest(
      name,
      graph.nodes.map(({ node }) => node.name),
    ),
    ...nearestKeys(name, index.assets),
  ]
}

/** The assets with a tag or an owner, those only that are built here where there are some. That nothing has it is told. */
export function withLabel(
  {
    graph,
    index,
    notices,
  }: { readonly graph: Graph; readonly index: GraphIndex; readonly notices: string[] },
  label: 'tag' | 'owner',
  value: string,
): Start {
  const labelsOf = (name: string): readonly string[] => {
    const { asset } = graph.assets.get(name)!
    return label === 'tag' ? asset.tags : asset.owner === undefined ? [] : [asset.owner]
  }
  const all = index.assets.map((name, i) => ({ i, labels: labelsOf(name) }))
  const assets = all.filter(({ labels }) => labels.includes(value)).map(({ i }) => i)
  if (assets.length === 0) {
    const known = all.flatMap(({ labels }) => labels)
    notices.push(`No asset of the app has the ${label} '${value}'.${didYouMean(value, known)}`)
  }
  return { nodes: [], assets }
}
