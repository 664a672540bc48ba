import {
  didYouMean,
  LevadaError,
  paramUses,
  placeIn,
  rewriteParams,
  type BoundParam,
  type Query,
} from '@levada/core/spi'
import type { Connections } from '../connections.ts'
import { quoteText } from '../sql/quote.ts'
import { typeText } from '../sql/types.ts'

/** The value as text that DuckDB casts to the type. */
function valueText({ type, value }: BoundParam): string | null {
  if (value === undefined || value === null) return null
  if (type.kind === 'json') return JSON.stringify(value)
  return type.kind === 'list' || type.kind === 'struct'
    ? JSON.stringify(value, (_, inner) => (typeof inner === 'bigint' ? String(inner) : inner))
    : String(value)
}

/** @throws SQL_PARAM_UNDECLARED */
export function checkDeclared({ name, sql, params }: Query): void {
  for (const use of paramUses(sql.text)) {
    if (Object.hasOwn(params, use.name)) continue
    throw new LevadaError(
      'SQL_PARAM_UNDECLARED',
      `${name}: parameter '${use.name}' is not declared.${didYouMean(use.name, Object.keys(params))}`,
      {
        place: placeIn(sql, use.start),
      },
    )
  }
}

/** Sets what the text's `$name` stand for as variables of the session and replaces each by the variable, which views may read. */
export async function bindParams(
  query: Query,
  text: string,
  unique: string,
  connections: Connections,
): Promise<{ readonly text: string; readonly original: (offset: number) => number }> {
  const used = new Set(paramUses(text).map(({ name }) => name))
  for (const name of used) {
    const param = query.params[name]!
    const nested = param.type.kind === 'list' || param.type.kind === 'struct'
    const type = typeText(param.type, ['enum'])
    await connections.variable(`${unique}_${name}`, nested ? `JSON::${type}` : type, valueText(param))
  }
  return rewriteParams(text, (name) => `getvariable(${quoteText(`${unique}_${name}`)})`)
}
