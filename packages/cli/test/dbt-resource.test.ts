// dbt as a service of an app: what conf/ says of it in each environment reaches dbt, and no secret a file.
import { chmodSync, globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { project } from './project.ts'

const files = {
  'levada.config.ts': `import { defineApp } from '@levada/core'
import { parquet } from '@levada/io-parquet'
import { dbt } from '@levada/resource-dbt'
import { duckdb } from '@levada/resource-duckdb'
import { models } from './models.ts'

export default defineApp({
  name: 'shop', plugins: [duckdb(), parquet()], resources: { dbt: dbt() }, pipelines: [models],
})
`,
  'models.ts': `import { asset, definePipeline, node, resource } from '@levada/core'
import type { Dbt } from '@levada/resource-dbt'
import { z } from 'zod'

const built = asset('shop.built', { schema: z.object({ model: z.string(), status: z.string() }) })

const build = node('build', {
  outputs: { built },
  resources: { dbt: resource<Dbt>('@levada/resource-dbt#Dbt') },
  async run(_, { outputs, resources, signal }) {
    const { nodes } = await resources.dbt.build({ select: 'marts', signal })
    for (const { id, status } of nodes) await outputs.built.write({ model: id, status })
  },
})
export const models = definePipeline('models', { nodes: [build] })
`,
  'conf/base/catalog.yml': 'shop.built: { type: parquet, path: data/built }\n',
  'conf/base/resources.yml': 'dbt: { project_dir: shop, executable: ./dbt, target: dev }\n',
  'conf/prod/resources.yml': `dbt:
  target: prod
  threads: 16
  connection: { type: postgres, host: db, user: etl, schema: live }
  credentials: { password: "\${env:SHOP_PASSWORD}" }
`,
  'shop/dbt_project.yml': 'name: shop\nprofile: shop\n',
  'shop/profiles.yml': 'shop: { outputs: { dev: { type: duckdb } } }\n',
  // Says what it was given.
  dbt: `#!/bin/sh
if [ "$1" = --version ]; then echo "dbt 1.11.16"; exit; fi
echo "$* password=$DBT_ENV_SECRET_LEVADA_PASSWORD" > said
cat "\${DBT_PROFILES_DIR:-.}/profiles.yml" >> said
echo '{"data": {"success": true}, "info": {"name": "CommandCompleted", "level": "debug"}}'
echo '{"results": [{"unique_id": "model.shop.a", "status": "success"}]}' > $DBT_TARGET_PATH/run_results.json
`,
}

test('target, threads and schema are those of the environment', async () => {
  using app = project(files)
  chmodSync(join(app.dir, 'dbt'), 0o755)
  const said = async (...words: string[]): Promise<string> => {
    const { exitCode, stderr } = await app.start(['run', ...words], { SHOP_PASSWORD: 'canary-Zq7' })
    expect([exitCode, stderr]).toEqual([0, ''])
    return readFileSync(join(app.dir, 'shop/said'), 'utf8')
  }
  expect(await said()).toContain('build --select=marts --target=dev password=\nshop:')
  const prod = await said('--env', 'prod')
  expect(prod).toContain('build --select=marts --target=prod --threads=16 password=canary-Zq7\n')
  expect(prod).toContain('schema: live')
  expect(prod).toContain("{{ env_var('DBT_ENV_SECRET_LEVADA_PASSWORD') }}")
  const written = globSync('{shop/target,.levada}/**/*.{yml,json,log,jsonl}', { cwd: app.dir })
  expect(written.some((file) => file.endsWith('profiles.yml'))).toBe(true)
  for (const file of written) expect(readFileSync(join(app.dir, file), 'utf8')).not.toContain('canary-Zq7')
})

test('with --json each line is JSON, also that of an error', async () => {
  using app = project({
    ...files,
    dbt: `#!/bin/sh
if [ "$1" = --version ]; then echo "dbt 1.11.16"; exit; fi
echo '{"data": {}, "info": {"name": "MainEncounteredError", "level": "error", "msg": "Compilation Error"}}'
exit 2
`,
  })
  chmodSync(join(app.dir, 'dbt'), 0o755)
  const { exitCode, stdout } = await app.start(['dbt', 'build', '--json'])
  expect(exitCode).toBe(2)
  expect(
    stdout
      .trim()
      .split('\n')
      .map((line) => Object.keys(JSON.parse(line) as object)[0]),
  ).toEqual(['kind', 'errors'])
})
