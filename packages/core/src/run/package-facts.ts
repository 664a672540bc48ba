import { fileURLToPath } from 'node:url'
import { contractOf, type Contract, type PackageFacts } from '../app/index.ts'
import { normalSql } from '../engine/index.ts'
import { placed, throwAll, toLevadaErrors } from '../errors/index.ts'
import { viewsBelow, type AnyNode, type AnyPipeline, type SqlSource } from '../pipeline/index.ts'
import { dialectsOf, readSql } from '../plan/index.ts'
import { paramField, type AnySchema, type Column } from '../schema/index.ts'
import { atNode } from './node-place.ts'
import { sha256 } from '../dataset/sha256.ts'
import { sourceFingerprint } from './source-fingerprint.ts'

/** The contract of a pipeline whose package is at `dir`. @throws GENERATE, COLUMN_TYPE, SQL_FILE_MISSING, STORAGE */
export const packageContract = async (
  pipeline: AnyPipeline,
  dir: string,
  installed?: Contract,
): Promise<Contract> => contractOf(pipeline, await packageFacts(pipeline, dir, installed))

/**
 * What the files of a package tell about its pipeline.
 * @param installed the contract of a package without its source, from which the code of function nodes is taken
 * @throws SQL_FILE_MISSING, STORAGE
 */
async function packageFacts(pipeline: AnyPipeline, dir: string, installed?: Contract): Promise<PackageFacts> {
  const dialects = new Set<string>()
  const sqlFiles = sqlFilesOf(pipeline)
  let code: Promise<string> | undefined
  const source = (): Promise<string> => (code ??= sourceFingerprint(dir, sqlFiles))
  const fingerprints = new Map<string, string>()
  for (const node of pipeline.nodes) {
    for (const dialect of sqlOf(node).flatMap(([, source]) => dialectsOf(source))) dialects.add(dialect)
    // A file that anybody may have written.
    const nodes: unknown = installed?.nodes
    const known = Array.isArray(nodes)
      ? (nodes as Contract['nodes']).find((each) => each?.name === node.name)
      : undefined
    const print = node.work.kind === 'function' ? known?.fingerprint : undefined
    fingerprints.set(node.name, print ?? (await placedAt(node, () => fingerprintOf(node, dir, source))))
  }
  return { dialects: [...dialects], fingerprints }
}

/** What is wrong with a node is told where its author wrote it. */
async function placedAt<T>(node: AnyNode, action: () => Promise<T>): Promise<T> {
  try {
    return await action()
  } catch (error) {
    throwAll(toLevadaErrors(error).map((each) => placed(each, atNode({ node }, process.cwd()).place)))
    throw error
  }
}

/** The SQL of a node and of the views below it, each with its name. */
const sqlOf = (node: AnyNode): readonly (readonly [string, SqlSource])[] => [
  ...(node.work.kind === 'sql' ? [[`node ${node.name}`, node.work.sql] as const] : []),
  ...viewsBelow(Object.values(node.inputs)).map(({ name, sql }) => [`view ${name}`, sql] as const),
]

/** The SQL files of a pipeline, which are told apart from its source. */
export const sqlFilesOf = (pipeline: AnyPipeline): ReadonlySet<string> =>
  new Set(pipeline.nodes.flatMap(sqlOf).flatMap(([, source]) => filesOf(source)))

/** A SQL file and those for dialects beside it. */
const filesOf = (source: SqlSource): readonly string[] =>
  source.kind === 'inline'
    ? []
    : ['', ...dialectsOf(source)].map((dialect) =>
        fileURLToPath(source.href).replace(/\.sql$/, dialect === '' ? '.sql' : `.${dialect}.sql`),
      )

/**
 * @param source the code of function nodes
 * @throws SQL_FILE_MISSING, STORAGE
 */
export async function fingerprintOf(
  node: AnyNode,
  dir: string,
  source: () => Promise<string>,
): Promise<string> {
  const { work } = node
  const code =
    work.kind === 'sql' ? [] : work.version === undefined ? await source() : { version: work.version }
  const at = `param ${node.name}`
  const relations = [node, ...viewsBelow(Object.values(node.inputs))].map(({ name, inputs, params }) => [
    name,
    Object.entries(inputs).map(([alias, input]) => [
      alias,
      input.name,
      input.columns?.map(dataOf),
      ...(input['~levada'] === 'asset@1' && input.mapping ? [input.mapping] : []),
    ]),
    Object.entries(params).map(([param, schema]) => [
      param,
      paramField(schema as AnySchema, `${at}.${param}`),
    ]),
  ])
  const outputs = Object.entries(node.outputs).map(([alias, { name, columns, partitions, incremental }]) => [
    alias,
    name,
    columns.map(dataOf),
    partitions,
    ...(incremental ? [incremental] : []),
  ])
  const texts = sqlOf(node).map(([owner, source]) =>
    ['', ...dialectsOf(source)].map((dialect) => [
      dialect,
      normalSql(source.kind === 'inline' ? source.sql.text : readSql(owner, source, dialect, dir).text),
    ]),
  )
  return sha256(JSON.stringify([work.kind, code, relations, Object.keys(node.resources), outputs, texts]))
}

/** What of a column its values depend on. */
export const dataOf = ({ name, type, nullable, optional }: Column): object => ({
  name,
  type,
  nullable,
  ...(optional && { optional }),
})
