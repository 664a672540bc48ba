import { mkdirSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { project, type Project } from './project.ts'

/** A workspace as package managers link it: an app, and a package that offers what it compiles to. */
function workspace(): Project {
  const made = project({
    'apps/main/package.json': JSON.stringify({
      name: 'main',
      type: 'module',
      dependencies: { '@acme/numbers': '*' },
    }),
    'apps/main/levada.config.ts': `
import { defineApp } from '@levada/core'
import { parquet } from '@levada/io-parquet'
import { duckdb } from '@levada/resource-duckdb'
import numbers from '@acme/numbers'
export default defineApp({ name: 'main', plugins: [duckdb(), parquet()], pipelines: [numbers] })
`,
    'apps/main/conf/base/catalog.yml':
      "'{domain}.{table}': { type: parquet, path: 'data/{domain}/{table}' }\n",
    'pipelines/numbers/package.json': JSON.stringify({
      name: '@acme/numbers',
      type: 'module',
      exports: { '.': './dist/index.js', './package.json': './package.json' },
    }),
    'pipelines/numbers/src/index.ts': "export { default } from './pipeline.ts'\n",
    'pipelines/numbers/src/pipeline.ts': pipeline('source'),
  })
  mkdirSync(join(made.dir, 'node_modules/@acme'), { recursive: true })
  symlinkSync('../../pipelines/numbers', join(made.dir, 'node_modules/@acme/numbers'))
  return made
}

const pipeline = (node: string): string => `
import { asset, definePipeline, sql, sqlNode } from '@levada/core'
import { z } from 'zod'
const numbers = asset('demo.numbers', { schema: z.object({ n: z.int() }) })
const make = sqlNode('from-${node}', { inputs: {}, output: numbers, sql: sql\`select 1 as n\` })
export default definePipeline('numbers', { nodes: [make] })
`

test('a package of the workspace is taken from its source, built or not', async () => {
  using made = workspace()
  const plan = (env?: Record<string, string>) =>
    made.start(['plan', '--app', 'apps/main'], env).then(({ stdout, stderr }) => stdout + stderr)
  expect(await plan()).toContain('numbers/from-source')
  made.write('pipelines/numbers/dist/index.js', pipeline('dist'))
  expect(await plan()).toContain('numbers/from-source')
  expect(await plan({ LEVADA_USE_DIST: '1' })).not.toContain('from-source')
})

test('what is installed is taken as it was published, source or not', async () => {
  using made = workspace()
  made.write(
    'node_modules/@acme/installed/package.json',
    JSON.stringify({ name: '@acme/installed', type: 'module', exports: './dist/index.js' }),
  )
  made.write('node_modules/@acme/installed/dist/index.js', "export const from = 'dist'\n")
  made.write('node_modules/@acme/installed/src/index.ts', "export const from: string = 'source'\n")
  made.write(
    'pipelines/numbers/src/index.ts',
    "import { from } from '@acme/installed'\nif (from !== 'dist') throw new Error(from)\nexport { default } from './pipeline.ts'\n",
  )
  expect((await made.levada('plan', '--app', 'apps/main')).out).toContain('numbers/from-source')
})
