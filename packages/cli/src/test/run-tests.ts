// Named so, since of it no more is in the command as it is published.
import childProcess from 'node:child_process'
import { existsSync, globSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join, relative } from 'node:path'
import type { AppOptions } from '../app.ts'
import type { PackageToTest } from './packages.ts'

export interface Tested extends PackageToTest {
  /** `none`: nothing was run, for the reason `why`. */
  readonly state: 'passed' | 'failed' | 'none'
  readonly why?: string
}

/** How the tests of a package are run: Node's arguments, and where. Packages that are alike are run together. */
interface Command {
  readonly cwd: string
  readonly args: readonly string[]
  readonly packages: readonly PackageToTest[]
}

/**
 * Runs the tests of packages: the script `test` of package.json, or Vitest where the nearest of its configurations lies.
 * What they print goes to the terminal; to stderr, with `--json`.
 */
export async function runTests(
  packages: readonly PackageToTest[],
  { json = false }: AppOptions,
): Promise<readonly Tested[]> {
  const tested: Tested[] = []
  const commands: Command[] = []
  for (const found of packages) {
    const command = commandOf(found)
    if (typeof command === 'string') tested.push({ ...found, state: 'none', why: command })
    else commands.push(command)
  }
  // One Vitest for all packages that share a configuration.
  const groups = Map.groupBy(commands, ({ cwd, args }) => JSON.stringify([cwd, args]))
  for (const group of groups.values()) {
    const { cwd, args } = group[0]!
    const all = group.flatMap((each) => each.packages)
    const filters = args.includes('run')
      ? all.map(({ dir }) => `${relative(cwd, dir)}/`).filter((f) => f !== '/')
      : []
    const passed = await run(cwd, [...args, ...filters], json)
    for (const found of all) tested.push({ ...found, state: passed ? 'passed' : 'failed' })
  }
  return packages.map(({ dir }) => tested.find((each) => each.dir === dir)!)
}

/** The command, or why there is none. */
function commandOf(found: PackageToTest): Command | string {
  const { dir } = found
  const manifest = JSON.parse(readFileSync(join(dir, 'package.json'), 'utf8')) as {
    readonly scripts?: Readonly<Record<string, string>>
  }
  const script = manifest.scripts?.['test']
  // The script may be this command itself.
  if (script !== undefined && !script.includes('levada test'))
    return { cwd: dir, args: ['--run', 'test'], packages: [found] }
  const tests = globSync('{src,test,tests}/**/*.{test,spec}.{ts,mts,js,mjs}', { cwd: dir })
  if (tests.length === 0) return 'there is no test: write one in test/<name>.test.ts'
  const vitest = vitestFrom(dir)
  if (vitest === undefined)
    return 'Vitest is not installed here, and package.json has no script test: npm install --save-dev vitest'
  return { cwd: configured(dir), args: [vitest, 'run'], packages: [found] }
}

function vitestFrom(dir: string): string | undefined {
  try {
    const manifest = createRequire(join(dir, 'package.json')).resolve('vitest/package.json')
    const { bin } = JSON.parse(readFileSync(manifest, 'utf8')) as { bin: string | { vitest: string } }
    return join(dirname(manifest), typeof bin === 'string' ? bin : bin.vitest)
  } catch {
    return undefined
  }
}

/** The nearest folder with a configuration of Vitest; the package itself when there is none. */
function configured(start: string): string {
  for (let dir = start; ; dir = dirname(dir)) {
    if (
      ['ts', 'mts', 'js', 'mjs'].some((ext) =>
        ['vitest', 'vite'].some((name) => existsSync(join(dir, `${name}.config.${ext}`))),
      )
    )
      return dir
    if (dir === dirname(dir)) return start
  }
}

function run(cwd: string, args: readonly string[], json: boolean): Promise<boolean> {
  const child = childProcess.spawn(process.execPath, args, {
    cwd,
    stdio: ['ignore', json ? 2 : 'inherit', 'inherit'],
  })
  return new Promise((done, failed) => {
    child.on('error', failed)
    child.on('exit', (code) => done(code === 0))
  })
}
