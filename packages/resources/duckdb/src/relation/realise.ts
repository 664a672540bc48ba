import {
  LevadaError,
  startOf,
  trimStatement,
  type Location,
  type Place,
  type Query,
  type Relation,
  type ResultColumn,
  type Signal,
} from '@levada/core/spi'
import type { DuckDBPreparedStatement } from '@duckdb/node-api'
import { levadaError, type ErrorSource } from '../errors.ts'
import type { Connection } from '../connection.ts'
import type { Connections } from '../connections.ts'
import { localPath, quoteName, sameName } from '../sql/quote.ts'
import type { Part, Statements } from '../sql/statements.ts'
import { sqlTypeOf } from '../sql/types.ts'
import type { EmptyTables } from './empty-tables.ts'
import { fillTable } from '../write/fill-table.ts'
import { checkText } from './check-text.ts'
import { bindParams } from './params.ts'
import { withLine } from './line-of.ts'
import { emptySelect, scanSelect } from './scan.ts'

/** A relation as a statement can read it. */
export interface Realised {
  /** What stands after FROM: a view or table with its schema, or a subquery. */
  readonly from: readonly Part[]
  readonly names: readonly string[]
  /** Of a query: its columns in DuckDB's own types. */
  readonly result?: readonly ResultColumn[]
}

export interface Realiser {
  /** The CSV files that any relation reads. */
  readonly csvFiles: ReadonlySet<string>
  /** @throws whatever is wrong with the relation */
  realise(relation: Relation, signal?: Signal): Promise<Realised>
  describe(sql: string, name: string): Promise<readonly ResultColumn[]>
  /** The result of a query, without a view of it that others could read. */
  bind(query: Query): Promise<readonly ResultColumn[]>
  /** A database of its own for tables of a writer: they are gone once they are dropped, whoever still reads elsewhere. */
  addDatabase(): Promise<string>
  /** Removes all that was made. */
  drop(connection: Connection): Promise<void>
}

function preparedColumns(statement: DuckDBPreparedStatement): readonly ResultColumn[] {
  return Array.from({ length: statement.columnCount }, (_, i) => ({
    name: statement.columnName(i),
    type: sqlTypeOf(statement.columnType(i)),
  }))
}

const csvOf = (location: Location): readonly string[] =>
  location.kind === 'union'
    ? location.parts.flatMap(csvOf)
    : location.kind === 'files' && location.format === 'csv'
      ? location.uris.map(localPath)
      : []

let count = 0
/** Schemas stand in the one database of the instance, so their names are unique in it. */
const uniqueName = (): string => `levada_${(++count).toString(36)}`

/** The database of the instance. */
const own = 'memory'

/** The name of a query's own view among those of its inputs. */
const resultView = 'levada:result'

interface BoundQuery {
  readonly schema: string
  /** The author's text, with what stands for its params. */
  readonly author: Part
  readonly result: readonly ResultColumn[]
  /** What errors of the text are explained by. */
  readonly source: ErrorSource
}

/**
 * Turns authors' queries into views: one schema per query, holding a view per input and the query itself. The text runs
 * unchanged there, and its names meet nothing but the inputs. What core wrote itself needs no view: it is a subquery.
 */
export function createRealiser(
  main: Connection,
  connections: Connections,
  statements: Statements,
  emptyTables?: EmptyTables,
): Realiser {
  const known = new Map<Relation, Promise<Realised>>()
  const csvFiles = new Set<string>()
  const schemas: string[] = []
  const databases: string[] = []
  const run = async (sql: string): Promise<void> => void (await main.run(sql))

  async function addSchema(): Promise<string> {
    const name = uniqueName()
    await run(`create schema ${name}`)
    schemas.push(name)
    return name
  }

  async function addDatabase(): Promise<string> {
    const name = uniqueName()
    await run(`attach ':memory:' as ${name}`)
    databases.push(name)
    return name
  }

  /** A database of its own for a query whose inputs are named `domain.table`: its schemas are the domains. */
  async function addDomains(aliases: readonly string[]): Promise<string> {
    const name = await addDatabase()
    const domains = new Set(
      aliases.filter((alias) => alias.includes('.')).map((alias) => alias.split('.')[0]!),
    )
    for (const domain of domains) await run(`create schema if not exists ${name}.${quoteName(domain)}`)
    return `${name}.main`
  }

  /** Where the view of an input stands; `domain.table` is a table of a schema. */
  function viewName(schema: string, alias: string): string {
    const [domain, table] = alias.split('.')
    return table === undefined
      ? `${schema}.${quoteName(alias)}`
      : `${schema.split('.')[0]}.${quoteName(domain!)}.${quoteName(table)}`
  }

  /** A session reads the same files several times, and they do not change meanwhile. */
  const described = new Map<string, readonly ResultColumn[]>()

  async function describe(sql: string, name: string): Promise<readonly ResultColumn[]> {
    const before = described.get(sql)
    if (before) return before
    try {
      const statement = await main.prepare(sql)
      const columns = preparedColumns(statement)
      statement.destroySync()
      described.set(sql, columns)
      return columns
    } catch (error) {
      throw await withLine(levadaError(error, { name, statements }), name, csvFiles)
    }
  }

  function realise(relation: Relation, signal: Signal | undefined): Promise<Realised> {
    let made = known.get(relation)
    if (!made) {
      made = relation.kind === 'query' ? realiseQuery(relation, signal) : realiseRows(relation, signal)
      known.set(relation, made)
      made.catch(() => known.delete(relation))
    }
    return made
  }

  async function realiseRows(
    relation: Exclude<Relation, Query>,
    signal: Signal | undefined,
  ): Promise<Realised> {
    const { columns } = relation
    checkNames('a relation', columns)
    const names = columns.map(({ name }) => name)
    if (relation.kind === 'empty') {
      if (emptyTables) return { from: [await emptyTables.of(relation)], names }
      return { from: ['(', ...emptySelect(columns), ')'], names }
    }
    if (relation.kind === 'scan') for (const file of csvOf(relation.location)) csvFiles.add(file)
    if (relation.kind === 'scan')
      return { from: ['(', ...(await scanSelect(relation.location, columns, describe)), ')'], names }
    const schema = await addSchema()
    const view = `${schema}.${quoteName(resultView)}`
    await fillTable(connections, { schema, view }, columns, relation.batches, signal)
    return { from: [`${own}.${view}`], names }
  }

  /** The inputs as named subqueries, in front of the text. */
  async function realiseTrusted({ sql, inputs }: Query, signal: Signal | undefined): Promise<Realised> {
    const parts: Part[] = []
    for (const [alias, input] of Object.entries(inputs)) {
      const { from } = await realise(input, signal)
      parts.push(parts.length === 0 ? 'with ' : ', ', `${quoteName(alias)} as not materialized (from `)
      parts.push(...from, ')')
    }
    return { from: ['(', ...parts, ` ${sql.text})`], names: [] }
  }

  async function realiseQuery(query: Query, signal: Signal | undefined): Promise<Realised> {
    if (query.trusted) return realiseTrusted(query, signal)
    const { schema, author, result, source } = await bound(query, signal)
    const table = `${schema.includes('.') ? schema : `${own}.${schema}`}.${quoteName(resultView)}`
    try {
      await run(statements.join([`create view ${table} as `, author]))
      return { from: [table], names: result.map(({ name }) => name), result }
    } catch (error) {
      throw levadaError(error, source)
    }
  }

  /** A query with its inputs as views of a schema, and its result. */
  async function bound(query: Query, signal: Signal | undefined): Promise<BoundQuery> {
    await checkText(connections.instance, query)
    const clash = sameName(Object.keys(query.inputs))
    if (clash)
      throw new LevadaError(
        'SQL_BIND',
        `${query.name}: DuckDB takes the inputs '${clash[0]}' and '${clash[1]}' for one; rename one.`,
      )
    const inputs: (readonly [string, Realised])[] = []
    for (const [alias, input] of Object.entries(query.inputs))
      inputs.push([alias, await realise(input, signal)])
    const aliases = Object.keys(query.inputs)
    const isPlain = aliases.every((alias) => !alias.includes('.'))
    const schema = isPlain ? uniqueName() : await addDomains(aliases)
    if (isPlain) schemas.push(schema)
    const entering = isPlain ? [`create schema ${schema}`, `use ${schema}`] : [`use ${schema}`]
    const views = inputs.map(([alias, { from }]) =>
      statements.join([`create view ${viewName(schema, alias)} as from `, ...from]),
    )
    // Views of empty tables do not fail, so that nobody has to know which of them did.
    await run([...entering, ...(emptyTables ? views : [])].join(';'))
    if (!emptyTables)
      for (const [i, view] of views.entries())
        await run(view).catch((error: unknown) => {
          throw levadaError(error, { name: `${query.name}: ${inputs[i]![0]}`, statements })
        })
    const unique = schema.split('.')[0]!
    const { text, original } = await bindParams(query, trimStatement(query.sql.text), unique, connections)
    const author: Part = { text, mark: { kind: 'author', sql: query.sql, text, original } }
    const source: ErrorSource = {
      name: query.name,
      statements,
      binding: true,
      known: inputs.flatMap(([, { names }]) => names),
    }
    try {
      const statement = await main.prepare(statements.join([author]))
      const columns = preparedColumns(statement)
      statement.destroySync()
      checkNames(query.name, columns, startOf(query.sql))
      return { schema, author, result: columns, source }
    } catch (error) {
      throw levadaError(error, source)
    }
  }

  // One after the other: `use` is a state of the connection.
  let last: Promise<unknown> = Promise.resolve()
  return {
    csvFiles,
    realise(relation, signal) {
      const name = relation.kind === 'query' ? relation.name : 'reading'
      const next = last
        .then(() => connections.guard(main, signal, () => realise(relation, signal)))
        .catch((error: unknown) => {
          throw levadaError(error, { name, statements })
        })
      last = next.catch(() => {})
      return next
    },
    bind: async (query) => (await bound(query, undefined)).result,
    describe(sql, name) {
      const next = last.then(() => describe(sql, name))
      last = next.catch(() => {})
      return next
    },
    addDatabase,
    async drop(connection) {
      for (const schema of schemas) await connection.run(`drop schema if exists ${schema} cascade`)
      for (const database of databases) await connection.run(`detach ${database}`)
    },
  }
}

/** @throws SQL_RESULT */
function checkNames(what: string, columns: readonly { readonly name: string }[], place?: Place): void {
  const clash = sameName(columns.map(({ name }) => name))
  if (!clash) return
  const both =
    clash[0] === clash[1]
      ? `two columns are named '${clash[0]}'`
      : `DuckDB takes the columns '${clash[0]}' and '${clash[1]}' for one`
  throw new LevadaError('SQL_RESULT', `${what}: ${both}; rename one with AS.`, place ? { place } : {})
}
