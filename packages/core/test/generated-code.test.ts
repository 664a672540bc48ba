// Texts that come from data and from other packages stand in generated TypeScript: none of them is code.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { execa } from 'execa'
import { expect, test } from 'vitest'
import { z } from 'zod'
import { outlineOf, portsText } from '../src/app/index.ts'
import { asset, source } from '../src/asset/index.ts'
import { definePipeline, sql, sqlNode } from '../src/pipeline/index.ts'
import { assetText } from '../src/scaffold/asset-text.ts'

const attack = 'process.exit(79)'
/** Ends the line, the comment or the text that it stands in, and goes on with a statement. */
const texts = [
  `\n${attack}\n//`,
  `\r${attack}\r//`,
  `\u2028${attack}\u2028//`,
  `\u2029${attack}\u2029//`,
  `m\n[${attack}]: z.int(), //`,
  `*/ ${attack} /*`,
  `*\n/ ${attack} /*`,
  `'; ${attack}; '`,
  `\\'; ${attack}; //`,
  `\\\\'; ${attack}; //`,
  `"; ${attack}; //`,
  '`${' + attack + '}`',
]

/** Runs a generated file as Node does, and gives what it exports. */
async function run(text: string): Promise<unknown> {
  // Within the package, which the generated file imports by its name.
  const tmp = join(import.meta.dirname, '../.levada')
  mkdirSync(tmp, { recursive: true })
  const dir = mkdtempSync(join(tmp, 'generated-'))
  try {
    writeFileSync(join(dir, 'generated.ts'), text)
    const main = `const m = await import('./generated.ts')
const schema = Object.values(m)[0]?.columns
console.log(JSON.stringify(schema?.map(({ name }) => name) ?? []))`
    writeFileSync(join(dir, 'main.ts'), main)
    const { stdout } = await execa(process.execPath, ['--conditions=@levada/source', join(dir, 'main.ts')], {
      cwd: dir,
    })
    return JSON.parse(stdout)
  } finally {
    rmSync(dir, { recursive: true, force: true })
  }
}

const columns = texts.map((name) => ({
  name,
  type: { kind: 'enum' as const, values: texts },
  nullable: false,
  description: name,
}))

test('of an asset: file names, columns, their values, what was left out', async () => {
  for (const from of texts)
    expect(assetText('a.b', 'source', from, { rows: 1, columns: [], keys: [], leftOut: [] })).not.toMatch(
      /^\S*process/m,
    )
  const ranged = texts.map((name, i) => ({
    name: `${name} ${i}`,
    type: { kind: 'float' as const },
    nullable: true,
    range: { min: 0, max: 10 },
  }))
  const text = assetText('a.b', 'source', texts.join(''), {
    rows: 1000,
    columns: [...columns, ...ranged],
    keys: [[texts[0]!], ...texts.map((name) => [name])],
    leftOut: texts,
  })
  expect(await run(text)).toEqual([...columns, ...ranged].map(({ name }) => name))
})

test('of a pipeline: columns, values, descriptions and tags of its ports', async () => {
  const schema = (): z.ZodObject =>
    z.object(
      Object.fromEntries(
        texts.map(
          (name) =>
            [
              name,
              z
                .enum(texts as [string])
                .describe(name)
                .meta({ unit: name, deprecated: { since: '1.0.0', use: `a.${name}` } as never }),
            ] as const,
        ),
      ),
    )
  const raw = source('shop.raw', { schema: schema() })
  const out = asset('shop.out', { schema: schema(), description: texts.join(' '), tags: ['a'] })
  const one = sqlNode('one', { inputs: { raw }, output: out, sql: sql`select 1` })
  const contract = outlineOf(definePipeline('shop', { nodes: [one] }))
  const text = portsText({
    ...contract,
    provides: { 'shop.out': { ...contract.provides['shop.out']!, tags: texts } },
  })
  expect(text).toContain('process.exit')
  expect(await run(text)).toEqual([])
})
