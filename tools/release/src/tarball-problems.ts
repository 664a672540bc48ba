import { statSync } from 'node:fs'
import { tryExec } from './exec.ts'
import { inspect } from './inspect.ts'
import type { Expected } from './inspect.ts'
import { root } from './packages.ts'
import { sizeProblems } from './size-limits.ts'

/** Everything that publint, attw, our own inspection and the table of sizes have to say of a packed package. */
export async function tarballProblems(
  name: string,
  tarball: string,
  files: ReadonlyMap<string, string>,
  expected: Expected,
): Promise<string[]> {
  // Type declarations mean nothing to a JSON file.
  const json = expected.contract ? ['--exclude-entrypoints', './contract.json'] : []
  const reports = await Promise.all([
    report('publint', ['run', tarball, '--strict']),
    report('attw', [tarball, '--profile', 'esm-only', ...json]),
  ])
  return [...inspect(files, expected), ...sizeProblems(name, statSync(tarball).size), ...reports.flat()]
}

async function report(command: string, args: readonly string[]): Promise<string[]> {
  const { exitCode, stdout, stderr } = await tryExec(`node_modules/.bin/${command}`, args, { cwd: root })
  return exitCode === 0 ? [] : [`${command}:\n${stdout}${stderr}`]
}
