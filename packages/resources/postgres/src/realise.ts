import {
  didYouMean,
  fit,
  LevadaError,
  showSqlType,
  showType,
  trimStatement,
  type Column,
  type Location,
  type Query,
  type Relation,
  type ResultColumn,
  type Signal,
  type SqlType,
} from '@levada/core/spi'
import { inputNamed, inspectQuery, type TableUse } from './sql/inspect.ts'
import { quoteName } from './sql/quote.ts'
import { statement, type Part } from './sql/statement.ts'
import { absentSql, castSql, columnSql, sqlTypeOf } from './sql/types.ts'
import { checkVolatile } from './sql/volatile.ts'
import { statementError } from './errors.ts'
import type { Connection, ResultField } from './server.ts'
import { copyLines } from './values/encode.ts'

/** A relation as a statement can read it. */
export interface Realised {
  /** What stands after FROM, without a name. */
  readonly from: readonly Part[]
  /** The columns in the server's own types; those of core's own queries are not asked for. */
  readonly result?: readonly ResultColumn[]
  /** Whether it reads something that only this connection sees. */
  readonly temporary: boolean
}

type StoredLocation = Extract<Location, { readonly kind: 'table' | 'query' }>

const fromLocation = (location: StoredLocation): string =>
  location.kind === 'table' ? location.name : `(${location.text}) as kept`

const separate = (lists: readonly string[]): string => lists.join(', ')

/** Turns relations into subqueries: inputs of a query are named subqueries in front of its text, which stays as it is. */
export function createRealiser(main: Connection): {
  realise(relation: Relation, signal?: Signal): Promise<Realised>
  describe(location: Location): Promise<readonly ResultColumn[]>
} {
  const known = new Map<Relation, Promise<Realised>>()
  let tables = 0

  function realise(relation: Relation, signal: Signal | undefined): Promise<Realised> {
    let made = known.get(relation)
    if (!made) {
      made = make(relation, signal)
      known.set(relation, made)
      made.catch(() => known.delete(relation))
    }
    return made
  }

  async function make(relation: Relation, signal: Signal | undefined): Promise<Realised> {
    if (relation.kind === 'query')
      return relation.trusted ? trusted(relation, signal) : authored(relation, signal)
    const { columns } = relation
    if (relation.kind === 'empty') return { from: [`(${emptySelect(columns)})`], temporary: false }
    if (relation.kind === 'scan')
      return { from: [`(${await scan(relation.location, columns)})`], temporary: false }
    return { from: [await fillTable(columns, relation.batches, signal)], temporary: true }
  }

  /** `with "name" as not materialized (…)` for inputs. */
  async function withInputs(
    inputs: readonly (readonly [string, Relation])[],
    signal: Signal | undefined,
  ): Promise<{ readonly parts: readonly Part[]; readonly temporary: boolean }> {
    const parts: Part[] = []
    let temporary = false
    for (const [name, relation] of inputs) {
      const made = await realise(relation, signal)
      temporary ||= made.temporary
      parts.push(
        parts.length === 0 ? 'with ' : ', ',
        `${quoteName(name)} as not materialized (select * from `,
      )
      parts.push(...made.from, ' as input)')
    }
    return { parts, temporary }
  }

  async function trusted({ sql, inputs }: Query, signal: Signal | undefined): Promise<Realised> {
    const { parts, temporary } = await withInputs(Object.entries(inputs), signal)
    return { from: ['(', ...parts, ` ${sql.text})`], temporary }
  }

  async function authored(query: Query, signal: Signal | undefined): Promise<Realised> {
    const { tables: uses, calls } = await inspectQuery(query)
    await checkVolatile(main.run, query, calls)
    const names = new Map<string, Relation>()
    for (const { name } of uses) names.set(name, query.inputs[inputNamed(query, name)!]!)
    const { parts, temporary } = await withInputs([...names], signal)
    const text = withoutDomains(query.sql.text, uses)
    const from: readonly Part[] = [
      '(',
      ...parts,
      ' select * from (',
      { query, text: trimStatement(text) },
      '\n) as result)',
    ]
    const prepared = statement('select * from ', ...from, ' as bound')
    let fields: readonly ResultField[]
    try {
      fields = await main.describe(prepared.text)
    } catch (error) {
      const columns = await Promise.all([...names.values()].map(columnNames))
      throw statementError(error, { name: query.name, statement: prepared, known: columns.flat() })
    }
    const twice = fields.find(({ name }, i) => fields.findIndex((field) => field.name === name) < i)
    if (twice)
      throw new LevadaError(
        'SQL_RESULT',
        `${query.name}: two columns are named '${twice.name}'; rename one with AS.`,
      )
    return { from, result: await resultColumns(fields), temporary }
  }

  async function columnNames(relation: Relation): Promise<readonly string[]> {
    if (relation.kind !== 'query') return relation.columns.map(({ name }) => name)
    return ((await realise(relation, undefined)).result ?? []).map(({ name }) => name)
  }

  async function resultColumns(fields: readonly ResultField[]): Promise<readonly ResultColumn[]> {
    const types = await userTypes(
      fields.filter(({ oid, modifier }) => !sqlTypeOf(oid, modifier)).map(({ oid }) => oid),
    )
    return fields.map(({ name, oid, modifier }) => ({
      name,
      type: sqlTypeOf(oid, modifier) ?? types.get(oid)!,
    }))
  }

  /** Enums, domains and types of extensions. */
  async function userTypes(oids: readonly number[]): Promise<ReadonlyMap<number, SqlType>> {
    if (oids.length === 0) return new Map()
    const rows = await main.run(
      `select oid, format_type(oid, null), to_jsonb(array(select enumlabel::text from pg_catalog.pg_enum where enumtypid = t.oid order by enumsortorder))
       from pg_catalog.pg_type as t where oid = any($1::oid[])`,
      [`{${oids.join(',')}}`],
    )
    return new Map(
      rows.map(([oid, name, labels]) => {
        const values = JSON.parse(labels!) as string[]
        return [Number(oid), values.length > 0 ? { kind: 'enum', values } : { kind: 'other', name: name! }]
      }),
    )
  }

  async function describe(location: Location): Promise<readonly ResultColumn[]> {
    if (location.kind === 'union') {
      const [first] = location.parts
      return first ? describe(first) : []
    }
    if (location.kind !== 'table' && location.kind !== 'query')
      throw new LevadaError('NOT_SUPPORTED', `PostgreSQL cannot read a location of kind '${location.kind}'.`)
    const name = location.kind === 'table' ? location.name : 'a kept query'
    try {
      return await resultColumns(await main.describe(`select * from ${fromLocation(location)}`))
    } catch (error) {
      const failed = statementError(error, { name })
      if (failed.code !== 'SQL_BIND') throw failed
      throw location.kind === 'table'
        ? new LevadaError('DATA_MISSING', `Table ${name} does not exist.`, { cause: error })
        : new LevadaError('DATA_UNREADABLE', `What ${name} reads is not there as it was: ${failed.message}`, {
            cause: error,
          })
    }
  }

  /** A SELECT of exactly the declared columns. @throws SOURCE_SCHEMA, DATA_MISSING */
  async function scan(location: Location, columns: readonly Column[]): Promise<string> {
    if (location.kind === 'union') {
      const parts: string[] = []
      // One after the other, as they share the connection.
      for (const part of location.parts) parts.push(await scan(part, columns))
      return parts.length === 0 ? emptySelect(columns) : parts.join(' union all ')
    }
    const given = await describe(location)
    const stored = location as StoredLocation
    const name = stored.kind === 'table' ? stored.name : 'a kept query'
    const predicate = stored.kind === 'table' ? stored.predicate : undefined
    const list = columns.map((column) => {
      const found = given.find((each) => each.name === column.name)
      if (!found && !column.optional) throw missing(name, column, given)
      if (found && fit(found.type, column.type) === 'refused') throw refused(name, column, found)
      const value = found ? castSql(quoteName(column.name), found.type, column) : absentSql(column)
      return `${value} as ${quoteName(column.name)}`
    })
    return `select ${separate(list)} from ${fromLocation(stored)}${predicate === undefined ? '' : ` where ${predicate}`}`
  }

  async function fillTable(
    columns: readonly Column[],
    batches: Extract<Relation, { readonly kind: 'batches' }>['batches'],
    signal: Signal | undefined,
  ): Promise<string> {
    const table = `pg_temp.levada_${++tables}`
    const list = columns.map(({ name, type }) => `${quoteName(name)} ${columnSql(type)}`)
    await main.run(`create temp table ${table.slice('pg_temp.'.length)} (${separate(list)})`)
    const lines = copyLines(columns)
    const copy = main.withSignal(signal).copyIn(`copy ${table} from stdin`)
    try {
      for await (const { columns: values, length } of untilAborted(batches(), signal))
        await copy.write(lines(values, length))
      await copy.finish()
    } catch (error) {
      copy.abort()
      throw statementError(error, { name: 'rows of an input' })
    }
    await main.run(`analyze ${table}`)
    return table
  }

  // One after the other: they share the connection.
  let last: Promise<unknown> = Promise.resolve()
  const queued = <T>(work: () => Promise<T>): Promise<T> => {
    const next = last.then(work)
    last = next.catch(() => undefined)
    return next
  }
  return {
    realise: (relation, signal) => queued(() => realise(relation, signal)),
    describe: (location) => queued(() => describe(location)),
  }
}

/** Takes no item after the signal, and does not wait for one that is on its way. */
async function* untilAborted<T>(items: AsyncIterable<T>, signal: Signal | undefined): AsyncGenerator<T> {
  const iterator = items[Symbol.asyncIterator]()
  let onAbort = (): void => undefined
  const aborted = new Promise<never>((_, reject) => {
    onAbort = () => reject(new LevadaError('CANCELLED', 'The statement was interrupted.'))
    if (signal?.aborted) onAbort()
    signal?.addEventListener('abort', onAbort, { once: true })
  })
  aborted.catch(() => undefined)
  try {
    for (;;) {
      const next = iterator.next()
      next.catch(() => undefined)
      const item = await Promise.race([next, aborted])
      if (item.done === true) return
      yield item.value
    }
  } finally {
    signal?.removeEventListener('abort', onAbort)
    const closed = iterator.return?.()
    if (signal?.aborted) closed?.catch(() => undefined)
    else await closed
  }
}

const emptySelect = (columns: readonly Column[]): string =>
  `select ${separate(columns.map((column) => `${castSql('null', undefined, column)} as ${quoteName(column.name)}`))} where false`

/** `from delays.airport` reads the input of that name, which is a named subquery: `from "delays.airport" as airport`. */
function withoutDomains(text: string, uses: readonly TableUse[]): string {
  const word = String.raw`(?:"(?:[^"]|"")*"|[\w$\u0080-\uffff]+)`
  const qualified = new RegExp(String.raw`${word}(?:\s*\.\s*${word})+`, 'y')
  let out = ''
  let from = 0
  for (const { name, at, alias, qualified: is } of uses.toSorted((a, b) => a.at - b.at)) {
    if (!is) continue
    qualified.lastIndex = at
    const found = qualified.exec(text)
    if (!found) continue
    const table = name.slice(name.lastIndexOf('.') + 1)
    out += `${text.slice(from, at)}${quoteName(name)}${alias ? '' : ` as ${quoteName(table)}`}`
    from = at + found[0].length
  }
  return out + text.slice(from)
}

const missing = (table: string, column: Column, given: readonly ResultColumn[]): LevadaError =>
  new LevadaError(
    'SOURCE_SCHEMA',
    `Table ${table} has no column '${column.name}'; there are ${given.map(({ name }) => name).join(', ')}.${didYouMean(
      column.name,
      given.map(({ name }) => name),
    )}`,
  )

const refused = (table: string, column: Column, found: ResultColumn): LevadaError =>
  new LevadaError(
    'SOURCE_SCHEMA',
    `Table ${table}: column '${column.name}' is ${showSqlType(found.type)}, expected ${showType(column.type)}.`,
  )
