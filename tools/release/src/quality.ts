// Packs every public package as it is built, and has publint, attw and our own inspection look at the tarballs.
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { exec, tryExec } from './exec.ts'
import { inspect } from './inspect.ts'
import { expectedOf, publicPackages, root, unpack } from './packages.ts'
import type { PublicPackage } from './packages.ts'

const temp = mkdtempSync(join(tmpdir(), 'levada-quality-'))
process.on('exit', () => rmSync(temp, { recursive: true }))

const packages = publicPackages(root)
const problems = await Promise.all(packages.map(problemsOf))
for (const [index, { name }] of packages.entries()) {
  const found = problems[index] ?? []
  console.log(`${found.length > 0 ? 'FAILED' : 'ok'}  ${name}`)
  for (const problem of found) console.log(problem.replaceAll(/^/gm, '    '))
}
process.exitCode = problems.flat().length > 0 ? 1 : 0

async function problemsOf(each: PublicPackage): Promise<string[]> {
  const folder = join(temp, each.dir.replaceAll('/', '-'))
  await exec('pnpm', ['pack', '--pack-destination', folder], { cwd: join(root, each.dir) })
  const tarball = join(folder, readdirSync(folder)[0] ?? '')
  const expected = expectedOf(root, each)
  // Type declarations mean nothing to a JSON file.
  const json = expected.contract ? ['--exclude-entrypoints', './contract.json'] : []
  const reports = await Promise.all([
    report('publint', ['run', tarball, '--strict']),
    report('attw', [tarball, '--profile', 'esm-only', ...json]),
  ])
  return [...inspect(await unpack(tarball, temp), expected), ...reports.flat()]
}

async function report(command: string, args: readonly string[]): Promise<string[]> {
  const { exitCode, stdout, stderr } = await tryExec(command, args, { cwd: root })
  return exitCode === 0 ? [] : [`${command}:\n${stdout}${stderr}`]
}
