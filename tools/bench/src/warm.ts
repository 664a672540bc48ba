import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { benchApp, type BenchApp } from './bench-app.ts'
import { ratioFigure, type Figure } from './figure.ts'
import { alternate, runNode, wallMs } from './measure.ts'

/** An app of so many assets: chains of ten, each of a first one; 90 days each. */
function chains(name: string, size: number): BenchApp {
  const nodes = Array.from({ length: size }, (_, i) => {
    const inputs = i % 10 === 0 ? '{}' : `{ a: a${i - 1} }`
    const text =
      i % 10 === 0
        ? `select day, n from (select cast(range as date) as day, ${i} as n from range(timestamp '2026-01-01', timestamp '2026-04-01', interval 1 day)) where day >= $partition_start and day < $partition_end`
        : 'select day, n + 1 as n from a where day >= $partition_start and day < $partition_end'
    return `const a${i} = asset('w.a${i}', { schema: z.object({ day: col.date(), n: z.int() }), partitions: [daily('day')] })
const n${i} = sqlNode('n${i}', { inputs: ${inputs}, output: a${i}, sql: sql\`${text}\` })`
  })
  return benchApp(name, {
    'levada.config.ts': `import { defineApp } from '@levada/core'
import { parquet } from '@levada/io-parquet'
import { duckdb } from '@levada/resource-duckdb'
import { warm } from './pipeline.ts'
export default defineApp({ name: 'warm', plugins: [duckdb(), parquet()], pipelines: [warm] })
`,
    'pipeline.ts': `import { asset, col, daily, definePipeline, sql, sqlNode } from '@levada/core'
import { z } from 'zod'
${nodes.join('\n')}
export const warm = definePipeline('warm', { nodes: [${nodes.map((_, i) => `n${i}`).join(', ')}] })
`,
    'conf/base/catalog.yml': "'{domain}.{table}': { type: parquet, path: 'data/{domain}/{table}' }\n",
  })
}

/** Reads the newest manifest of each asset, as plainly as can be. */
const readManifests = `import { readdirSync, readFileSync } from 'node:fs'
let partitions = 0
for (const name of readdirSync('data/w')) {
  const folder = 'data/w/' + name + '/manifests/'
  const newest = readdirSync(folder).toSorted().at(-1)
  partitions += JSON.parse(readFileSync(folder + newest, 'utf8')).partitions.length
}
if (partitions === 0) throw new Error('There are no manifests')
`

/** A run of what has not changed, the whole process: of 1,000 assets against reading their manifests. */
export async function warm(pairs: number): Promise<readonly Figure[]> {
  using app = chains('warm', 1000)
  await runNode(app.levada('run'))
  const plain = join(app.dir, 'read-manifests.mjs')
  writeFileSync(plain, readManifests)
  const found = await alternate(
    pairs,
    () => wallMs(app.levada('run')),
    () => wallMs({ args: [plain], cwd: app.dir }),
  )
  return [
    ratioFigure(
      'warm: levada run of 1,000 unchanged assets, against node and reading their manifests',
      'ms',
      2,
      found,
    ),
  ]
}
