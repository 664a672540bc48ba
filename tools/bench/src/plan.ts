import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { benchApp } from './bench-app.ts'
import { limitFigure, ratioFigure, type Figure } from './figure.ts'
import { alternate, median } from './measure.ts'
import { peer } from './python.ts'

const size = 100_000
const days = 10_000

interface Ours {
  readonly composeMs: number
  readonly planMs: number
}
interface Others {
  readonly composeMs: number
  readonly selectMs: number
}

/**
 * Plans of large graphs, on Parquet with nothing stored: of all nodes, of the part that makes one asset, and of nodes with partitions.
 * What declares the nodes is not counted; composing the app is told beside the plan.
 */
export async function plan(pairs: number): Promise<readonly Figure[]> {
  using app = benchApp('plan', {
    'levada.config.ts': '',
    'conf/base/catalog.yml': "'{domain}.{table}': { type: parquet, path: 'data/{domain}/{table}' }\n",
  })
  // A process for each, as a command has.
  const measure = (command: string, ...words: readonly string[]): unknown =>
    JSON.parse(
      execFileSync(command, words, { encoding: 'utf8', env: { ...process.env, PYTHONWARNINGS: 'ignore' } }),
    )
  const ours = (count: number, ...words: readonly string[]): Ours =>
    measure(
      process.execPath,
      join(import.meta.dirname, 'plan-graph.ts'),
      app.dir,
      String(count),
      ...words,
    ) as Ours
  const some = (count: number, ...words: readonly string[]): readonly Ours[] =>
    Array.from({ length: pairs }, () => ours(count, ...words))

  const figures: Figure[] = []
  const limit = (name: string, limitMs: number, found: readonly Ours[], of: (one: Ours) => number): void =>
    void figures.push(limitFigure(`plan: ${name}`, limitMs, pairs, median(found.map(of))))
  const both = ({ composeMs, planMs }: Ours): number => composeMs + planMs
  const kedro = peer('kedro', 'plan')
  let all: readonly Ours[]
  if (!kedro) all = some(size, 'plain')
  else {
    const plans: Ours[] = []
    const found = await alternate(
      pairs,
      async () => {
        const one = ours(size, 'plain')
        plans.push(one)
        return both(one)
      },
      async () =>
        (measure(kedro.python, join(import.meta.dirname, 'peers/kedro-graph.py'), String(size)) as Others)
          .composeMs,
    )
    // The first is not counted.
    all = plans.slice(1)
    figures.push(
      ratioFigure(
        `plan: 100,000 nodes composed and planned, against ${kedro.title} composing them`,
        'ms',
        1,
        found,
      ),
    )
  }
  limit('100,000 nodes, all to run, against 1 s', 1000, all, ({ planMs }) => planMs)
  limit('100,000 nodes, composed and planned, against 1 s', 1000, all, both)
  const part = some(size, 'plain', `+large.asset_${size - 1}`)
  limit('of 100,000 nodes those that make one asset, against 1 s', 1000, part, ({ planMs }) => planMs)
  const daily = some(days, 'daily', '', '2026-01-01..2026-01-31')
  limit('10,000 nodes for 31 days each, against 1 s', 1000, daily, ({ planMs }) => planMs)
  return figures
}
