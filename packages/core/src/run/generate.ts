import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { basename, dirname, join, relative } from 'node:path'
import { contractFormat, portsText, type Contract } from '../app/index.ts'
import { jsonFault, LevadaError, positionAt, type ErrorCode } from '../errors/index.ts'
import { originalOf, type AnyPipeline } from '../pipeline/index.ts'
import { importModule } from './find-app.ts'
import { installedPipeline } from './installed-pipeline.ts'
import { packageContract } from './package-facts.ts'

export interface GeneratedFile {
  /** Absolute. */
  readonly file: string
  readonly text: string
  /** Whether the file on disk differs. */
  readonly stale: boolean
  readonly of: 'package' | 'app'
}

const pipelineFiles = ['src/pipeline.ts', 'src/index.ts']
const contractFile = 'contract.json'
const portsFile = 'src/ports.ts'

/** Whether a folder holds the source of a pipeline package. */
export const isPipelinePackage = (dir: string): boolean =>
  existsSync(join(dir, 'package.json')) && existsSync(join(dir, 'src/pipeline.ts'))

/** The pipeline that a package's source exports. @throws PACKAGE_NOT_FOUND, MODULE_FAILED */
export async function loadPipeline(dir: string): Promise<AnyPipeline> {
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
  const pipeline = await loadPipeline(dir)
  return filesOf(dir, await packageContract(pipeline, dir))
}

function filesOf(dir: string, contract: Contract): readonly GeneratedFile[] {
  return [
    generatedFile(join(dir, portsFile), portsText(contract), 'package'),
    generatedFile(join(dir, contractFile), contractText(contract), 'package'),
  ]
}

/** A file as it has to be, beside what it is. */
export const generatedFile = (file: string, text: string, of: GeneratedFile['of']): GeneratedFile => ({
  file,
  text,
  stale: !existsSync(file) || readFileSync(file, 'utf8') !== text,
  of,
})

/** Writes what differs. */
export function writeGenerated(files: readonly GeneratedFile[]): void {
  for (const { file, text, stale } of files) if (stale) writeFileSync(file, text)
}

/** A stale file as an error at its first line that differs. @param source whether it stands beside the source that it is of */
export function staleError({ file, text, of }: GeneratedFile, root: string, source = true): LevadaError {
  const old = existsSync(file) ? readFileSync(file, 'utf8') : undefined
  const shown = relative(root, file)
  const name = basename(file)
  if (old === undefined)
    return new LevadaError('STALE_PORTS', `${name} does not exist.`, { place: { file: shown } })
  const [was, is] = [old.split('\n'), text.split('\n')]
  const at = is.findIndex((line, i) => line !== was[i])
  const i = at < 0 ? is.length : at
  const what = name === contractFile ? contractChange(old, text) : portsChange(was, is, i)
  const truth = of === 'app' ? 'pipelines of the app' : `${source ? 'source' : 'code'} of the package`
  return new LevadaError('STALE_PORTS', `${name} does not match the ${truth}${what}.`, {
    place: { file: shown, line: i + 1, column: 1, text: old },
    ...(!source && { hint: 'Install the package again; if it is the same then, ask who published it.' }),
  })
}

/** What line of an interface is another, and of which asset. */
function portsChange(was: readonly string[], is: readonly string[], i: number): string {
  const asset = is
    .slice(0, i)
    .findLast((line) => line.startsWith('/** `') || line.startsWith('export interface Ports'))
  const of = / `?([^`]+)`/.exec(asset ?? '')?.[1]
  const inside = of === undefined ? '' : ` of '${of}'`
  const [new_ = '', old = ''] = [is[i]?.trim(), was[i]?.trim()]
  if (/\w/.test(new_)) return `: it should say '${new_}'${inside}`
  return /\w/.test(old) ? `: it should not say '${old}'${inside}` : ''
}

/** Where in a contract the first difference is, in words. */
function contractChange(old: string, text: string): string {
  if (jsonFault(old) !== undefined) return ''
  const found = difference(JSON.parse(old), JSON.parse(text))
  return found ? `: ${found.path.join(' › ')} ${found.what}` : ''
}

interface Difference {
  readonly path: readonly string[]
  readonly what: string
}

function difference(was: unknown, is: unknown): Difference | undefined {
  const [old, now] = [entriesOf(was), entriesOf(is)]
  if (!old || !now)
    return JSON.stringify(was) === JSON.stringify(is)
      ? undefined
      : { path: [], what: `should be ${shortened(JSON.stringify(is))}` }
  for (const key of new Set([...now.keys(), ...old.keys()])) {
    const found = !old.has(key)
      ? { path: [], what: 'is missing' }
      : now.has(key)
        ? difference(old.get(key), now.get(key))
        : { path: [], what: 'is no longer there' }
    if (found) return { path: [key, ...found.path], what: found.what }
  }
  return [...old.keys()].join() === [...now.keys()].join()
    ? undefined
    : { path: [], what: 'are in another order' }
}

const shortened = (text: string): string => (text.length > 200 ? `${text.slice(0, 200)}…` : text)

/** Items of a list go by their names. */
function entriesOf(value: unknown): ReadonlyMap<string, unknown> | undefined {
  if (typeof value !== 'object' || value === null) return undefined
  if (!Array.isArray(value)) return new Map(Object.entries(value))
  return new Map(
    value.map((item: unknown, i) => [String((item as { name?: unknown } | null)?.name ?? i), item]),
  )
}

/** A pipeline package that an app depends on. */
export interface InstalledPackage {
  readonly name: string
  readonly dir: string
  /** In a workspace, with its source; otherwise installed from a registry. */
  readonly source: boolean
}

/** The pipeline packages among an app's dependencies. @throws MODULE_FAILED when package.json is no JSON */
export function pipelinePackages(appDir: string): readonly InstalledPackage[] {
  const file = join(appDir, 'package.json')
  if (!existsSync(file)) return []
  const text = readFileSync(file, 'utf8')
  const at = jsonFault(text)
  if (at !== undefined)
    throw new LevadaError('MODULE_FAILED', 'package.json is not valid JSON.', {
      place: { file: relative(appDir, file), ...positionAt(text, at), text },
      hint: 'Correct the place that the message shows.',
    })
  const { dependencies } = (JSON.parse(text) ?? {}) as { dependencies?: Record<string, string> }
  const { resolve } = createRequire(file)
  return Object.keys(dependencies ?? {}).flatMap((name) => {
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

/** The contract of a package, if it has one; an error when it is none, or one that this core does not read. */
export function readContract(dir: string, root: string, source: boolean): Contract | LevadaError | undefined {
  const file = join(dir, contractFile)
  if (!existsSync(file)) return undefined
  const megabytes = statSync(file).size / 1024 / 1024
  if (megabytes > 10)
    return new LevadaError(
      'CONTRACT_INVALID',
      `${contractFile} has ${megabytes.toFixed(1)} MB; more than 10 MB are not read.`,
      { place: { file: relative(root, file) } },
    )
  const text = readFileSync(file, 'utf8')
  const fault = (code: ErrorCode, what: string, offset: number, hint?: string): LevadaError =>
    new LevadaError(code, `${contractFile} ${what}.`, {
      place: { file: relative(root, file), ...positionAt(text, offset), text },
      ...(hint !== undefined && { hint }),
    })
  const again = source ? undefined : 'Install the package again.'
  const at = jsonFault(text)
  if (at !== undefined) return fault('STALE_PORTS', 'is not valid JSON', at, again)
  const contract = JSON.parse(text) as Partial<Record<keyof Contract, unknown>> | null
  const { format, protocol, name } = contract ?? {}
  if (typeof name !== 'string' || format === undefined || protocol === undefined)
    return fault('STALE_PORTS', 'is no contract: it has no format, protocol and name', 0, again)
  const offset = (key: string): number => Math.max(0, text.indexOf(`"${key}"`))
  if (format !== contractFormat)
    return fault(
      'PROTOCOL',
      `has the format ${JSON.stringify(format)}; this core reads format ${contractFormat}`,
      offset('format'),
    )
  if (protocol !== 'pipeline@1')
    return fault(
      'PROTOCOL',
      `speaks ${JSON.stringify(protocol)}; this core speaks pipeline@1`,
      offset('protocol'),
    )
  return contract as Contract
}

/** What of the contracts of installed packages cannot be held against their code, as one sentence. */
export function unverified(installed: readonly InstalledPackage[], root: string): readonly string[] {
  const found = installed.flatMap(({ name, dir, source }) => {
    const contract = source ? undefined : readContract(dir, root, source)
    if (!contract || contract instanceof LevadaError || !Array.isArray(contract.nodes)) return []
    const nodes = contract.nodes.filter((node) => node?.kind === 'function').map((node) => node.name)
    return nodes.length === 0 ? [] : [`${name} (${nodes.join(', ')})`]
  })
  return found.length === 0
    ? []
    : [
        `Fingerprints of function nodes are made of source, which installed packages do not have: those of ${found.join(', ')} are believed as contract.json says them.`,
      ]
}

/** Whether what is generated and committed in a package is what its pipeline says. */
export async function checkGenerated(
  { dir, source }: InstalledPackage,
  pipelines: readonly AnyPipeline[],
  root: string,
): Promise<readonly LevadaError[]> {
  const contract = readContract(dir, root, source)
  if (contract instanceof LevadaError) return [contract]
  const originals = pipelines.map(originalOf)
  const pipeline =
    originals.find(({ name }) => name === contract?.name) ??
    // A contract that names another pipeline is none of this package.
    (source
      ? originals.find(({ name }) => name === basename(dir))
      : contract && (await installedPipeline(dir)))
  if (!pipeline) return []
  return filesOf(dir, await packageContract(pipeline, dir, source ? undefined : contract))
    .filter(({ file, stale }) => stale && (source || basename(file) === contractFile))
    .map((generated) => staleError(generated, root, source))
}
