import { execFileSync, spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { ratioFigure, type Figure } from './figure.ts'
import { alternate, median, medianInterval } from './measure.ts'
import { writePackages, type Setting } from './type-packages.ts'

interface Compiled {
  readonly cpuMs: number
  readonly checkMs: number
  readonly instantiations: number
}

/** CPU time of all children that have ended, from the kernel's counters of this process (10 ms steps); wall time elsewhere. */
function childrenCpuMs(): number {
  if (!existsSync('/proc/self/stat')) return performance.now()
  const fields = readFileSync('/proc/self/stat', 'utf8').split(') ')[1]!.split(' ')
  const ticks = Number(execFileSync('getconf', ['CLK_TCK'], { encoding: 'utf8' }))
  return ((Number(fields[13]) + Number(fields[14])) / ticks) * 1000
}

/** The compiler itself, so that the start of Node counts on neither side. */
async function compiler(): Promise<string> {
  const lib = join(
    dirname(createRequire(import.meta.url).resolve('typescript/package.json')),
    'lib/getExePath.js',
  )
  const { default: getExePath } = (await import(lib)) as { default: () => string }
  return getExePath()
}

function compile(tsc: string, dir: string, project: string): Compiled {
  const before = childrenCpuMs()
  const { stdout, status } = spawnSync(
    tsc,
    [
      '-p',
      join(dir, `tsconfig.${project}.json`),
      '--extendedDiagnostics',
      '--pretty',
      'false',
      '--singleThreaded',
    ],
    { encoding: 'utf8' },
  )
  const cpuMs = childrenCpuMs() - before
  if (status !== 0) throw new Error(`tsc failed on ${project}:\n${stdout.slice(0, 2000)}`)
  const value = (name: string): number => Number(new RegExp(`${name}:\\s+([\\d.]+)`).exec(stdout)?.[1])
  return { cpuMs, checkMs: value('Check time') * 1000, instantiations: value('Instantiations') }
}

const settingNames: Readonly<Record<Setting, string>> = {
  '': '',
  '-checked': ', skipLibCheck off',
  '-bundler': ', moduleResolution bundler',
  '-bundler-checked': ', moduleResolution bundler and skipLibCheck off',
}

/** What is compiled are declarations as they are published, of core too. */
function assertPublished(tsc: string, dir: string): void {
  const args = ['-p', join(dir, 'tsconfig.app.json'), '--listFilesOnly']
  const files = spawnSync(tsc, args, { encoding: 'utf8' }).stdout.split('\n')
  if (!files.some((file) => file.endsWith('/core/dist/index.d.ts')))
    throw new Error('The app is not compiled against the published declarations of @levada/core')
  const sources = files.filter((file) => /\/core\/src\//.test(file))
  if (sources.length > 0) throw new Error(`The app is compiled against sources: ${sources.join(', ')}`)
}

/** Type-checks an app of 50, 100 and 200 packages, each of 10 assets × 30 columns with generated ports. */
export async function types(pairs: number): Promise<readonly Figure[]> {
  const tsc = await compiler()
  const dir = mkdtempSync(join(tmpdir(), 'levada-types-'))
  try {
    const sizes = [50, 100, 200]
    for (const size of sizes) writePackages(join(dir, String(size)), size)
    const run = (size: number, project: string) => async (): Promise<Compiled> =>
      compile(tsc, join(dir, String(size)), project)
    assertPublished(tsc, join(dir, '100'))
    const whole: Figure[] = []
    for (const [setting, name] of Object.entries(settingNames)) {
      const found = await alternate(pairs, run(100, `app${setting}`), run(100, `imports${setting}`))
      const cpu = found.map(([a, b]) => [a.cpuMs, b.cpuMs] as const)
      whole.push(
        ratioFigure(
          `types: 100 packages, whole process against importing them only${name}`,
          'ms CPU',
          2.5,
          cpu,
        ),
      )
    }
    const renamed = await alternate(pairs, run(100, 'with'), run(100, 'app'))
    const renamedRatios = renamed.map(([a, b]) => a.cpuMs / b.cpuMs)
    const named = await alternate(pairs, run(100, 'named'), run(200, 'app'))
    const generated = await alternate(pairs, run(100, 'named'), run(100, 'unnamed'))
    const growth = await alternate(pairs, run(200, 'app'), run(50, 'app'))
    const perPackage = (
      of: (compiled: Compiled) => number,
    ): Pick<Figure, 'ours' | 'other' | 'ratio' | 'interval'> => {
      const each = growth.map(([a, b]) => of(a) / 200 / (of(b) / 50))
      return {
        ours: median(growth.map(([a]) => of(a) / 200)),
        other: median(growth.map(([, b]) => of(b) / 50)),
        ratio: median(each),
        interval: medianInterval(each),
      }
    }
    const instantiations = perPackage(({ instantiations: count }) => count)
    const check = perPackage(({ checkMs }) => checkMs)
    return [
      ...whole,
      {
        name: 'types: 100 packages, 10 of them once more under other names, against none',
        unit: 'ms CPU',
        bar: 1.5,
        pairs,
        ok: median(renamedRatios) <= 1.5,
        ratio: median(renamedRatios),
        interval: medianInterval(renamedRatios),
        ours: median(renamed.map(([a]) => a.cpuMs)),
        other: median(renamed.map(([, b]) => b.cpuMs)),
      },
      ratioFigure(
        'types: 100 packages, all of them once more with the types of generate, against 200 packages',
        'ms CPU',
        1.5,
        named.map(([a, b]) => [a.cpuMs, b.cpuMs] as const),
      ),
      ratioFigure(
        'types: 100 packages, all of them once more with the types of generate, against without',
        'ms CPU',
        1,
        generated.map(([a, b]) => [a.cpuMs, b.cpuMs] as const),
      ),
      {
        name: 'types: instantiations per package, 200 packages against 50',
        unit: 'each',
        bar: 1.1,
        pairs,
        ok: instantiations.ratio <= 1.1,
        ...instantiations,
      },
      {
        name: 'types: check time per package, 200 packages against 50',
        unit: 'ms',
        bar: 1.3,
        pairs,
        ok: check.ratio <= 1.3,
        ...check,
      },
    ]
  } finally {
    rmSync(dir, { recursive: true, force: true })
  }
}
