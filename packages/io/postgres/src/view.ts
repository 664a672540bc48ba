import { LevadaError } from '@levada/core/spi'
import type { Run } from '@levada/resource-postgres'

/**
 * Puts a view in place of the one before; whoever may read that may read this. PostgreSQL lets a view only gain columns at its
 * end; for any other change it has to be made anew, which is refused while something depends on it.
 * @throws DEPENDANTS
 */
export async function replaceView(run: Run, asset: string, name: string, text: string): Promise<void> {
  await run('savepoint before_view')
  try {
    await run(`create or replace view ${name} as ${text}`)
    return
  } catch (error) {
    if (!isColumnChange(error)) throw error
    await run('rollback to savepoint before_view')
  }
  const dependants = await dependantsOf(run, name)
  if (dependants.length > 0) {
    throw new LevadaError(
      'DEPENDANTS',
      `'${asset}': the columns of ${name} change, and ${dependants.length === 1 ? 'another view reads' : 'other views read'} them: ${dependants.join(', ')}.`,
      { hint: 'Drop or change those first, or add columns at the end only.', details: { dependants } },
    )
  }
  const grants = await run(
    `select privilege_type, case when grantee = 0 then 'public' else quote_ident(pg_get_userbyid(grantee)) end, is_grantable
     from pg_catalog.pg_class, aclexplode(relacl) where oid = to_regclass($1) and grantee <> relowner`,
    [name],
  )
  await run(`drop view ${name}`)
  await run(`create view ${name} as ${text}`)
  for (const [privilege, grantee, grantable] of grants)
    await run(`grant ${privilege} on ${name} to ${grantee}${grantable === 't' ? ' with grant option' : ''}`)
}

/** A column is gone, has another place, name or type. */
const isColumnChange = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && error.code === '42P16'

/** Views that read a view. */
async function dependantsOf(run: Run, name: string): Promise<readonly string[]> {
  const rows = await run(
    `select distinct r.ev_class::regclass::text from pg_catalog.pg_depend as d
     join pg_catalog.pg_rewrite as r on d.classid = 'pg_rewrite'::regclass and d.objid = r.oid
     where d.refclassid = 'pg_class'::regclass and d.refobjid = to_regclass($1) and r.ev_class <> to_regclass($1)
     order by 1`,
    [name],
  )
  return rows.map(([view]) => view!)
}
