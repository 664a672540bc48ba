import {
  fit,
  LevadaError,
  showType,
  withArticle,
  type Batch,
  type Column,
  type Cursor,
  type EngineSession,
  type PartitionKey,
  type Query,
  type Relation,
  type Signal,
  type WriteTarget,
  type Written,
} from '@levada/core/spi'
import { isServerError, isValueError, statementError } from './errors.ts'
import { createRealiser, type Realised } from './realise.ts'
import { rowWriter } from './row-writer.ts'
import type { Connection, PostgresServer } from './server.ts'
import { inspect } from './sql/inspect.ts'
import { partitionSql } from './sql/partition.ts'
import { quoteName } from './sql/quote.ts'
import { statement, type Part, type Statement } from './sql/statement.ts'
import { castSql, readSql } from './sql/types.ts'
import { columnDecoder } from './values/decode.ts'
import { copyFields } from './values/copy-fields.ts'

type TableTarget = Extract<WriteTarget, { readonly kind: 'table' }>

/** Rows of a cursor come in pieces of this many. */
const fetchRows = 5000

const sourceType = ({ result }: Realised, column: Column) =>
  result?.find(({ name }) => name === column.name)?.type

/** The declared columns, cast. */
function selectParts(realised: Realised, columns: readonly Column[], reading: boolean): readonly Part[] {
  const list = columns.map((column) => {
    const cast = castSql(quoteName(column.name), sourceType(realised, column), column)
    return `${reading ? readSql(cast, column.type) : cast} as ${quoteName(column.name)}`
  })
  return [`select ${list.join(', ')} from `, ...realised.from, ' as rows']
}

function tableTarget(target: WriteTarget): TableTarget {
  if (target.kind === 'table') return target
  if (target.kind === 'query')
    throw new LevadaError('NOT_SUPPORTED', 'A view keeps a query, and no rows from elsewhere.')
  const what = target.kind === 'files' ? `${target.format} files` : `a target of kind '${target.kind}'`
  throw new LevadaError('NOT_SUPPORTED', `PostgreSQL cannot write ${what}.`)
}

export async function openSession(server: PostgresServer): Promise<EngineSession> {
  const main = await server.connect()
  const realiser = createRealiser(main)
  let temporary = false
  /** Of readings that have begun and not ended. */
  const reading = new Set<Connection>()
  let isClosed = false

  async function realise(relation: Relation, signal?: Signal): Promise<Realised> {
    if (signal?.aborted) throw new LevadaError('CANCELLED', 'The statement was interrupted.')
    const made = await realiser.realise(relation, signal)
    temporary ||= made.temporary
    return made
  }

  /**
   * Work on a connection of its own; on that of the session, which sees the rows that came from elsewhere, when they are read.
   */
  async function connectionFor(realised: Realised, signal: Signal | undefined): Promise<Connection> {
    if (!realised.temporary) return server.connect(signal)
    return { ...main.withSignal(signal), release: () => undefined }
  }

  /** Which column a value did not fit, found by casting one after the other. */
  async function valueError(
    connection: Connection,
    error: unknown,
    name: string,
    realised: Realised,
    columns: readonly Column[],
  ): Promise<LevadaError> {
    if (!isValueError(error)) return statementError(error, { name })
    const value = /"([^]*)"$/.exec(error.message)?.[1]
    for (const column of columns) {
      const type = sourceType(realised, column)
      if (type && fit(type, column.type) !== 'checked') continue
      const cast = castSql(quoteName(column.name), type, column)
      const probe = statement(`select count(${cast}) from `, ...realised.from, ' as rows')
      const failed = await connection.run(probe.text, probe.values).then(
        () => undefined,
        (found: unknown) => found,
      )
      if (!isServerError(failed)) continue
      const what =
        value === undefined
          ? failed.message
          : `'${value.slice(0, 80)}' is not ${withArticle(showType(column.type))}`
      return new LevadaError('VALUE_RANGE', `${name}: column ${column.name}: ${what}.`, {
        cause: error,
        details: { column: column.name, ...(value !== undefined && { value }) },
      })
    }
    return statementError(error, { name })
  }

  async function* pieces(
    connection: Connection,
    select: Statement,
  ): AsyncGenerator<readonly (readonly (string | null)[])[]> {
    if (select.values.length === 0) {
      for await (const lines of connection.copyOut(`copy (${select.text}) to stdout`)) yield copyFields(lines)
      return
    }
    // COPY takes no values, so that a query with params is read by a cursor.
    await connection.run('begin')
    try {
      await connection.run(`declare levada_rows no scroll cursor for ${select.text}`, select.values)
      for (;;) {
        const rows = await connection.run(`fetch ${fetchRows} from levada_rows`)
        if (rows.length > 0) yield rows
        if (rows.length < fetchRows) return
      }
    } finally {
      // After the signal too: the connection goes on with others.
      await connection
        .withSignal(undefined)
        .run('rollback')
        .catch(() => undefined)
    }
  }

  const nameOf = (relation: Relation): string => (relation.kind === 'query' ? relation.name : 'reading')

  async function read(
    relation: Relation,
    columns: readonly Column[],
    signal: Signal | undefined,
  ): Promise<Cursor> {
    const name = nameOf(relation)
    const realised = await realise(relation, signal)
    const select = statement(...selectParts(realised, columns, true))
    const decoders = columns.map(columnDecoder)
    async function* batches(): AsyncGenerator<Batch> {
      const connection = await connectionFor(realised, signal)
      reading.add(connection)
      try {
        if (isClosed) throw new LevadaError('CANCELLED', 'The session is closed.')
        for await (const rows of pieces(connection, select)) {
          const decoded = decoders.map((decode, c) => decode(rows.map((row) => row[c]!)))
          yield { length: rows.length, columns: decoded }
        }
      } catch (error) {
        throw await valueError(connection, error, name, realised, columns)
      } finally {
        if (reading.delete(connection)) connection.release()
      }
    }
    return {
      columns,
      batches,
      async *rows() {
        const names = columns.map((column) => column.name)
        for await (const { length, columns: values } of batches())
          yield Array.from({ length }, (_, r) =>
            Object.fromEntries(names.map((key, c) => [key, values[c]![r]])),
          )
      },
    }
  }

  /** The text of a query for a view; all of its values are computed once, so that what fails does so now. */
  async function keepQuery(
    query: Query,
    columns: readonly Column[],
    signal: Signal | undefined,
  ): Promise<Written> {
    const realised = await realise(query, signal)
    const select = statement(...selectParts(realised, columns, false))
    if (realised.temporary || select.values.length > 0)
      throw new LevadaError(
        'NOT_SUPPORTED',
        `${query.name}: a view cannot keep ${realised.temporary ? 'rows of another engine' : 'values of params'}.`,
      )
    const counts = columns.map(({ name }) => `, count(${quoteName(name)})`).join('')
    const connection = await connectionFor(realised, signal)
    try {
      const [[count]] = (await connection.run(`select count(*)${counts} from (${select.text}) as kept`)) as [
        [string],
      ]
      const rows = Number(count)
      return {
        rows,
        sizeBytes: 0,
        files: [],
        partitions: [{ key: {}, rows, sizeBytes: 0 }],
        query: select.text,
      }
    } catch (error) {
      throw await valueError(connection, error, query.name, realised, columns)
    } finally {
      connection.release()
    }
  }

  return {
    describe: (location) => realiser.describe(location),
    bind: async (query) => (await realise(query)).result!,
    read: (relation, columns, { signal } = {}) => read(relation, columns, signal),
    async write(query, columns, target, { signal } = {}) {
      if (target.kind === 'query') return keepQuery(query, columns, signal)
      const { name, ...rest } = tableTarget(target)
      const realised = await realise(query, signal)
      const connection = await connectionFor(realised, signal)
      const names = columns.map((column) => quoteName(column.name)).join(', ')
      const insert = statement(`insert into ${name} (${names}) `, ...selectParts(realised, columns, false))
      try {
        await connection.change(insert.text, insert.values)
        return await writtenRows(connection, name, columns, rest)
      } catch (error) {
        throw await valueError(connection, error, query.name, realised, columns)
      } finally {
        connection.release()
      }
    },
    async writer(columns, target, { signal } = {}) {
      const { name, ...rest } = tableTarget(target)
      const connection = await server.connect(signal)
      return rowWriter(connection, name, columns, () => writtenRows(connection, name, columns, rest))
    },
    async tableNames(sql) {
      const { tables } = await inspect(sql.file, sql)
      return [...new Set(tables.map(({ name }) => name))]
    },
    async [Symbol.asyncDispose]() {
      isClosed = true
      // Who has not read to the end, and never will, gives none back.
      for (const connection of reading) connection.release(true)
      reading.clear()
      main.release(temporary)
    },
  }
}

/** What stands in a table that was written, by partition. Sizes are shares of the table's by rows. */
async function writtenRows(
  connection: Connection,
  table: string,
  columns: readonly Column[],
  { partitionBy, grains }: Pick<TableTarget, 'partitionBy' | 'grains'>,
): Promise<Written> {
  const dimensions = partitionBy.map((name) => ({
    column: columns.find((column) => column.name === name)!,
    grain: grains?.[name],
  }))
  const keys = dimensions
    .map(({ column: { name, type }, grain }) => partitionSql(type, grain, quoteName(name)))
    .join(', ')
  const order = dimensions.map((_, i) => i + 1).join(', ')
  const [counts, [[size]]] = [
    await connection.run(
      partitionBy.length === 0
        ? `select count(*) from ${table}`
        : `select ${keys}, count(*) from ${table} group by ${order} order by ${order}`,
    ),
    (await connection.run(`select pg_total_relation_size(to_regclass($1))`, [table])) as [[string]],
  ]
  const decoders = dimensions.map(({ column, grain }) =>
    columnDecoder(grain ? { ...column, type: { kind: 'string' } } : column),
  )
  const rows = counts.reduce((sum, row) => sum + Number(row.at(-1)), 0)
  const share = (n: number): number => (rows === 0 ? 0 : Math.round((Number(size) * n) / rows))
  const partitions = counts.map((row) => {
    const key: PartitionKey = Object.fromEntries(
      partitionBy.map((name, i) => [name, String(decoders[i]!([row[i]!])[0])]),
    )
    const n = Number(row.at(-1))
    return { key, rows: n, sizeBytes: share(n) }
  })
  return { rows, sizeBytes: partitions.reduce((sum, each) => sum + each.sizeBytes, 0), files: [], partitions }
}
