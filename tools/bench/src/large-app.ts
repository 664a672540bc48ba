import {
  asset,
  defineApp,
  definePipeline,
  expects,
  sql,
  sqlNode,
  type AnyAsset,
  type AnyPipeline,
  type App,
} from '@levada/core'
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

const schema = () =>
  z.object(Object.fromEntries(columns.map((name, c) => [name, c % 2 ? z.string() : z.int()])))

const pipelineOf = (asset: number, pipelines: number): number => Math.floor((asset * pipelines) / size)

/** Whether a node sees an asset by an expectation, since another pipeline makes it. */
export const isExpected = (asset: number, node: number, pipelines: number): boolean =>
  pipelineOf(asset, pipelines) !== pipelineOf(node, pipelines)

/** Pipelines of 1,000 assets in all, each made by an SQL node; what another pipeline makes is an expectation. */
export function largePipelines(count: number): readonly AnyPipeline[] {
  const nodes = Array.from({ length: count }, (): unknown[] => [])
  const assets: AnyAsset[] = []
  for (let i = 0; i < size; i++) {
    const output = asset(`large.asset_${i}`, { schema: schema() as never })
    assets.push(output)
    const inputs = Object.fromEntries(
      inputsOf(i).map((from, k) => [
        'ab'[k]!,
        isExpected(from, i, count) ? expects(`large.asset_${from}`, schema() as never) : assets[from]!,
      ]),
    )
    const text = textOf(i)
    nodes[pipelineOf(i, count)]!.push(
      sqlNode(`node-${i}`, {
        inputs: inputs as never,
        output: output as never,
        sql: sql(Object.assign([text], { raw: [text] })),
      }),
    )
  }
  return nodes.map((list, p) => definePipeline(`large-${p}`, { nodes: list as never }) as AnyPipeline)
}

/** An app of 1,000 assets in some pipelines. */
export const largeApp = (pipelines = 1): App =>
  defineApp({
    name: 'large',
    plugins: [duckdb(), parquet()],
    pipelines: largePipelines(pipelines),
  } as never) as App
