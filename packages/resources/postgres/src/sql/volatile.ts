import { LevadaError, placeIn, type Query } from '@levada/core/spi'
import type { Run } from '../server.ts'
import type { CallUse } from './inspect.ts'

/** Of those that the server calls volatile, because they give something else each time: they change nothing. */
const harmless = [
  'array_sample',
  'array_shuffle',
  'clock_timestamp',
  'gen_random_uuid',
  'random',
  'random_normal',
  'timeofday',
  'uuidv4',
  'uuidv7',
]

/**
 * What a text may call that is marked VOLATILE, as everything is that writes: functions and those that aggregates and operators
 * stand for. `t.wipe` may be a call too: of a function that takes a row.
 */
const lookup = `
with called as (select * from jsonb_to_recordset($1::jsonb) as c(i int, kind text, schema text, name text, args int)),
meant as (
  select c.i, p.oid, n.nspname = 'pg_catalog' and p.proname = any($2::text[]) as harmless
  from called as c join pg_catalog.pg_proc as p on p.proname = c.name
  join pg_catalog.pg_namespace as n on n.oid = p.pronamespace
  where coalesce(n.nspname = c.schema, pg_catalog.pg_function_is_visible(p.oid)) and case c.kind
    when 'function' then p.provariadic <> 0 or c.args between p.pronargs - p.pronargdefaults and p.pronargs
    when 'column' then exists (
      select 1 from pg_catalog.pg_type as t where t.oid = p.proargtypes[0]
      and (t.typtype = 'c' or t.typname in ('record', 'any', 'anyelement', 'anycompatible', 'anynonarray')))
    end
  union all
  select c.i, o.oprcode, false from called as c join pg_catalog.pg_operator as o on o.oprname = c.name
  join pg_catalog.pg_namespace as n on n.oid = o.oprnamespace
  where c.kind = 'operator' and n.nspname <> 'pg_catalog'
    and coalesce(n.nspname = c.schema, pg_catalog.pg_operator_is_visible(o.oid)))
select min(m.i) from meant as m left join pg_catalog.pg_aggregate as a on a.aggfnoid = m.oid
join pg_catalog.pg_proc as f on f.oid in (m.oid, a.aggtransfn, a.aggfinalfn, a.aggcombinefn, a.aggmtransfn, a.aggminvtransfn, a.aggmfinalfn)
where f.provolatile = 'v' and not m.harmless`

/** @throws SQL_TABLE_UNDECLARED */
export async function checkVolatile(
  run: Run,
  { name, sql }: Query,
  calls: readonly CallUse[],
): Promise<void> {
  if (calls.length === 0) return
  const asked = calls.map((call, i) => ({
    i,
    kind: call.kind,
    schema: call.path.at(-2),
    name: call.path.at(-1),
    args: call.args,
  }))
  const [[found]] = (await run(lookup, [JSON.stringify(asked), harmless])) as [[string | null]]
  if (found === null) return
  const { kind, path, at } = calls[Number(found)]!
  throw new LevadaError(
    'SQL_TABLE_UNDECLARED',
    `${name}: ${kind === 'operator' ? 'operator' : 'function'} '${path.at(-1)}' is VOLATILE for the server: it may change something.`,
    {
      place: placeIn(sql, at),
      hint: 'Leave it out, or have the one who made it mark it STABLE or IMMUTABLE if it is.',
    },
  )
}
