import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { benchApp } from './bench-app.ts'
import { ratioFigure, type Figure } from './figure.ts'
import { alternate } from './measure.ts'

/** The contracts of 100 packages compared, and the check of an app that composes them; each side in a process of its own. */
export async function contracts(pairs: number): Promise<readonly Figure[]> {
  using app = benchApp('contracts', {
    'conf/base/catalog.yml': "'{domain}.{table}': { type: parquet, path: 'data/{domain}/{table}' }\n",
    'levada.config.ts': '',
  })
  const measure = (script: string, ...words: readonly string[]): number =>
    Number(
      execFileSync(process.execPath, [join(import.meta.dirname, script), ...words], { encoding: 'utf8' }),
    )
  const compared = await alternate(
    pairs,
    async () => measure('diff-contracts.ts', 'ours'),
    async () => measure('diff-contracts.ts', 'parse'),
  )
  const checked = await alternate(
    pairs,
    async () => {
      app.reset()
      return measure('check-app.ts', 'ours', '100', app.dir)
    },
    async () => measure('check-app.ts', 'bare', '100'),
  )
  return [
    ratioFigure(
      'contracts: 100 packages of 10 assets, CPU time to read both contracts of each and to compare them, against JSON.parse of them',
      'ms',
      25,
      compared,
    ),
    ratioFigure(
      'contracts: 100 packages of 10 nodes, CPU time of all of the check, against the bare client binding them in one transaction',
      'ms',
      1.5,
      checked,
    ),
  ]
}
