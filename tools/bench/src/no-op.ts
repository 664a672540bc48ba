import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { benchApp } from './bench-app.ts'
import { limitFigure, ratioFigure, type Figure } from './figure.ts'
import { median } from './measure.ts'

type Costs = Readonly<Record<'few' | 'many', readonly (readonly [number, number])[]>>

const files = {
  'levada.config.ts': '',
  'input.csv': 'id\n1\n',
  'conf/base/catalog.yml': `no_op.input: { type: csv, path: input.csv }
'{domain}.{table}': { type: parquet, path: 'data/{domain}/{table}' }
`,
}

const runIn = (dir: string, what: 'build' | 'unchanged' | 'act', rounds: number): string =>
  execFileSync(process.execPath, [join(import.meta.dirname, 'no-op-run.ts'), dir, what, String(rounds)], {
    encoding: 'utf8',
  })

/** CPU time of nodes that do nothing, few and many: microseconds for each, of planning and running, and of running. */
export async function noOpCosts(rounds: number): Promise<Costs> {
  using app = benchApp('no-op', files)
  return JSON.parse(runIn(app.dir, 'act', rounds)) as Costs
}

/** Planning and running nodes that have nothing to do, in one process: the CPU time that each takes when there are 10,000, against 100. */
export async function noOp(pairs: number): Promise<readonly Figure[]> {
  using app = benchApp('no-op', files)
  const run = (what: 'build' | 'unchanged' | 'act'): string => runIn(app.dir, what, pairs)
  run('build')
  const unchanged = JSON.parse(run('unchanged')) as Costs
  const act = JSON.parse(run('act')) as Costs
  const of = (costs: Costs, part: 0 | 1): readonly (readonly [number, number])[] =>
    costs.many.map((many, i) => [many[part], costs.few[i]![part]])
  return [
    ratioFigure('no-op: planning and running what is unchanged, for each node', 'µs', 1.3, of(unchanged, 0)),
    ratioFigure('no-op: planning and running nodes that do nothing, for each node', 'µs', 1.3, of(act, 0)),
    ratioFigure('no-op: running nodes that do nothing, for each node', 'µs', 1.3, of(act, 1)),
    limitFigure(
      'no-op: running 10,000 nodes that do nothing with all that is recorded of it, for each node, against 30 µs of CPU time',
      30,
      pairs,
      median(act.many.map(([, run]) => run)),
      'µs',
    ),
  ]
}
