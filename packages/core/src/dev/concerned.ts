import { fileURLToPath } from 'node:url'
import { outlineOf, type Graph, type GraphNode } from '../app/index.ts'
import { viewsBelow, type AnyNode, type AnyPipeline, type SqlSource } from '../pipeline/index.ts'

/** The SQL of a node and of the views below it. */
const sqlOf = (node: AnyNode): readonly SqlSource[] => [
  ...(node.work.kind === 'sql' ? [node.work.sql] : []),
  ...viewsBelow(Object.values(node.inputs)).map(({ sql }) => sql),
]

const fileOf = (source: SqlSource): readonly string[] =>
  source.kind === 'file' ? [fileURLToPath(source.href)] : []

/** `x.postgres.sql` stands for `x.sql`. */
const plainName = (file: string): string => file.replace(/(\.[a-z]\w*)\.sql$/, '.sql')

/** All SQL files of an app. */
export const sqlFiles = (graph: Graph): ReadonlySet<string> =>
  new Set(graph.nodes.flatMap(({ node }) => sqlOf(node).flatMap(fileOf)))

/** Whether a file is one of some SQL files, or one of them for a dialect. */
export const isSqlFile = (files: ReadonlySet<string>, file: string): boolean =>
  files.has(file) || files.has(plainName(file))

/** The nodes whose statement is made of a file. */
export const nodesWithSql = (graph: Graph, file: string): readonly GraphNode[] =>
  graph.nodes.filter((node) => isSqlFile(new Set(sqlOf(node.node).flatMap(fileOf)), file))

/** What of a node's code can be seen: another text is another node. What its functions call is not part of it. */
export function signature({ node }: GraphNode): string {
  const outline = outlineOf({
    '~levada': 'pipeline@1',
    name: 'one',
    nodes: [node],
  } as unknown as AnyPipeline)
  const sql = sqlOf(node).map((source) =>
    source.kind === 'file' ? source.href.split('?')[0] : source.sql.text,
  )
  return JSON.stringify([outline, sql, node.work.kind === 'function' ? String(node.work.run) : ''])
}
