import { spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'

/** What one process cost. */
export interface Cost {
  readonly cpuMs: number
  readonly wallMs: number
  readonly peakMiB: number
}

export interface Command {
  readonly args: readonly string[]
  readonly cwd: string
  readonly env?: Readonly<Record<string, string>>
}

const reporter = pathToFileURL(join(import.meta.dirname, 'report-usage.mjs')).href

/** Runs Node once. The process reports its own CPU time and peak memory when it exits, the same way on both sides. */
export const runNode = ({ args, ...command }: Command): Promise<Cost> =>
  run(process.execPath, { ...command, args: ['--import', reporter, ...args] })

/** Runs Python once, a script that imports `report_usage`. */
export const runPython = (python: string, command: Command): Promise<Cost> => run(python, command)

async function run(file: string, { args, cwd, env }: Command): Promise<Cost> {
  const dir = mkdtempSync(join(tmpdir(), 'levada-bench-'))
  const report = join(dir, 'usage.json')
  try {
    const elapsed = await wallMs({ args, cwd, env: { ...env, LEVADA_BENCH_USAGE: report } }, file)
    const usage = JSON.parse(readFileSync(report, 'utf8')) as { cpuMs: number; peakMiB: number }
    return { ...usage, wallMs: elapsed }
  } finally {
    rmSync(dir, { recursive: true })
  }
}

/** How long a process takes, from its start to its end as its parent sees them; Node unless another command is named. */
export async function wallMs({ args, cwd, env }: Command, file: string = process.execPath): Promise<number> {
  const started = performance.now()
  await new Promise<void>((resolve, reject) => {
    const child = spawn(file, args, {
      cwd,
      env: { ...process.env, ...env },
      stdio: ['ignore', 'ignore', 'pipe'],
    })
    let errors = ''
    child.stderr.on('data', (data: Buffer) => (errors += data.toString()))
    child.on('error', reject)
    child.on('close', (code) =>
      code === 0
        ? resolve()
        : reject(new Error(`${args.join(' ')} exited with ${code}: ${errors.slice(-2000)}`)),
    )
  })
  return performance.now() - started
}

/** Both sides in turn, first one then the other first, after one run of each that is not counted. */
export async function alternate<T>(
  pairs: number,
  ours: () => Promise<T>,
  other: () => Promise<T>,
): Promise<readonly (readonly [T, T])[]> {
  await ours()
  await other()
  const found: (readonly [T, T])[] = []
  for (let i = 0; i < pairs; i++) {
    if (i % 2 === 0) {
      const a = await ours()
      found.push([a, await other()])
    } else {
      const b = await other()
      found.push([await ours(), b])
    }
  }
  return found
}

export const median = (values: readonly number[]): number => {
  const sorted = values.toSorted((a, b) => a - b)
  const middle = sorted.length >> 1
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2
}

/** The 95 % confidence interval of a median, by order statistics: no assumption on the distribution. */
export function medianInterval(values: readonly number[]): readonly [number, number] {
  const sorted = values.toSorted((a, b) => a - b)
  const n = sorted.length
  let k = 0
  // The largest k with P(Binomial(n, 1/2) < k) <= 2.5 %.
  for (let below = 0.5 ** n, term = below; below <= 0.025 && k < n / 2; k++) {
    term = (term * (n - k)) / (k + 1)
    below += term
  }
  return [sorted[Math.max(0, k - 1)]!, sorted[Math.min(n - 1, n - k)]!]
}
