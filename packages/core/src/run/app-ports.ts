import { existsSync, readFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { appPortsHeading, appPortsText, outlineOf, type App, type PipelineUse } from '../app/index.ts'
import { LevadaError } from '../errors/index.ts'
import { originalOf, renamedAssets, type AnyPipeline } from '../pipeline/index.ts'
import { generatedFile, pipelinePackages, readContract, type GeneratedFile } from './generate.ts'

/**
 * What `ports.ts` beside `levada.config.ts` has to be: the types of the pipelines that the app uses under other names. Nothing
 * when there are none and were none.
 * @throws FILE_EXISTS when somebody wrote the file by hand
 */
export function appPorts({ pipelines }: Pick<App, 'pipelines'>, appDir: string): readonly GeneratedFile[] {
  if (!existsSync(join(appDir, 'levada.config.ts'))) return []
  const used = pipelines.filter((pipeline) => originalOf(pipeline) !== pipeline)
  const file = join(appDir, 'ports.ts')
  const there = existsSync(file)
  const own = there && readFileSync(file, 'utf8').startsWith(appPortsHeading)
  if (used.length === 0 && !own) return []
  if (there && !own)
    throw new LevadaError(
      'FILE_EXISTS',
      'ports.ts was not generated, and the types of the pipelines that the app uses under other names go there.',
      { place: { file: relative(process.cwd(), file) }, hint: 'Give your file another name.' },
    )
  const packages = packagesByPipeline(appDir)
  const use = (pipeline: AnyPipeline): PipelineUse => ({
    outline: outlineOf(pipeline),
    assets: renamedAssets(pipeline),
    from: packages.get(originalOf(pipeline).name),
  })
  return [generatedFile(file, appPortsText(used.map(use)), 'app')]
}

/** The packages that export their `Ports`, by the names of their pipelines. */
function packagesByPipeline(appDir: string): ReadonlyMap<string, string> {
  const found = new Map<string, string>()
  for (const { name, dir, source } of pipelinePackages(appDir)) {
    const contract = readContract(dir, appDir, source)
    if (contract && 'name' in contract && 'nodes' in contract && exportsPorts(dir))
      found.set(contract.name, name)
  }
  return found
}

const roots = ['src/index.ts', 'dist/index.d.ts']

/** Whether the root of a package says `export type * from './ports.ts'` or names `Ports`. */
const exportsPorts = (dir: string): boolean =>
  roots.some(
    (root) =>
      existsSync(join(dir, root)) &&
      /\bPorts\b|['"]\.\/ports(\.[jt]s)?['"]/.test(readFileSync(join(dir, root), 'utf8')),
  )
