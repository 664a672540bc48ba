import { toJson } from '@levada/core/run'
import { openSession, printJson, type AppOptions } from '../app.ts'
import { tellDamage, tellingDamage } from '../damage.ts'
import { count, paint, plural } from '../style.ts'
import { rowTable } from '../table.ts'

/** A table is for people to read: they get this many rows. */
const printed = 1000

export async function query(sql: string, options: AppOptions): Promise<number> {
  await using session = await openSession(options)
  const { columns, rows } = await tellingDamage(
    session,
    session.query(sql, options.json ? {} : { limit: printed + 1 }),
  )
  // Beside the rows, which may go into a file.
  tellDamage(session, { json: true })
  if (options.json) {
    printJson(toJson(rows))
    return 0
  }
  const more = rows.length > printed
  const end = more
    ? `the first ${count(printed)} rows; there are more: add a limit, or use --json`
    : plural(rows.length, 'row')
  console.log(
    `${rowTable(
      columns.map(({ name }) => name),
      rows.slice(0, printed),
    )}\n\n${paint('dim', end)}`,
  )
  return 0
}
