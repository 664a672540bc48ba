import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { benchApp } from './bench-app.ts'
import { limitFigure, ratioFigure, type Figure } from './figure.ts'
import { alternate, median, wallMs } from './measure.ts'

/** `levada check` of 1,000 assets and nodes against the bare binding, each in a process of its own; and when nothing has changed. */
export async function check(pairs: number): Promise<readonly Figure[]> {
  using app = benchApp('check', {
    'conf/base/catalog.yml': "'{domain}.{table}': { type: parquet, path: 'data/{domain}/{table}' }\n",
    'levada.config.ts': `export { default } from './large.ts'\n`,
    'large.ts': `import { largeApp } from '${join(import.meta.dirname, 'large-app.ts')}'\nexport default largeApp()\n`,
  })
  const script = join(import.meta.dirname, 'check-app.ts')
  const measure = (...words: readonly string[]): number =>
    Number(execFileSync(process.execPath, [script, ...words], { encoding: 'utf8' }))
  const found = await alternate(
    pairs,
    async () => {
      app.reset()
      return measure('ours', '1', app.dir)
    },
    async () => measure('bare', '1'),
  )
  const warm: number[] = []
  for (let i = 0; i <= pairs; i++) warm.push(await wallMs(app.levada('check')))
  const unchanged = median(warm.slice(1))
  return [
    ratioFigure(
      'check: 1,000 nodes, CPU time of all of the check, against the bare client binding them in one transaction',
      'ms',
      1.5,
      found,
    ),
    limitFigure(
      'check: 1,000 nodes when nothing has changed, the whole process, against 1.5 s',
      1500,
      pairs,
      unchanged,
    ),
  ]
}
