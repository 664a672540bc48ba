// Writes used-at-start.json beside this: the functions of what is built that everyday commands call, of few assets and of many, by chunk. `bundle.ts` has
// V8 compile them with their modules. To be made again when start-up has changed; what is no longer there does no harm.
import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { chunkOf, functionsOf, listFile } from './eager.ts'

interface Coverage {
  readonly result: readonly {
    readonly url: string
    readonly functions: readonly {
      readonly ranges: readonly {
        readonly startOffset: number
        readonly endOffset: number
        readonly count: number
      }[]
    }[]
  }[]
}

/** Enough of one kind for what many are looked up by. */
const days = Array.from(
  { length: 6 },
  (
    _,
    i,
  ) => `const day${i} = asset('demo.day${i}', { schema: z.object({ day: col.date(), n: z.int() }), partitions: [daily('day')] })
const daily${i} = sqlNode('daily${i}', { inputs: ${i === 0 ? '{}' : `{ before: day${i - 1} }`}, output: day${i}, sql: sql\`
  select * from ${i === 0 ? "(select date '2026-01-01' as day, 1 as n)" : 'before'} where day >= $partition_start and day < $partition_end\` })
`,
)
const config = `import { asset, col, daily, defineApp, definePipeline, sql, sqlNode } from '@levada/core'
import { parquet } from '@levada/io-parquet'
import { duckdb } from '@levada/resource-duckdb'
import { z } from 'zod'

const row = { n: z.int(), name: z.string().nullable(), size: z.enum(['s', 'l']) }
const numbers = asset('demo.numbers', { schema: z.object(row), key: ['n'] })
const count = sqlNode('count', { inputs: {}, output: numbers, sql: sql\`select n, 'x' as name, 's' as size from range(10) as r(n)\` })
${days.join('')}
const demo = definePipeline('demo', { nodes: [count, ${days.map((_, i) => `daily${i}`).join(', ')}] })
export default defineApp({ name: 'used', plugins: [duckdb(), parquet()], pipelines: [demo] })
`
const root = join(import.meta.dirname, '../../..')
mkdirSync(join(import.meta.dirname, '../tmp'), { recursive: true })
const app = mkdtempSync(join(import.meta.dirname, '../tmp/app-'))
try {
  mkdirSync(join(app, 'conf/base'), { recursive: true })
  writeFileSync(join(app, 'levada.config.ts'), config)
  writeFileSync(
    join(app, 'conf/base/catalog.yml'),
    "'{domain}.{table}': { type: parquet, path: 'data/{domain}/{table}' }\n",
  )
  const used = new Map<string, Set<string>>()
  // The second run has nothing to do.
  for (const words of [['run'], ['run'], ['list']]) {
    const coverage = join(app, 'coverage')
    execFileSync(process.execPath, [join(root, 'packages/cli/bin/levada.mjs'), ...words], {
      cwd: app,
      env: { ...process.env, LEVADA_USE_DIST: '1', NODE_V8_COVERAGE: coverage },
      stdio: ['ignore', 'ignore', 'inherit'],
    })
    for (const file of readdirSync(coverage))
      add(JSON.parse(readFileSync(join(coverage, file), 'utf8')) as Coverage)
    rmSync(coverage, { recursive: true })
  }

  function add({ result }: Coverage): void {
    for (const { url, functions } of result) {
      if (!/\/packages\/.*\/dist\/[^/]+\.js$/.test(url)) continue
      const chunk = chunkOf(fileURLToPath(url))
      const called = new Set(
        functions.flatMap(({ ranges: [whole] }) =>
          whole!.count > 0 ? [`${whole!.startOffset} ${whole!.endOffset}`] : [],
        ),
      )
      const keys = used.get(chunk) ?? new Set<string>()
      used.set(chunk, keys)
      for (const { key, node } of functionsOf(readFileSync(fileURLToPath(url), 'utf8')))
        if (called.has(`${node.start} ${node.end}`)) keys.add(key)
    }
  }
  const lists = [...used]
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([chunk, keys]) => [chunk, [...keys].toSorted()])
  writeFileSync(listFile, `${JSON.stringify(Object.fromEntries(lists), undefined, 2)}\n`)
  for (const [chunk, keys] of used) console.log(`${chunk}: ${keys.size} functions`)
} finally {
  rmSync(app, { recursive: true })
}
