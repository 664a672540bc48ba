import { describe, expect, inject, onTestFinished, test } from 'vitest'
import { project } from './project.ts'

describe.each(inject('dbt'))('with $title', { timeout: 300_000 }, ({ executable, env }) => {
  test.skipIf(!executable)(
    'words that dbt does not know are told with the help to look at; nothing is told twice',
    async () => {
      const it = project({
        'levada.config.ts': `import { defineApp } from '@levada/core'
import { dbt } from '@levada/resource-dbt'
export default defineApp({ name: 'shop', plugins: [], resources: { dbt: dbt() }, pipelines: [] })
`,
        'conf/base/resources.yml': JSON.stringify({ dbt: { project_dir: '.', executable, env } }),
        'dbt_project.yml': 'name: shop\nprofile: shop\n',
        'profiles.yml': 'shop: { target: dev, outputs: { dev: { type: duckdb, path: dev.duckdb } } }\n',
      })
      onTestFinished(() => it[Symbol.dispose]())
      const option = await it.levada('dbt', 'build', '--nonsense')
      expect(option.code).toBe(2)
      expect(option.err).toMatch(
        /^error USAGE 'dbt build --nonsense': .*'--nonsense'.*\n {2}→ See dbt build --help /,
      )
      const command = await it.levada('dbt', 'nonsense')
      expect(command.code).toBe(2)
      expect(command.err).toMatch(/^error USAGE 'dbt nonsense': .*'nonsense'.*\n {2}→ See dbt --help /)
      expect((await it.levada('dbt', '--version')).out).toMatch(/\d+\.\d+\.\d+/)
      const nothing = await it.levada('dbt', 'build', '--select', 'not_there')
      expect(nothing.code).toBe(0)
      expect(nothing.out).toContain('not_there')
      expect(nothing.out).toMatch(/^dbt succeeded/m)
      const deps = await it.levada('dbt', 'deps')
      expect(deps).toMatchObject({ code: 0, err: '' })
      const lines = deps.out.split('\n')
      expect(lines).toEqual([...new Set(lines)])
    },
  )
})
