import { describe, expect, test } from 'vitest'
import { project, shop, shopWith } from './project.ts'

describe('engines.yml and resources.yml', () => {
  test('an engine has its settings in resources.yml, under its name, and patterns choose it', async () => {
    using app = project(
      shopWith({
        'conf/base/engines.yml': 'default: duckdb\n"shop.{table}": small\n',
        'conf/base/resources.yml': 'small: { type: duckdb, threads: 1, memory_limit: 256MB }\n',
      }),
    )
    expect((await app.levada('run')).code).toBe(0)
    expect((await app.levada('plan', '--force')).out).toContain('orders/stage  forced · small')
  })

  test.each([
    [
      'an unknown key',
      { 'conf/base/engines.yml': 'defualt: duckdb\n' },
      'CONFIG_INVALID',
      'conf/base/engines.yml:1:1',
      "Did you mean 'default'?",
    ],
    [
      'an engine that no plugin provides',
      { 'conf/base/engines.yml': 'default: duckbd\n' },
      'PLUGIN_MISSING',
      'conf/base/engines.yml:1:10',
      "Did you mean 'duckdb'?",
    ],
    [
      'an unknown setting',
      { 'conf/base/resources.yml': 'duckdb: { thread: 1 }\n' },
      'CONFIG_INVALID',
      'conf/base/resources.yml:1:11',
      "Did you mean 'threads'?",
    ],
    [
      'a wrong setting',
      { 'conf/base/resources.yml': 'duckdb: { memory_limit: lots }\n' },
      'CONFIG_INVALID',
      'conf/base/resources.yml:1:25',
      'memory_limit',
    ],
    [
      'a limit of nothing',
      { 'conf/base/resources.yml': 'duckdb: { memory_limit: 0% }\n' },
      'CONFIG_INVALID',
      'conf/base/resources.yml:1:25',
      "more than nothing is needed, received the text '0%'",
    ],
    [
      'a limit of more than there is',
      { 'conf/base/resources.yml': 'duckdb: { memory_limit: 900% }\n' },
      'CONFIG_INVALID',
      'conf/base/resources.yml:1:25',
      "at most 100% of the memory, received the text '900%'",
    ],
    [
      'more threads than a machine can start',
      { 'conf/base/resources.yml': 'duckdb: { threads: 100000000 }\n' },
      'CONFIG_INVALID',
      'conf/base/resources.yml:1:20',
      '1024',
    ],
    [
      'a folder that cannot be made',
      { 'conf/base/resources.yml': 'duckdb:\n  threads: 1\n  temp_directory: /dev/null/tmp\n' },
      'STORAGE',
      'conf/base/resources.yml:3:19',
      '/dev/null/tmp cannot be made',
    ],
    [
      'a path with the character that ends paths',
      {
        'conf/base/catalog.yml': `${shop['conf/base/catalog.yml']}shop.totals: { type: parquet, path: "a\\0b" }\n`,
      },
      'CONFIG_INVALID',
      'conf/base/catalog.yml:4:37',
      'U+0000',
    ],
    [
      'a name in a path that no system takes',
      {
        'conf/base/catalog.yml': `${shop['conf/base/catalog.yml']}shop.totals: { type: parquet, path: data/${'x'.repeat(256)} }\n`,
      },
      'CONFIG_INVALID',
      'conf/base/catalog.yml:4:37',
      'has no name of more than 255 bytes',
    ],
    [
      'a path of a megabyte',
      {
        'conf/base/catalog.yml': `${shop['conf/base/catalog.yml']}shop.totals: { type: csv, path: "${'a/'.repeat(500_000)}b.csv" }\n`,
      },
      'CONFIG_INVALID',
      'conf/base/catalog.yml',
      'is at most 3000 bytes long',
    ],
  ] as const)('%s is an error with its place', async (_, files, code, place, text) => {
    using app = project(shopWith(files as unknown as Record<string, string>))
    const { err } = await app.levada('check')
    expect(err).toContain(code)
    expect(err).toContain(place)
    expect(err).toContain(text)
  })
})
