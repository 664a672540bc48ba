import { LevadaError } from '@levada/core/spi'
import { quoteName, quoteText, type Run } from '@levada/resource-postgres'
import { columnsOf, grantOn, grantsOn } from './grants.ts'

/**
 * Puts a view in place of the one before; whoever may read that may read this. PostgreSQL lets a view only gain columns at its
 * end; for any other change it has to be made anew, which is refused while something depends on it.
 * @throws DEPENDANTS
 */
export async function replaceView(run: Run, asset: string, name: string, text: string): Promise<void> {
  const options = await optionsOf(run, name)
  await run('savepoint before_view')
  try {
    await run(`create or replace view ${name}${options} as ${text}`)
    return
  } catch (error) {
    if (!isColumnChange(error)) throw error
    await run('rollback to savepoint before_view')
  }
  const dependants = await dependantsOf(run, name)
  if (dependants.length > 0) {
    throw new LevadaError(
      'DEPENDANTS',
      `'${asset}': the columns of ${name} change, and ${dependants.length === 1 ? 'this depends' : 'these depend'} on them: ${dependants.join(', ')}.`,
      { hint: 'Drop or change those first, or add columns at the end only.', details: { dependants } },
    )
  }
  const keep = await belongings(run, name)
  await run(`drop view ${name}`)
  await run(`create view ${name}${options} as ${text}`)
  await keep()
}

/** A column is gone, has another place, name or type. */
const isColumnChange = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && error.code === '42P16'

/** `security_invoker` and the like, which every replacement would set back. */
async function optionsOf(run: Run, name: string): Promise<string> {
  const rows = await run(
    `select option_name, option_value from pg_catalog.pg_class, pg_options_to_table(reloptions) where oid = to_regclass($1)`,
    [name],
  )
  if (rows.length === 0) return ''
  return ` with (${rows.map(([option, value]) => `${quoteName(option!)} = ${quoteText(value!)}`).join(', ')})`
}

/** Everything that the server knows to need a view, or the type of its rows. */
async function dependantsOf(run: Run, name: string): Promise<readonly string[]> {
  const rows = await run(
    `select distinct coalesce(r.ev_class::regclass::text, pg_describe_object(d.classid, d.objid, d.objsubid))
     from pg_catalog.pg_depend as d
     left join pg_catalog.pg_rewrite as r on d.classid = 'pg_rewrite'::regclass and d.objid = r.oid
     where d.deptype in ('n', 'a') and r.ev_class is distinct from to_regclass($1)
       and (d.refclassid = 'pg_class'::regclass and d.refobjid = to_regclass($1)
         or d.refclassid = 'pg_type'::regclass and d.refobjid in (
           select t from pg_catalog.pg_type, unnest(array[oid, typarray]) as t where typrelid = to_regclass($1)))
     order by 1`,
    [name],
  )
  return rows.map(([dependant]) => dependant!)
}

/** Grants, comments and the owner of a view: what gives them to the one that is made anew. Columns that are gone take theirs along. */
async function belongings(run: Run, name: string): Promise<() => Promise<void>> {
  const grants = await grantsOn(run, [name])
  const comments = await run(
    `select attname, description from pg_catalog.pg_description
     left join pg_catalog.pg_attribute on attrelid = objoid and attnum = objsubid and objsubid > 0
     where classoid = 'pg_class'::regclass and objoid = to_regclass($1)`,
    [name],
  )
  const [[owner, isOwner]] = (await run(
    `select quote_ident(pg_get_userbyid(relowner)), pg_get_userbyid(relowner) = current_user from pg_catalog.pg_class where oid = to_regclass($1)`,
    [name],
  )) as [[string, string]]
  return async () => {
    await grantOn(run, name, grants)
    const columns = await columnsOf(run, name)
    for (const [column, text] of comments) {
      if (column != null && !columns.includes(column)) continue
      const what = column == null ? `view ${name}` : `column ${name}.${quoteName(column)}`
      await run(`comment on ${what} is ${quoteText(text!)}`)
    }
    if (isOwner !== 't') await run(`alter view ${name} owner to ${owner}`)
  }
}
