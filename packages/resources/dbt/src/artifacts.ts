import { LevadaError } from '@levada/core/spi'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { DbtNode, DbtStatus } from './events.ts'
import { count, list, number, object, status, text, texts, type Json } from './json.ts'

/** How one node of a command ended. */
export interface DbtNodeResult extends DbtNode {
  readonly status: DbtStatus
  /** How long it took, in seconds. */
  readonly seconds: number
  /** ISO, UTC. */
  readonly startedAt?: string
  readonly finishedAt?: string
  /** Rows that were written, where the adapter tells. */
  readonly rows?: number
  /** Rows that fail a test. */
  readonly failures?: number
  /** What the database or dbt said of it. */
  readonly message?: string
}

/** `run_results.json`: all nodes of a command. */
export interface DbtRunResults {
  readonly version?: string
  readonly invocationId?: string
  readonly seconds: number
  readonly nodes: readonly DbtNodeResult[]
}

/** A node of the manifest, or a source. */
export interface DbtManifestNode extends DbtNode {
  readonly packageName: string
  /** Path of its file in its package. */
  readonly path: string
  readonly database?: string
  readonly schema?: string
  readonly alias?: string
  readonly description: string
  readonly tags: readonly string[]
  /** Ids of what it reads. */
  readonly dependsOn: readonly string[]
  readonly columns: readonly DbtColumn[]
  /** All that dbt wrote of it. */
  readonly raw: Json
}

export interface DbtColumn {
  readonly name: string
  readonly type?: string
  readonly description: string
}

/** `manifest.json`: what a project consists of. */
export interface DbtManifest {
  readonly version?: string
  readonly adapter?: string
  readonly projectName?: string
  /** Models, seeds, snapshots, tests and so on, by id. */
  readonly nodes: ReadonlyMap<string, DbtManifestNode>
  readonly sources: ReadonlyMap<string, DbtManifestNode>
  readonly exposures: ReadonlyMap<string, Json>
  readonly unitTests: ReadonlyMap<string, Json>
  readonly raw: Json
}

/** `catalog.json`: the columns that tables really have. */
export interface DbtCatalog {
  readonly tables: ReadonlyMap<string, { readonly columns: readonly DbtColumn[]; readonly raw: Json }>
}

/**
 * Reads an artifact's text as JSON.
 * @throws DATA_UNREADABLE when it is no JSON object
 */
export function parseArtifact(content: string, file: string): Json {
  try {
    const value: unknown = JSON.parse(content)
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Json
  } catch (cause) {
    throw unreadable(file, (cause as Error).message, cause)
  }
  throw unreadable(file, 'it holds no JSON object')
}

const unreadable = (file: string, why: string, cause?: unknown): LevadaError =>
  new LevadaError('DATA_UNREADABLE', `dbt's artifact ${file} cannot be read: ${why}.`, {
    hint: 'Run the command again: dbt writes it anew. Look whether the disk is full, or something else writes into the target folder.',
    place: { file },
    ...(cause !== undefined && { cause }),
  })

/**
 * An artifact in a target folder, or undefined when dbt wrote none.
 * @throws DATA_UNREADABLE
 */
export async function readArtifact(targetPath: string, name: string): Promise<Json | undefined> {
  const file = join(targetPath, name)
  let content: string
  try {
    content = await readFile(file, 'utf8')
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw unreadable(file, (cause as Error).message, cause)
  }
  return parseArtifact(content, file)
}

/** Results that say of no node are left out; of the others whatever is there is taken. */
export function runResultsOf(artifact: Json): DbtRunResults {
  const metadata = object(artifact['metadata'])
  const version = text(metadata['dbt_version'])
  const invocationId = text(metadata['invocation_id'])
  return {
    ...(version !== undefined && { version }),
    ...(invocationId !== undefined && { invocationId }),
    seconds: number(artifact['elapsed_time']) ?? 0,
    nodes: list(artifact['results']).flatMap((result) => nodeResultOf(object(result)) ?? []),
  }
}

function nodeResultOf(result: Json): DbtNodeResult | undefined {
  const id = text(result['unique_id'])
  if (id === undefined) return undefined
  const timing = list(result['timing']).map(object)
  const startedAt = timing.map((t) => text(t['started_at'])).find((t) => t !== undefined)
  const finishedAt = timing.map((t) => text(t['completed_at'])).findLast((t) => t !== undefined)
  const rows = count(object(result['adapter_response'])['rows_affected'])
  const failures = count(result['failures'])
  const message = text(result['message']) ?? text(result['error'])
  const relation = text(result['relation_name'])
  return {
    id,
    name: nameIn(id),
    resourceType: id.split('.')[0]!,
    ...(relation !== undefined && { relation }),
    status: status(result['status']),
    seconds: number(result['execution_time']) ?? 0,
    ...(startedAt !== undefined && { startedAt }),
    ...(finishedAt !== undefined && { finishedAt }),
    ...(rows !== undefined && { rows }),
    ...(failures !== undefined && { failures }),
    ...(message !== undefined && { message }),
  }
}

/** `test.shop.unique_orders_id.fed79b3a6e` is named before its hash, `source.shop.raw.orders` after its source. */
const nameIn = (id: string): string => {
  const [kind, , ...name] = id.split('.')
  return (kind === 'source' ? name.at(-1) : name[0]) ?? id
}

/** Nodes without what makes them one are left out. */
export function manifestOf(artifact: Json): DbtManifest {
  const metadata = object(artifact['metadata'])
  const version = text(metadata['dbt_version'])
  const adapter = text(metadata['adapter_type'])
  const projectName = text(metadata['project_name'])
  return {
    ...(version !== undefined && { version }),
    ...(adapter !== undefined && { adapter }),
    ...(projectName !== undefined && { projectName }),
    nodes: nodesOf(artifact['nodes']),
    sources: nodesOf(artifact['sources']),
    exposures: new Map(Object.entries(object(artifact['exposures'])).map(([id, e]) => [id, object(e)])),
    unitTests: new Map(Object.entries(object(artifact['unit_tests'])).map(([id, t]) => [id, object(t)])),
    raw: artifact,
  }
}

const nodesOf = (value: unknown): ReadonlyMap<string, DbtManifestNode> =>
  new Map(Object.entries(object(value)).map(([id, node]) => [id, manifestNodeOf(id, object(node))]))

function manifestNodeOf(id: string, node: Json): DbtManifestNode {
  const optional = {
    materialized: text(object(node['config'])['materialized']),
    relation: text(node['relation_name']),
    database: text(node['database']),
    schema: text(node['schema']),
    alias: text(node['alias']) ?? text(node['identifier']),
  }
  return {
    id,
    name: text(node['name']) ?? nameIn(id),
    resourceType: text(node['resource_type']) ?? id.split('.')[0]!,
    ...given(optional),
    packageName: text(node['package_name']) ?? id.split('.')[1] ?? '',
    path: text(node['original_file_path']) ?? '',
    description: text(node['description']) ?? '',
    tags: texts(node['tags']),
    dependsOn: texts(object(node['depends_on'])['nodes']),
    columns: columnsOf(Object.entries(object(node['columns'])), 'data_type', 'description'),
    raw: node,
  }
}

/** Columns in the order that they are given in. */
const columnsOf = (all: readonly [string, unknown][], type: string, about: string): readonly DbtColumn[] =>
  all.map(([key, value]) => {
    const column = object(value)
    return {
      name: text(column['name']) ?? key,
      ...given({ type: text(column[type]) }),
      description: text(column[about]) ?? '',
    }
  })

/** The fields that have a value. */
function given<T extends Readonly<Record<string, string | undefined>>>(
  fields: T,
): { [K in keyof T]?: NonNullable<T[K]> } {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]?: NonNullable<T[K]>
  }
}

/** Tables of nodes and sources alike, by id; columns in the order of the table. */
export function catalogOf(artifact: Json): DbtCatalog {
  const all = { ...object(artifact['nodes']), ...object(artifact['sources']) }
  const position = ([, column]: [string, unknown]): number => number(object(column)['index']) ?? 0
  return {
    tables: new Map(
      Object.entries(all).map(([id, table]) => {
        const raw = object(table)
        const columns = Object.entries(object(raw['columns'])).toSorted((a, b) => position(a) - position(b))
        return [id, { columns: columnsOf(columns, 'type', 'comment'), raw }]
      }),
    ),
  }
}

/** How old the newest rows of a source are. */
export interface DbtSourceFreshness {
  /** `source.shop.raw.orders` */
  readonly id: string
  /** `pass`, `warn`, `error`, or `runtime error` when it could not be found out. */
  readonly status: DbtStatus
  /** ISO, UTC. */
  readonly maxLoadedAt?: string
  readonly ageSeconds?: number
  readonly message?: string
}

/** `sources.json`, as `dbt source freshness` writes it. */
export const freshnessOf = (artifact: Json): readonly DbtSourceFreshness[] =>
  list(artifact['results'])
    .map(object)
    .flatMap((result) => {
      const id = text(result['unique_id'])
      const ageSeconds = number(result['max_loaded_at_time_ago_in_s'])
      if (id === undefined) return []
      return {
        id,
        status: status(result['status']),
        ...given({ maxLoadedAt: text(result['max_loaded_at']), message: text(result['error']) }),
        ...(ageSeconds !== undefined && { ageSeconds }),
      }
    })

/**
 * What the project of a command consists of.
 * @throws DATA_UNREADABLE when the command wrote none, or one that is damaged
 */
export const readManifest = async (result: WithTarget): Promise<DbtManifest> =>
  manifestOf(await written(result, 'manifest.json', 'any that parses the project, such as parse or build'))

/**
 * The columns that `docs` found in the database.
 * @throws DATA_UNREADABLE
 */
export const readCatalog = async (result: WithTarget): Promise<DbtCatalog> =>
  catalogOf(await written(result, 'catalog.json', 'docs'))

/**
 * How old the sources are that `sourceFreshness` looked at.
 * @throws DATA_UNREADABLE
 */
export const readFreshness = async (result: WithTarget): Promise<readonly DbtSourceFreshness[]> =>
  freshnessOf(await written(result, 'sources.json', 'sourceFreshness'))

interface WithTarget {
  readonly targetPath: string
}

async function written({ targetPath }: WithTarget, name: string, commands: string): Promise<Json> {
  const artifact = await readArtifact(targetPath, name)
  if (artifact) return artifact
  throw new LevadaError('DATA_UNREADABLE', `dbt wrote no ${name} into ${targetPath}.`, {
    hint: `Ask the result of a command that writes it: ${commands}.`,
  })
}
