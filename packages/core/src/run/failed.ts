import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { allChecks } from '../asset/index.ts'
import { LevadaError } from '../errors/index.ts'
import { columnTypeFor, type Column } from '../schema/index.ts'
import { checkFolder } from './checks.ts'
import { collectRows, type Row } from './rows.ts'
import type { Session } from './session.ts'

export interface FailedRows {
  readonly runId: string
  readonly check: string
  readonly files: readonly string[]
  readonly columns: readonly Column[]
  readonly rows: readonly Row[]
}

/** The rows that failed checks of an asset in the latest run that kept some, up to `limit` for each check. */
export async function failedRows(
  session: Pick<Session, 'appDir' | 'engines' | 'graph'>,
  asset: string,
  limit: number,
): Promise<readonly FailedRows[]> {
  const runs = join(session.appDir, '.levada', 'runs')
  const folder = (runId: string): string => join(runs, runId, 'failed', asset)
  const runId = (existsSync(runs) ? readdirSync(runs) : [])
    .toSorted()
    .findLast((id) => existsSync(folder(id)))
  if (runId === undefined) return []
  const parquet = { kind: 'files', format: 'parquet', options: {} } as const
  const engine = await session.engines.find((each) => each.canScan({ ...parquet, uris: [] }))
  if (!engine) throw new LevadaError('NOT_SUPPORTED', 'No engine of the app reads Parquet files.')
  await using reader = await engine.open()
  const names = allChecks(session.graph.assets.get(asset)!.asset).map(({ name }) => name)
  const found: FailedRows[] = []
  for (const check of readdirSync(folder(runId)).toSorted()) {
    const files = readdirSync(join(folder(runId), check)).map((name) => join(folder(runId), check, name))
    const location = { ...parquet, uris: files }
    const columns = (await reader.describe(location)).map(({ name, type }) => ({
      name,
      type: columnTypeFor(type),
      nullable: true,
    }))
    const sql = { text: `select * from failed limit ${limit}`, file: 'failed rows', line: 1, column: 1 }
    const rows = await collectRows(
      await reader.read(
        {
          kind: 'query',
          name: 'failed',
          sql,
          inputs: { failed: { kind: 'scan', location, columns } },
          params: {},
        },
        columns,
      ),
    )
    found.push({
      runId,
      check: names.find((name) => checkFolder(name) === check) ?? check,
      files,
      columns,
      rows,
    })
  }
  return found
}
