import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { basename, dirname, join, relative } from 'node:path'
import { contractOf, portsText, type Contract } from '../app/index.ts'
import { LevadaError } from '../errors/index.ts'
import type { AnyPipeline } from '../pipeline/index.ts'
import { importModule } from './find-app.ts'

export interface GeneratedFile {
  /** Absolute. */
  readonly file: string
  readonly text: string
  /** Whether the file on disk differs. */
  readonly stale: boolean
}

const pipelineFiles = ['src/pipeline.ts', 'src/index.ts']
const contractFile = 'contract.json'
const portsFile = 'src/ports.ts'

/** Whether a folder holds the source of a pipeline package. */
export const isPipelinePackage = (dir: string): boolean =>
  existsSync(join(dir, 'package.json')) && existsSync(join(dir, 'src/pipeline.ts'))

/** The pipeline that a package's source exports. @throws PACKAGE_NOT_FOUND, MODULE_FAILED */
async function loadPipeline(dir: string): Promise<AnyPipeline> {
  for (const file of pipelineFiles) {
    if (!existsSync(join(dir, file))) continue
    const pipeline = (await importModule(join(dir, file))).default as AnyPipeline | undefined
    if (pipeline?.['~levada'] === 'pipeline@1') return pipeline
  }
  throw new LevadaError('PACKAGE_NOT_FOUND', `${dir} holds no pipeline package.`, {
    hint: 'Put the pipeline into src/pipeline.ts as its default export; src/index.ts re-exports it.',
  })
}

const contractText = (contract: Contract): string => `${JSON.stringify(contract, null, 2)}\n`

/** What `src/ports.ts` and `contract.json` of a package have to be. Nothing is written. */
export async function generatedFiles(dir: string): Promise<readonly GeneratedFile[]> {
  return filesOf(dir, await loadPipeline(dir))
}

function filesOf(dir: string, pipeline: AnyPipeline): readonly GeneratedFile[] {
  const contract = contractOf(pipeline)
  return [[portsFile, portsText(contract)] as const, [contractFile, contractText(contract)] as const].map(
    ([name, text]) => {
      const file = join(dir, name)
      return { file, text, stale: !existsSync(file) || readFileSync(file, 'utf8') !== text }
    },
  )
}

/** Writes what differs. */
export function writeGenerated(files: readonly GeneratedFile[]): void {
  for (const { file, text, stale } of files) if (stale) writeFileSync(file, text)
}

/** A stale file as an error at its first line that differs. */
export function staleError({ file, text }: GeneratedFile, root: string): LevadaError {
  const old = existsSync(file) ? readFileSync(file, 'utf8') : undefined
  const shown = relative(root, file)
  const name = basename(file)
  if (old === undefined)
    return new LevadaError('STALE_PORTS', `${name} does not exist.`, { place: { file: shown } })
  const [was, is] = [old.split('\n'), text.split('\n')]
  const at = is.findIndex((line, i) => line !== was[i])
  const i = at < 0 ? is.length : at
  return new LevadaError(
    'STALE_PORTS',
    `${name} does not match the source of the package: it should say '${(is[i] ?? '').trim()}'.`,
    {
      place: { file: shown, line: i + 1, column: 1, text: old },
    },
  )
}

/** A pipeline package that an app depends on. */
export interface InstalledPackage {
  readonly name: string
  readonly dir: string
  /** In a workspace, with its source; otherwise installed from a registry. */
  readonly source: boolean
}

/** The pipeline packages among an app's dependencies. */
export function pipelinePackages(appDir: string): readonly InstalledPackage[] {
  const file = join(appDir, 'package.json')
  if (!existsSync(file)) return []
  const { dependencies = {} } = JSON.parse(readFileSync(file, 'utf8')) as {
    dependencies?: Record<string, string>
  }
  const { resolve } = createRequire(file)
  return Object.keys(dependencies).flatMap((name) => {
    try {
      const dir = dirname(resolve(`${name}/package.json`))
      return existsSync(join(dir, contractFile)) || isPipelinePackage(dir)
        ? [{ name, dir, source: isPipelinePackage(dir) }]
        : []
    } catch {
      return []
    }
  })
}

/** Whether what is generated and committed in a package is what its pipeline says. */
export function checkGenerated(
  { dir, source }: InstalledPackage,
  pipelines: readonly AnyPipeline[],
  root: string,
): readonly LevadaError[] {
  const contract = existsSync(join(dir, contractFile))
    ? (JSON.parse(readFileSync(join(dir, contractFile), 'utf8')) as Contract)
    : undefined
  const pipeline =
    pipelines.find(({ name }) => name === contract?.name) ??
    (source ? pipelines.find(({ name }) => name === basename(dir)) : undefined)
  if (!pipeline) return []
  return filesOf(dir, pipeline)
    .filter(({ file, stale }) => stale && (source || basename(file) === contractFile))
    .map((generated) => staleError(generated, root))
}
