import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Figure } from './figure.ts'
import { alternate, median, medianInterval, wallMs, type Command } from './measure.ts'

const root = join(import.meta.dirname, '../../..')
const bin = join(root, 'packages/cli/bin/levada.mjs')

const files: Readonly<Record<string, string>> = {
  'levada.config.ts': `import { asset, defineApp, definePipeline, sql, sqlNode } from '@levada/core'
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
`,
  'conf/base/catalog.yml': "'{domain}.{table}': { type: parquet, path: 'data/{domain}/{table}' }\n",
}

/** The whole process of everyday commands, built and with a warm compile cache, against a Node that does nothing. */
export async function start(pairs: number): Promise<readonly Figure[]> {
  // Below this package, so that it finds the packages of the workspace.
  const dir = join(import.meta.dirname, '../tmp/start')
  for (const [file, text] of Object.entries(files)) {
    mkdirSync(join(dir, file, '..'), { recursive: true })
    writeFileSync(join(dir, file), text)
  }
  const node = { cwd: dir, env: { LEVADA_USE_DIST: '1', NO_COLOR: '1' } }
  const nothing: Command = { ...node, args: ['-e', '0'] }
  const figures: Figure[] = []
  try {
    for (const [words, bar] of [
      ['--help', 1.5],
      ['list', 3],
      ['run', 5.5],
    ] as const) {
      const ours = async (): Promise<number> => {
        // Each run is the first one of its app.
        for (const made of ['data', '.levada']) rmSync(join(dir, made), { recursive: true, force: true })
        return wallMs({ ...node, args: [bin, words] })
      }
      const found = await alternate(pairs, ours, () => wallMs(nothing))
      const ratios = found.map(([a, b]) => a / b)
      const ratio = median(ratios)
      figures.push({
        name: `start: levada ${words}, the whole process`,
        unit: 'ms',
        bar,
        pairs,
        ratio,
        ok: ratio <= bar,
        interval: medianInterval(ratios),
        ours: median(found.map(([a]) => a)),
        other: median(found.map(([, b]) => b)),
      })
    }
    return figures
  } finally {
    rmSync(dir, { recursive: true, force: true })
  }
}
