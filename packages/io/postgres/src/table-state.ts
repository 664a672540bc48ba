import type { Run } from '@levada/resource-postgres'

/** More than that is not read through to tell whether it changed. */
export const defaultScanMb = 64

/**
 * A text that is another whenever the rows of a table are, which somebody else writes: a digest over where each row lies and
 * which transaction wrote it. An update writes a row anew, so that no change is missed; a table that was only rewritten counts as
 * changed. Reads the table through, but none of its columns.
 *
 * Undefined for what is no plain table (a view, a foreign table, one with columns of composite types), and for more than `mostMb`.
 * @param name quoted
 */
export async function tableState(run: Run, name: string, mostMb: number): Promise<string | undefined> {
  const [facts] = await run(factsOf, [name])
  const [kinds, bytes, columns, others] = facts as [string | null, string, string, string]
  if (kinds === null || !/^[rpm]+$/.test(kinds) || others !== '0') return undefined
  if (Number(bytes) > mostMb * 2 ** 20) return undefined
  const [rows] = await run(
    `select count(*), coalesce(sum(hashtextextended(concat_ws(' ', tableoid, ctid, xmin), 0)), 0) from ${name}`,
  )
  return [columns, ...(rows as readonly string[])].join(' ')
}

/**
 * Of a table with all that inherit from it, as its partitions do: their kinds, their size, how columns are read that no row was
 * written for (by name, type, default and expression, and labels of enums), and how many columns are of types that may change by themselves.
 */
const factsOf = `
with recursive parts as (
  select to_regclass($1)::oid as part
  union
  select inhrelid from pg_inherits join parts on inhparent = part
), columns as (
  select attrelid, attnum, attname, atttypid, atttypmod, attmissingval::text as missing,
    pg_get_expr(adbin, adrelid) as expression, coalesce(item.typtype, own.typtype) as kind,
    (select string_agg(enumlabel, ',' order by enumsortorder) from pg_enum where enumtypid in (own.oid, item.oid)) as labels
  from parts
  join pg_attribute on attrelid = part and attnum > 0 and not attisdropped
  join pg_type own on own.oid = atttypid
  left join pg_type item on item.oid = own.typelem and own.typcategory = 'A'
  left join pg_attrdef on adrelid = attrelid and adnum = attnum and attgenerated <> ''
)
select
  (select string_agg(relkind::text, '') from pg_class join parts on pg_class.oid = part),
  (select coalesce(sum(pg_relation_size(part)), 0) from parts),
  (select md5(coalesce(string_agg(concat_ws(' ', attrelid, attnum, attname, atttypid, atttypmod, missing, expression, labels), ';' order by attrelid, attnum), '')) from columns),
  (select count(*) from columns where kind not in ('b', 'e'))`
