import { quoteName, type Run } from '@levada/resource-postgres'

/** A right of somebody else, on one column or on the whole. */
export interface Grant {
  readonly column: string | null
  readonly privilege: string
  /** Quoted. */
  readonly grantee: string
  readonly isGrantable: boolean
}

/** What all of these tables, or this view, grant. */
export async function grantsOn(run: Run, names: readonly string[]): Promise<readonly Grant[]> {
  const rows = await run(
    `with named as (select distinct to_regclass(name)::oid as named from unnest($1::text[]) as name),
     acl as (
       select named, null as attname, relacl as list, relowner from pg_catalog.pg_class join named on oid = named
       union all
       select named, attname, attacl, relowner from pg_catalog.pg_attribute
       join named on attrelid = named join pg_catalog.pg_class on pg_class.oid = named where attnum > 0)
     select attname, privilege_type, case when grantee = 0 then 'public' else quote_ident(pg_get_userbyid(grantee)) end, bool_and(is_grantable)
     from acl, aclexplode(list) where grantee <> relowner
     group by 1, 2, 3 having count(distinct named) = (select count(*) from named)`,
    [names],
  )
  return rows.map(([column, privilege, grantee, isGrantable]) => ({
    column: column!,
    privilege: privilege!,
    grantee: grantee!,
    isGrantable: isGrantable === 't',
  }))
}

/** Grants the same on a table or view, but for columns that it does not have. */
export async function grantOn(run: Run, name: string, grants: readonly Grant[]): Promise<void> {
  const columns = new Set(await columnsOf(run, name))
  for (const { column, privilege, grantee, isGrantable } of grants) {
    if (column !== null && !columns.has(column)) continue
    const what = column === null ? privilege : `${privilege} (${quoteName(column)})`
    await run(`grant ${what} on ${name} to ${grantee}${isGrantable ? ' with grant option' : ''}`)
  }
}

export async function columnsOf(run: Run, name: string): Promise<readonly string[]> {
  const rows = await run(
    'select attname from pg_catalog.pg_attribute where attrelid = to_regclass($1) and attnum > 0 and not attisdropped',
    [name],
  )
  return rows.map(([column]) => column!)
}
