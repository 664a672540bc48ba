// Packages that were compiled against other versions of each other: no compiler sees them together, `levada check` does.
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { execa } from 'execa'
import { describe, expect, test } from 'vitest'
import { project } from './project.ts'

const flights = (columns: string, more = ''): string => `
import { asset, col, daily, definePipeline, node } from '@levada/core'
import { z } from 'zod'
const flights = asset('aviation.flights', { schema: z.object({ id: z.int(), day: col.date(), ${columns} }), ${more} })
export default definePipeline('flights', { nodes: [node('stage', { outputs: { flights }, run() {} })] })
`
const report = (input: string): string => `
import { asset, col, daily, definePipeline, expects, node, source } from '@levada/core'
import { z } from 'zod'
const flights = ${input}
const out = asset('report.out', { schema: z.object({ n: z.int() }) })
export default definePipeline('report', { nodes: [node('count', { inputs: { flights }, outputs: { out }, run() {} })] })
`
const expecting = (column: string): string => report(`expects('aviation.flights', z.object({ ${column} }))`)

const packageFiles = (name: string, text: string): Record<string, string> => ({
  [`node_modules/@acme/${name}/package.json`]: JSON.stringify({
    name: `@acme/${name}`,
    version: '1.0.0',
    type: 'module',
    exports: { '.': './dist/index.js', './package.json': './package.json' },
  }),
  [`node_modules/@acme/${name}/dist/index.js`]: text,
})

/** What `levada check` says of an app that composes two installed packages, each with the contract that is true of it, or what is made of one. */
async function checked(
  provider: string,
  consumer: string,
  forge: (contract: string) => string = (contract) => contract,
): Promise<{ readonly code: number; readonly err: string; readonly out: string }> {
  using app = project({
    ...packageFiles('flights', provider),
    ...packageFiles('report', consumer),
    'package.json': JSON.stringify({
      type: 'module',
      dependencies: { '@acme/flights': '1.0.0', '@acme/report': '1.0.0' },
    }),
    'levada.config.ts': `import { defineApp } from '@levada/core'
import { parquet } from '@levada/io-parquet'
import { duckdb } from '@levada/resource-duckdb'
import flights from '@acme/flights'
import report from '@acme/report'
export default defineApp({ name: 'apart', plugins: [duckdb(), parquet()], pipelines: [flights, report] })
`,
    'conf/base/catalog.yml': '"{domain}.{table}": { type: parquet, path: "data/{domain}/{table}" }\n',
    'contracts.mjs': `import { writeFileSync } from 'node:fs'
import { packageContract } from '@levada/core/run'
for (const name of ['flights', 'report']) {
  const dir = new URL('./node_modules/@acme/' + name, import.meta.url).pathname
  const { default: pipeline } = await import(dir + '/dist/index.js')
  writeFileSync(dir + '/contract.json', JSON.stringify(await packageContract(pipeline, dir), null, 2) + '\\n')
}
`,
  })
  await execa(process.execPath, ['--conditions=@levada/source', join(app.dir, 'contracts.mjs')])
  const contract = join(app.dir, 'node_modules/@acme/flights/contract.json')
  writeFileSync(contract, forge(readFileSync(contract, 'utf8')))
  return await app.levada('check')
}

const delay = 'delay: z.int()'

describe('packages compiled apart', () => {
  test.each([
    ['the same', delay, delay],
    ['a wider need', delay, 'delay: z.number().nullable()'],
    ['an enum where text is read', "s: z.enum(['a', 'b'])", 's: z.string()'],
    ['fewer values', "s: z.enum(['a'])", "s: z.enum(['a', 'b'])"],
    ['an open enum where any value is read', "s: col.openEnum(['a', 'b'])", "s: col.openEnum(['a'])"],
    ['an absent column that may be', delay, 'gate: z.string().optional()'],
    ['a unit that only one side says', "delay: z.int().meta({ unit: 'minutes' })", delay],
  ])('fit: %s', async (_, provides, needs) => {
    expect(await checked(flights(provides), expecting(needs))).toMatchObject({ code: 0, err: '' })
  })

  test.each([
    ['int and float', 'delay: z.number()', delay, 'delay: int, but', 'provides float'],
    ['date and text', 'd: z.string()', 'd: col.date()', 'd: date, but', 'provides string'],
    ['int and bigint', 'delay: z.bigint()', delay, 'delay: int, but', 'provides bigint'],
    ['nullable', 'delay: z.int().nullable()', delay, 'delay: int, but', 'provides int | null'],
    [
      'a value more',
      "s: z.enum(['a', 'b'])",
      "s: z.enum(['a'])",
      "s: enum('a'), but",
      "provides enum('a', 'b')",
    ],
    [
      'an open enum',
      "s: col.openEnum(['a'])",
      "s: z.enum(['a'])",
      "s: enum('a'), but",
      "provides enum('a', …)",
    ],
    [
      'decimals',
      'm: col.decimal(12, 2)',
      'm: col.decimal(12, 1)',
      'm: decimal(12, 1), but',
      'provides decimal(12, 2)',
    ],
    [
      'a column that is gone',
      'delays: z.int()',
      delay,
      'delay: int, but',
      "has no such column (did you mean 'delays'?)",
    ],
    [
      'units',
      "delay: z.int().meta({ unit: 's' })",
      "delay: z.int().meta({ unit: 'min' })",
      'delay: int in min, but',
      'provides int in s',
    ],
    [
      'a field',
      'a: z.object({ b: z.int().nullable() })',
      'a: z.object({ b: z.int() })',
      'a: struct<b: int>, but',
      'provides struct<b: int | null>',
    ],
  ])('do not fit: %s', async (_, provides, needs, need, have) => {
    const { code, err } = await checked(flights(provides), expecting(needs))
    expect(code).toBe(1)
    expect(err).toContain(`error COMPOSITION report: needs 'aviation.flights'.${need} 'flights' ${have}`)
    expect(err).toContain('levada.config.ts:6')
    expect(err).not.toContain('STALE_PORTS')
  })

  test('do not fit: partitions by which a source is read', async () => {
    const reads = report(
      "source('aviation.flights', { schema: z.object({ day: col.date() }), partitions: [daily('day')] })",
    )
    expect(await checked(flights(delay, "partitions: [daily('day')]"), reads)).toMatchObject({
      code: 0,
      err: '',
    })
    const { code, err } = await checked(flights(delay), reads)
    expect(code).toBe(1)
    expect(err).toContain(
      "error COMPOSITION report: reads 'aviation.flights' by partitions of day, but 'flights' has it without.",
    )
  })

  test.each<[string, (contract: string) => string, RegExp]>([
    [
      'another than its code has',
      (contract) => contract.replace('"kind": "int"', '"kind": "string"'),
      /STALE_PORTS contract\.json does not match the code of the package[^]*Install the package again; if it is the same then, ask/,
    ],
    [
      'of a pipeline with another name, and another column',
      (contract) => contract.replace('"name": "flights"', '"name": "trips"').replace('"delay"', '"late"'),
      /STALE_PORTS contract\.json does not match the code of the package: name should be "flights"/,
    ],
    [
      'of more than 10 MB',
      (contract) => `${contract}${' '.repeat(10 * 1024 * 1024)}`,
      /CONTRACT_INVALID contract\.json has 10\.0 MB; more than 10 MB are not read/,
    ],
    [
      'of a newer format',
      (contract) => contract.replace('"format": 1', '"format": 2'),
      /PROTOCOL contract\.json has the format 2; this core reads format 1/,
    ],
  ])('an installed contract, %s', async (_, forge, says) => {
    const { code, err } = await checked(flights(delay), expecting(delay), forge)
    expect([code, err]).toEqual([1, expect.stringMatching(says)])
  })

  test('a fingerprint that only the source would tell is named as one that is believed', async () => {
    const { code, out, err } = await checked(flights(delay), expecting(delay), (contract) =>
      contract.replace(/"fingerprint": "[^"]*"/, '"fingerprint": "forged"'),
    )
    expect([code, err]).toEqual([0, ''])
    expect(out).toContain(
      '! Fingerprints of function nodes are made of source, which installed packages do not have: those of @acme/flights (stage), @acme/report (count) are believed as contract.json says them.',
    )
  })
})
