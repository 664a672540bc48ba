// Packages of dbt from a folder, a tarball and a hub, of which one is here.
import { execFileSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, inject, test } from 'vitest'
import { shop } from './shop.ts'

const environments = inject('dbt').filter(({ executable }) => executable !== undefined)

/** A package with a macro `value` that tells a number. */
const packageFiles = (name: string, value: number): Readonly<Record<string, string>> => ({
  'dbt_project.yml': `name: ${name}\nversion: '1.0.0'\nconfig-version: 2\n`,
  'macros/value.sql': `{% macro value() %}${value}{% endmacro %}\n`,
})

/** As archives of npm and of GitHub are: everything is in one folder. */
function tarball(name: string, value: number): Buffer {
  const dir = mkdtempSync(join(tmpdir(), 'levada-dbt-package-'))
  try {
    mkdirSync(join(dir, name, 'macros'), { recursive: true })
    for (const [file, content] of Object.entries(packageFiles(name, value)))
      writeFileSync(join(dir, name, file), content)
    return execFileSync('tar', ['-czf', '-', '-C', dir, name])
  } finally {
    rmSync(dir, { recursive: true, force: true })
  }
}

interface Hub extends AsyncDisposable {
  readonly url: string
  /** The paths that were asked for. */
  readonly asked: readonly string[]
}

/** Serves what hub.getdbt.com does of one package in two versions, and their tarballs. */
async function startHub(): Promise<Hub> {
  const asked: string[] = []
  let url = ''
  const version = (number: string): object => ({
    id: `acme/rates/${number}`,
    name: 'rates',
    version: number,
    published_at: '2026-01-01T00:00:00Z',
    packages: [],
    require_dbt_version: [],
    works_with: [],
    downloads: { tarball: `${url}rates-${number}.tar.gz`, format: 'tgz', sha1: null },
  })
  const answer = (path: string): string | Buffer | undefined => {
    switch (path) {
      case '/api/v1/index.json':
        return JSON.stringify(['acme/rates'])
      case '/api/v1/acme/rates.json': {
        const versions = { '1.0.0': version('1.0.0'), '1.1.0': version('1.1.0') }
        return JSON.stringify({ name: 'rates', namespace: 'acme', latest: '1.1.0', versions })
      }
      case '/rates-1.0.0.tar.gz':
        return tarball('rates', 100)
      case '/rates-1.1.0.tar.gz':
        return tarball('rates', 110)
      case '/fees.tgz':
        return tarball('fees', 20)
    }
    return undefined
  }
  const server = createServer(({ url: given = '' }, response) => {
    const path = given.replaceAll(/\/{2,}/g, '/')
    asked.push(path)
    const content = answer(path)
    response.writeHead(content === undefined ? 404 : 200).end(content)
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`
  return {
    url,
    asked,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}

describe.each(environments)('$title', { timeout: 300_000 }, (environment) => {
  test('deps: of a folder, a tarball and a hub, and what the hub does not have', async () => {
    await using hub = await startHub()
    const inFolder = Object.entries(packageFiles('taxes', 3)).map(([file, content]) => [
      `taxes/${file}`,
      content,
    ])
    await using it = shop(environment, {
      ...Object.fromEntries(inFolder),
      'packages.yml': `packages:
  - local: taxes
  - { tarball: '${hub.url}fees.tgz', name: fees }
  - { package: acme/rates, version: ['>=1.0.0', '<1.1.0'] }
`,
      'models/totals.sql':
        'select {{ taxes.value() }} + {{ fees.value() }} + {{ rates.value() }} as amount\n',
    })
    const env = { ...environment.env, DBT_PACKAGE_HUB_URL: hub.url, NO_PROXY: '127.0.0.1' }
    const dbt = it.with({ env })
    expect(await dbt.deps()).toMatchObject({ success: true })
    expect(readdirSync(join(it.dir, 'dbt_packages')).toSorted()).toEqual(['fees', 'rates', 'taxes'])
    expect(hub.asked).toContain('/rates-1.0.0.tar.gz')

    const { targetPath } = await dbt.compile({ select: 'totals' })
    const compiled = readFileSync(join(targetPath, 'compiled/shop/models/totals.sql'), 'utf8')
    expect(compiled).toContain('select 3 + 20 + 100 as amount')

    it.write('packages.yml', 'packages:\n  - { package: acme/rates, version: 2.0.0 }\n')
    await expect(dbt.deps()).rejects.toMatchObject({
      code: 'DBT_PROJECT',
      message: expect.stringContaining('acme/rates') as string,
    })
  })
})
