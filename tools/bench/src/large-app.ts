import { asset, defineApp, definePipeline, sql, sqlNode, type AnyAsset, type App } from '@levada/core'
import { parquet } from '@levada/io-parquet'
import { duckdb } from '@levada/resource-duckdb'
import { z } from 'zod'

export const size = 1000
export const columns = Array.from({ length: 10 }, (_, i) => `column_${i}`)

/** The assets that a node reads: two made before it, but for the first ones. */
export const inputsOf = (i: number): readonly number[] =>
  i < 3 ? (i === 0 ? [] : [0]) : [(i * 7) % i, (i * 3) % i]

export function textOf(i: number): string {
  const [first, second] = inputsOf(i)
  if (first === undefined)
    return `select ${columns.map((name, c) => (c % 2 ? `'x' as ${name}` : `1 as ${name}`)).join(', ')}`
  const list = columns.map((name) => `a.${name}`).join(', ')
  return second === undefined || second === first
    ? `select ${list} from a where a.column_0 > ${i}`
    : `select ${list} from a join b on a.column_0 = b.column_0 where b.column_2 > ${i}`
}

/** An app of 1,000 assets, each made by an SQL node. */
export function largeApp(): App {
  const assets: AnyAsset[] = []
  const nodes = Array.from({ length: size }, (_, i) => {
    const schema = z.object(
      Object.fromEntries(columns.map((name, c) => [name, c % 2 ? z.string() : z.int()])),
    )
    const output = asset(`large.asset_${i}`, { schema: schema as never })
    assets.push(output)
    const inputs = Object.fromEntries(inputsOf(i).map((from, k) => ['ab'[k]!, assets[from]!]))
    const text = textOf(i)
    return sqlNode(`node-${i}`, {
      inputs: inputs as never,
      output: output as never,
      sql: sql(Object.assign([text], { raw: [text] })),
    })
  })
  return defineApp({
    name: 'large',
    plugins: [duckdb(), parquet()],
    pipelines: [definePipeline('large', { nodes: nodes as never })],
  } as never) as App
}
