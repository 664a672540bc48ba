import { defineConfig } from 'vitest/config'

export default defineConfig({
  resolve: {
    // Packages of this workspace are taken from their source, as the levada command and the compiler do.
    alias: [{ find: /^@acme\/([\w-]+)$/, replacement: `${import.meta.dirname}/pipelines/$1/src/index.ts` }],
  },
  test: { include: ['{pipelines,apps}/*/{src,test}/**/*.test.ts'], testTimeout: 30_000 },
})
