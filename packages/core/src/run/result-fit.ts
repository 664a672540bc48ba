import type { AnyAsset } from '../asset/index.ts'
import { startOf, type Query, type ResultColumn } from '../engine/index.ts'
import { didYouMean, LevadaError } from '../errors/index.ts'
import { fit, showSqlType, showType, withArticle, type Column } from '../schema/index.ts'

/** Whether the result of a node's SQL can fill its output, column by column. All problems, at the node's SQL. */
export function resultProblems(
  query: Query,
  result: readonly ResultColumn[],
  output: Pick<AnyAsset, 'name' | 'columns'>,
): readonly LevadaError[] {
  const place = startOf(query.sql)
  const problem = (message: string, hint: string): LevadaError =>
    new LevadaError('SQL_RESULT', message, { place, hint })
  const wanted = output.columns.map(({ name }) => name)
  const given = result.map(({ name }) => name)
  const errors: LevadaError[] = []
  for (const column of output.columns) {
    const found = result.find(({ name }) => name === column.name)
    if (!found)
      errors.push(
        problem(
          `The result of '${query.name}' has no column '${column.name}', which '${output.name}' needs.${didYouMean(column.name, given)}`,
          'Select it in the SQL, or remove it from the schema.',
        ),
      )
    else if (fit(found.type, column.type) === 'refused')
      errors.push(
        problem(mismatch(query, column, found, output.name), `${castTo(column)}, or change the schema.`),
      )
  }
  for (const { name } of result) {
    if (!wanted.includes(name))
      errors.push(
        problem(
          `The result of '${query.name}' has the column '${name}', which '${output.name}' does not declare.${didYouMean(name, wanted)}`,
          'Leave it out of the SQL, or add it to the schema.',
        ),
      )
  }
  return errors
}

/** Names of types that engines share. */
const casts: Readonly<Record<string, string>> = {
  int: 'bigint',
  bigint: 'bigint',
  float: 'double precision',
  string: 'varchar',
  enum: 'varchar',
  boolean: 'boolean',
  date: 'date',
  time: 'time',
  timestamp: 'timestamp',
  instant: 'timestamptz',
  uuid: 'uuid',
  json: 'json',
}

/** What stands where a column of the result is made: its name may be one that only the result has. */
function castTo({ name, type }: Column): string {
  const to = type.kind === 'decimal' ? showType(type) : casts[type.kind]
  return to === undefined
    ? `Make ${name} ${withArticle(showType(type))} in the SQL`
    : `Write cast(… as ${to}) as ${name} in the SQL`
}

const mismatch = (query: Query, column: Column, found: ResultColumn, output: string): string =>
  `The result of '${query.name}' has ${column.name}: ${showSqlType(found.type)}, but '${output}' declares ${showType(column.type)}.`
