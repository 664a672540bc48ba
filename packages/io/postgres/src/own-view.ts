import { isLevadaError } from '@levada/core/spi'
import { quoteName, type Run } from '@levada/resource-postgres'

/** What stands at a public name: nothing, what Levada published there, or something else. */
export type Standing = 'nothing' | 'own' | 'foreign'

/**
 * Whose the relation of a public name is. A view over tables of versions of this asset is Levada's; one over none, as of a
 * kept query, is when the server reads it like the text of the head.
 */
export async function standingAt(
  run: Run,
  keptIn: string,
  name: string,
  headText: string | undefined,
): Promise<Standing> {
  const [found] = await run('select relkind from pg_catalog.pg_class where oid = to_regclass($1)', [name])
  if (!found) return 'nothing'
  if (headText === undefined || found[0] !== 'v') return 'foreign'
  const tables = await run(
    `select 1 from pg_catalog.pg_rewrite as r
     join pg_catalog.pg_depend as d on d.classid = 'pg_rewrite'::regclass and d.objid = r.oid
     join ${quoteName(keptIn)}.tables as t on d.refobjid = to_regclass(t.name)
     where r.ev_class = to_regclass($1) and d.refclassid = 'pg_class'::regclass and t.asset = $1 limit 1`,
    [name],
  )
  if (tables.length > 0) return 'own'
  await run('savepoint before_probe')
  try {
    await run(`create temp view levada_probe as ${headText}`)
    const [row] = await run(
      `select pg_get_viewdef(to_regclass($1)) = pg_get_viewdef('pg_temp.levada_probe'::regclass)`,
      [name],
    )
    return row![0] === 't' ? 'own' : 'foreign'
  } catch (error) {
    if (isLevadaError(error)) throw error
    // What the head's text reads is gone, and a view over it would be too.
    return 'foreign'
  } finally {
    await run('rollback to savepoint before_probe')
  }
}
