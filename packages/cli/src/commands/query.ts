import { toJson } from '@levada/core/run'
import { openSession, printJson, type AppOptions } from '../app.ts'
import { paint, plural } from '../style.ts'
import { rowTable } from '../table.ts'

export async function query(sql: string, options: AppOptions): Promise<number> {
  await using session = await openSession(options)
  const { columns, rows } = await session.query(sql)
  if (options.json) printJson(toJson(rows))
  else
    console.log(
      `${rowTable(
        columns.map(({ name }) => name),
        rows,
      )}\n\n${paint('dim', plural(rows.length, 'row'))}`,
    )
  return 0
}
