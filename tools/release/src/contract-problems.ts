import { existsSync, mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { tryExec } from './exec.ts'

/** A package that was unpacked. */
export interface Unpacked {
  readonly name: string
  readonly folder: string
}

const script = `
import { readFileSync } from 'node:fs'
import { isDeepStrictEqual } from 'node:util'
import { packageContract } from '@levada/core/run'

for (const [name, folder] of JSON.parse(process.argv[2])) {
  const text = readFileSync(folder + '/contract.json', 'utf8')
  const said = JSON.parse(text)
  const { default: pipeline } = await import(name)
  const contract = await packageContract(pipeline, folder, said)
  if (text === JSON.stringify(contract, null, 2) + '\\n') continue
  const is = JSON.parse(JSON.stringify(contract))
  const parts = Object.keys({ ...said, ...is }).filter((key) => !isDeepStrictEqual(said[key], is[key]))
  console.log(name + ': contract.json is not what the package does: ' + (parts.join(', ') || 'its form') + ' differ')
}
`

/**
 * Sentences about unpacked pipeline packages whose `contract.json` is not that of their compiled code. They are imported with the
 * unpacked core beside them.
 * @param others folders of packages that they need and that are not ours
 * @param temp is emptied
 */
export async function contractProblems(
  packages: readonly Unpacked[],
  others: Readonly<Record<string, string>>,
  temp: string,
): Promise<string[]> {
  rmSync(temp, { recursive: true, force: true })
  const places = { ...Object.fromEntries(packages.map(({ name, folder }) => [name, folder])), ...others }
  for (const [name, folder] of Object.entries(places)) {
    const link = join(temp, 'node_modules', name)
    mkdirSync(dirname(link), { recursive: true })
    symlinkSync(folder, link)
  }
  writeFileSync(join(temp, 'contracts.mjs'), script)
  const pipelines = packages.filter(({ folder }) => existsSync(join(folder, 'contract.json')))
  const pairs = JSON.stringify(pipelines.map(({ name, folder }) => [name, folder]))
  const options = ['--preserve-symlinks', '--preserve-symlinks-main', 'contracts.mjs', pairs]
  const { exitCode, stdout, stderr } = await tryExec(process.execPath, options, { cwd: temp })
  return exitCode === 0 ? stdout.split('\n').filter((line) => line !== '') : [stderr]
}
