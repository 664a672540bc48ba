import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { defineConfig } from 'vitest/config'

// Packages of the workspace are taken from their sources, never from dist.
const conditions = ['@levada/source', 'module', 'node']
// These get a server of their own: tools/servers.
const withPostgres = ['packages/*/postgres/**/*.test.ts', '**/*.postgres.test.ts']
// These get both generations of dbt: tools/python.
const withDbt = ['**/*.dbt.test.ts']
const excluded = [
  '**/node_modules/**',
  '**/dist/**',
  '**/.levada/**',
  '**/test/tmp/**',
  // Needs the workspace that the template becomes: npm run check:create.
  'packages/create/template/apps/**',
]

export default defineConfig({
  ssr: { resolve: { conditions, externalConditions: conditions } },
  test: {
    // One for each processor; Vitest would leave one idle.
    maxWorkers: '100%',
    // Many tests start the real command; a busy machine needs time for that.
    testTimeout: 60_000,
    // For what tests load natively and for the processes and workers that they start.
    execArgv: ['--conditions=@levada/source'],
    // Processes that tests start take half of their time to strip and compile TypeScript: where the command keeps it, too.
    env: { NODE_COMPILE_CACHE: join(tmpdir(), 'node-compile-cache') },
    coverage: {
      provider: 'v8',
      include: ['packages/**/src/**/*.ts'],
      exclude: ['**/*.test.ts', '**/*.test-d.ts'],
    },
    projects: [
      {
        extends: true,
        test: {
          name: 'unit',
          include: ['packages/**/*.test.ts', 'pipelines/**/*.test.ts', 'apps/**/*.test.ts'],
          exclude: [...excluded, ...withPostgres, ...withDbt],
        },
      },
      {
        extends: true,
        test: {
          name: 'postgres',
          include: withPostgres,
          exclude: excluded,
          globalSetup: 'tools/servers/src/vitest.ts',
        },
      },
      {
        extends: true,
        test: {
          name: 'dbt',
          include: withDbt,
          exclude: excluded,
          globalSetup: 'tools/python/src/vitest.ts',
          // Each start of dbt 1 takes seconds; on a busy machine, many.
          testTimeout: 180_000,
        },
      },
      {
        extends: true,
        test: {
          name: 'repo',
          include: ['tools/**/*.test.ts'],
          exclude: [...excluded, ...withPostgres, ...withDbt],
        },
      },
      {
        extends: true,
        test: {
          name: 'types',
          include: [],
          typecheck: {
            enabled: true,
            only: true,
            checker: 'tsc',
            tsconfig: 'tsconfig.test.json',
            include: ['packages/**/*.test-d.ts', 'pipelines/**/*.test-d.ts', 'apps/**/*.test-d.ts'],
            exclude: excluded,
          },
        },
      },
    ],
  },
})
