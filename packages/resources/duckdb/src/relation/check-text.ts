import {
  checkNul,
  didYouMean,
  findInCode,
  LevadaError,
  notSelectAt,
  placeIn,
  reservedWordHint,
  startOf,
  trimStatement,
  unitOffset,
  unitOffsetOfPoint,
  type Query,
  type SqlText,
} from '@levada/core/spi'
import type { Instance } from '../instance.ts'
import { harmlessFunctions, readingsOf, type Reading } from '../sql/inspect.ts'
import { checkDeclared } from './params.ts'
import { syntaxTree } from './syntax-tree.ts'

/**
 * What one SELECT reads.
 * @throws SQL_SYNTAX, SQL_NOT_SELECT
 */
export async function readings(instance: Instance, name: string, sql: SqlText): Promise<readonly Reading[]> {
  checkNul(name, sql)
  const text = trimStatement(sql.text)
  const notSelect = (what: string): LevadaError =>
    new LevadaError('SQL_NOT_SELECT', `${name}: ${what}`, { place: startOf(sql) })
  if (/^(\s|--[^\n]*(\n|$)|\/\*[^]*?\*\/)*$/.test(text)) throw notSelect('the text holds no SELECT.')
  const tree = await syntaxTree(instance, text)
  if (tree.error) {
    if (tree.error_message.startsWith('Mixing named and positional')) throw nameless(name, sql, text)
    if (tree.error_type !== 'parser')
      throw new LevadaError('SQL_NOT_SELECT', `${name}: ${notSelectReason(text, tree.error_message)}`, {
        place: placeIn(sql, notSelectAt(sql.text)),
      })
    const place =
      tree.position === undefined
        ? startOf(sql)
        : placeIn(sql, unitOffsetOfPoint(text, Number(tree.position)))
    const message = tree.error_message.split('\n')[0]!
    throw new LevadaError('SQL_SYNTAX', `${name}: ${message}.`, { place, ...reservedWordHint(message) })
  }
  if (tree.statements.length !== 1)
    throw new LevadaError(
      'SQL_NOT_SELECT',
      `${name}: the text holds ${tree.statements.length} statements instead of one SELECT.`,
      { place: placeIn(sql, notSelectAt(sql.text)) },
    )
  return readingsOf(tree.statements[0])
}

function notSelectReason(text: string, message: string): string {
  if (/\bpivot\b/i.test(text)) return 'a PIVOT has to list its values, IN (…), so that the columns are known.'
  return message.startsWith('Only SELECT') ? 'the text is not a SELECT.' : `${message}.`
}

/** A `?` or `$1`; DuckDB does not tell where it stands. */
function nameless(name: string, sql: SqlText, text: string): LevadaError {
  const at = findInCode(text, /\?|\$\d/y)
  const shown = at === undefined ? '?' : /^\$\d+|^./.exec(text.slice(at))![0]
  return new LevadaError(
    'SQL_PARAM_UNDECLARED',
    `${name}: parameter '${shown}' has no name; parameters are written $name.`,
    { place: at === undefined ? startOf(sql) : placeIn(sql, at) },
  )
}

/**
 * Refuses everything that a query does not declare.
 * @throws SQL_SYNTAX, SQL_NOT_SELECT, SQL_TABLE_UNDECLARED, SQL_PARAM_UNDECLARED
 */
export async function checkText(instance: Instance, query: Query): Promise<void> {
  const { name, sql, inputs } = query
  const aliases = Object.keys(inputs)
  const declared = new Set(aliases.map((alias) => alias.toLowerCase()))
  const found = await readings(instance, name, sql)
  checkDeclared(query)
  for (const reading of found) {
    const place = reading.at === undefined ? startOf(sql) : placeIn(sql, unitOffset(sql.text, reading.at))
    if (reading.kind === 'table' && !declared.has(reading.name.toLowerCase())) {
      const what = `${name}: table '${reading.name}' is not an input of it.${didYouMean(reading.name, aliases)}`
      throw new LevadaError('SQL_TABLE_UNDECLARED', what, { place })
    }
    if (reading.kind === 'function' && (reading.qualified || !harmlessFunctions.has(reading.name))) {
      throw new LevadaError(
        'SQL_TABLE_UNDECLARED',
        `${name}: table function '${reading.name}' reads something else than the inputs.`,
        { place },
      )
    }
    if (reading.kind === 'show')
      throw new LevadaError('SQL_NOT_SELECT', `${name}: ${reading.name} is not a SELECT.`, { place })
    if (reading.kind === 'parameter' && !Object.hasOwn(query.params, reading.name))
      throw nameless(name, sql, sql.text)
  }
}
