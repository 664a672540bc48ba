import { benchApp } from './bench-app.ts'
import { ratioFigure, type Figure } from './figure.ts'
import { alternate, wallMs } from './measure.ts'

const config = `import { asset, defineApp, definePipeline, sql, sqlNode } from '@levada/core'
import { parquet } from '@levada/io-parquet'
import { duckdb } from '@levada/resource-duckdb'
import { z } from 'zod'

const numbers = asset('demo.numbers', { schema: z.object({ n: z.int() }) })
const count = sqlNode('count', { inputs: {}, output: numbers, sql: sql\`select n from range(10) as r(n)\` })

export default defineApp({
  name: 'trivial',
  plugins: [duckdb(), parquet()],
  pipelines: [definePipeline('demo', { nodes: [count] })],
})
`

/** The whole process of everyday commands, built and with a warm compile cache, against a Node that does nothing. */
export async function start(pairs: number): Promise<readonly Figure[]> {
  using app = benchApp('start', {
    'levada.config.ts': config,
    'conf/base/catalog.yml': "'{domain}.{table}': { type: parquet, path: 'data/{domain}/{table}' }\n",
  })
  const figures: Figure[] = []
  for (const [words, bar] of [
    ['--help', 1.5],
    ['list', 3],
    ['run', 5.5],
  ] as const) {
    const command = app.levada(words)
    const ours = (): Promise<number> => {
      app.reset()
      return wallMs(command)
    }
    const found = await alternate(pairs, ours, () => wallMs({ ...command, args: ['-e', '0'] }))
    figures.push(ratioFigure(`start: levada ${words}, the whole process`, 'ms', bar, found))
  }
  return figures
}
