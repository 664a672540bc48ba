import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { expect, test } from 'vitest'
import { billOfMaterials, type Bom } from './bom.ts'

function bomOf(files: Readonly<Record<string, string>>): Bom {
  const dir = mkdtempSync(join(tmpdir(), 'levada-bom-'))
  try {
    for (const [file, text] of Object.entries(files)) {
      mkdirSync(dirname(join(dir, file)), { recursive: true })
      writeFileSync(join(dir, file), text)
    }
    return billOfMaterials(join(dir, 'apps/x'))
  } finally {
    rmSync(dir, { recursive: true })
  }
}

const app = {
  'apps/x/package.json': '{ "dependencies": { "zod": "^4", "@acme/orders": "^1", "@acme/gone": "^1" } }',
  'apps/x/node_modules/@acme/orders/package.json': '{ "version": "1.2.0", "exports": {} }',
  'apps/x/node_modules/@acme/orders/contract.json': '{}',
  'node_modules/zod/package.json': '{ "version": "4.6.7" }',
}

test.each<[string, string]>([
  [
    'pnpm-lock.yaml',
    "packages:\n\n  '@acme/orders@1.2.0':\n    resolution: {integrity: sha512-right, tarball: x}\n\n  zod@4.6.6:\n    resolution: {integrity: sha512-wrong}\n",
  ],
  [
    'package-lock.json',
    JSON.stringify(
      {
        packages: {
          'node_modules/@acme/orders': { version: '1.2.0', resolved: 'http://x', integrity: 'sha512-right' },
          'node_modules/zod': { version: '4.6.6', integrity: 'sha512-wrong' },
        },
      },
      undefined,
      2,
    ),
  ],
  [
    'yarn.lock',
    '"@acme/orders@npm:^1":\n  version: 1.2.0\n  resolution: "@acme/orders@npm:1.2.0"\n  checksum: sha512-right\n  languageName: node\n\n"zod@npm:^4":\n  version: 4.6.6\n  checksum: sha512-wrong\n',
  ],
  [
    'yarn.lock',
    '"@acme/orders@^1":\r\n  version "1.2.0"\r\n  resolved "http://x"\r\n  integrity sha512-right\r\n',
  ],
  [
    'bun.lock',
    '{ "packages": {\n    "@acme/orders": ["@acme/orders@1.2.0", "http://x", {}, "sha512-right"],\n    "zod": ["zod@4.6.6", "", {}, "sha512-wrong"],\n  } }',
  ],
])('billOfMaterials reads integrities of the installed versions from %s', (name, text) => {
  const { packages } = bomOf({ ...app, [name]: text })
  expect(packages).toEqual([
    { name: '@acme/gone', version: 'not installed' },
    {
      name: '@acme/orders',
      version: '1.2.0',
      integrity: 'sha512-right',
      contract: '44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a',
    },
    { name: 'zod', version: '4.6.7' },
  ])
})

test('the hash of a bill of materials moves with a version or a contract, and not otherwise', () => {
  const { hash } = bomOf(app)
  expect(bomOf({ ...app, 'README.md': 'x' }).hash).toBe(hash)
  expect(bomOf({ ...app, 'node_modules/zod/package.json': '{ "version": "4.6.8" }' }).hash).not.toBe(hash)
  expect(bomOf({ ...app, 'apps/x/node_modules/@acme/orders/contract.json': '{ }' }).hash).not.toBe(hash)
})

test('an app without package.json is made of nothing', () => {
  expect(bomOf({ 'apps/x/levada.config.ts': '' }).packages).toEqual([])
})
