import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ratioFigure, type Figure } from './figure.ts'
import { alternate, runNode, type Cost } from './measure.ts'

interface Measured extends Cost {
  readonly stepsCpuMs: number
}

const root = join(import.meta.dirname, '../../..')
const app = join(root, 'apps/flight-delays')
const landing = join(app, 'node_modules/vega-datasets/data')

/**
 * The app, built, against a script by hand through the same DuckDB client: same assets, partition files, checks and syncs.
 * Both write into a new folder each time, so that neither pays for removing what was there.
 */
export async function flights(pairs: number): Promise<readonly Figure[]> {
  const dir = mkdtempSync(join(process.env['LEVADA_BENCH_DIR'] ?? tmpdir(), 'levada-flights-'))
  let n = 0
  const ours = async (): Promise<Measured> => {
    const curated = join(dir, `ours-${n++}`)
    mkdirSync(curated)
    const runs = join(app, '.levada/runs')
    const cost = await runNode({
      args: [join(root, 'packages/cli/bin/levada.mjs'), 'run', '--env', 'bench'],
      cwd: app,
      env: { LEVADA_USE_DIST: '1', LEVADA_BENCH_CURATED: curated, NO_COLOR: '1' },
    })
    const latest = readdirSync(runs).toSorted().at(-1)!
    const events = readFileSync(join(runs, latest, 'log.jsonl'), 'utf8')
      .trim()
      .split('\n')
    const finished = JSON.parse(events.at(-1)!) as { cpu_ms: number }
    rmSync(curated, { recursive: true })
    return { ...cost, stepsCpuMs: finished.cpu_ms }
  }
  const other = async (): Promise<Measured> => {
    const out = join(dir, `script-${n++}`)
    mkdirSync(out)
    const cost = await runNode({
      args: [join(import.meta.dirname, 'script.ts'), landing, out],
      cwd: import.meta.dirname,
    })
    const steps = JSON.parse(readFileSync(join(out, 'script.json'), 'utf8')) as Pick<Measured, 'stepsCpuMs'>
    rmSync(out, { recursive: true })
    return { ...cost, ...steps }
  }
  try {
    const found = await alternate(pairs, ours, other)
    const figure = (name: string, unit: string, bar: number, of: (measured: Measured) => number): Figure =>
      ratioFigure(
        name,
        unit,
        bar,
        found.map(([a, b]) => [of(a), of(b)]),
      )
    return [
      figure('flights: CPU time of the whole process', 'ms', 1.15, ({ cpuMs }) => cpuMs),
      figure('flights: CPU time of the steps', 'ms', 1.05, ({ stepsCpuMs }) => stepsCpuMs),
      figure('flights: wall time of the whole process', 'ms', 1.15, ({ wallMs }) => wallMs),
      figure('flights: peak memory', 'MiB', 1.1, ({ peakMiB }) => peakMiB),
    ]
  } finally {
    rmSync(dir, { recursive: true, force: true })
  }
}
