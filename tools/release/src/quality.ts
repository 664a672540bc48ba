// Packs every public package as it is built, and has publint, attw and our own inspection look at the tarballs.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expectedOf, packAll, publicPackages, root, unpack } from './packages.ts'
import { tarballProblems } from './tarball-problems.ts'

const temp = mkdtempSync(join(tmpdir(), 'levada-quality-'))
process.on('exit', () => rmSync(temp, { recursive: true }))

const packages = publicPackages(root)
await packAll(root, temp)
const problems = await Promise.all(
  packages.map(async (each) => {
    const tarball = join(temp, each.tarball)
    return tarballProblems(each.name, tarball, await unpack(tarball, temp), expectedOf(root, each))
  }),
)
for (const [index, { name }] of packages.entries()) {
  const found = problems[index] ?? []
  console.log(`${found.length > 0 ? 'FAILED' : 'ok'}  ${name}`)
  for (const problem of found) console.log(problem.replaceAll(/^/gm, '    '))
}
process.exitCode = problems.flat().length > 0 ? 1 : 0
