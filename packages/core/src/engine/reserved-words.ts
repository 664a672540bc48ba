/** Words that name no column and no table in DuckDB or PostgreSQL unless they are quoted. */
export const reservedWords: ReadonlySet<string> = new Set(
  `all analyse analyze and any array as asc asymmetric authorization binary both case cast check collate collation column
   concurrently constraint create cross current_catalog current_date current_role current_schema current_time
   current_timestamp current_user default deferrable desc describe distinct do else end except false fetch for foreign
   freeze from full grant group having ilike in initially inner intersect into is isnull join lambda lateral leading left
   like limit localtime localtimestamp natural not notnull null offset on only or order outer overlaps pivot pivot_longer
   pivot_wider placing primary qualify references returning right select session_user show similar some summarize
   symmetric system_user table tablesample then to trailing true union unique unpivot user using variadic verbose when
   where window with`.split(/\s+/),
)

/** The remedy of a text that cannot be parsed, where it cannot at a reserved word: `syntax error at or near "end"`. */
export function reservedWordHint(message: string): { readonly hint?: string } {
  const word = /"(\w+)"/.exec(message)?.[1]
  if (word === undefined || !reservedWords.has(word.toLowerCase())) return {}
  return {
    hint: `'${word}' is a reserved word: as the name of a column or a table, write it in quotes, "${word}"; else correct the place that the message shows.`,
  }
}
