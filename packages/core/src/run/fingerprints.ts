import { allChecks, type AnyAsset } from '../asset/index.ts'
import { checkContract, type App, type GraphNode } from '../app/index.ts'
import type { Engines } from '../catalog/index.ts'
import type { Fingerprint } from '../dataset/index.ts'
import { originalOf, viewsBelow, type AnyNode, type AnyPipeline } from '../pipeline/index.ts'
import type { Fingerprints, ParamValues } from '../plan/index.ts'
import { sha256 } from '../dataset/sha256.ts'
import { homesIn, type Home } from './home-of.ts'
import { openModuleCache, type ModuleCache } from './module-cache.ts'
import { dataOf, fingerprintOf, sqlFilesOf } from './package-facts.ts'
import { appPackages, packagesBelow } from './packages-below.ts'
import { sourceFingerprint } from './source-fingerprint.ts'

export interface FingerprintsOptions {
  readonly app: App
  readonly appDir: string
  readonly engines: Engines
  readonly params: ParamValues
  readonly redact: (text: string) => string
}

const plain = (_: string, value: unknown): unknown => (typeof value === 'bigint' ? `${value}n` : value)

/** As JSON; 64-bit integers with an `n`. */
function textOf(value: unknown): string {
  try {
    return JSON.stringify(value) ?? 'undefined'
  } catch {
    // To be asked about each value takes longer.
    return JSON.stringify(value, plain)
  }
}

const digestOf = (text: string): string => sha256(text).slice(0, 16)

/** A pipeline as far as the fingerprints of its nodes need it. */
interface Origin {
  readonly code: (name: string) => Promise<string>
  /** Packages that its function nodes may use beside those of the app. */
  readonly below: () => Readonly<Record<string, string>>
}

export function openFingerprints({
  app,
  appDir,
  engines,
  params,
  redact,
}: FingerprintsOptions): Fingerprints {
  const origins = new Map<string, Origin>()
  const assets = new Map<AnyAsset, Pick<Fingerprint, 'schema' | 'checks'>>()
  const digests = new Map<string, string>()
  /** Many assets have checks, or columns, like those of others. */
  const digest = (value: unknown): string => {
    const text = textOf(value)
    const known = digests.get(text) ?? digestOf(text)
    digests.set(text, known)
    return known
  }
  /** Of assets without checks of their own, which follow from columns and key. */
  const implied = new Map<string, string>()
  const checksOf = (output: AnyAsset, schema: string): string => {
    if (output.checks.length > 0) return digest(allChecks(output).map(checkContract))
    const from = [schema, ...output.key].join('\n')
    const known = implied.get(from) ?? digest(allChecks(output).map(checkContract))
    implied.set(from, known)
    return known
  }
  const declaredBy = (output: AnyAsset | undefined): Pick<Fingerprint, 'schema' | 'checks'> => {
    const schema = output ? digest([output.columns.map(dataOf), output.partitions]) : ''
    return { schema, checks: output ? checksOf(output, schema) : '' }
  }
  const nodes = new Map<GraphNode, Promise<Omit<Fingerprint, 'schema' | 'checks'>>>()
  let homeOf: ((pipeline: AnyPipeline) => Home) | undefined
  let cache: ModuleCache | undefined
  let installed: Readonly<Record<string, string>> | undefined

  const originOf = (pipeline: string): Origin => {
    const known = origins.get(pipeline)
    if (known) return known
    const original = originalOf(app.pipelines.find(({ name }) => name === pipeline)!)
    const made = openOrigin(
      original,
      (homeOf ??= homesIn(appDir))(original),
      () => (cache ??= openModuleCache(appDir)),
    )
    origins.set(pipeline, made)
    return made
  }

  const ofNode = async ({ node, pipeline }: GraphNode): Promise<Omit<Fingerprint, 'schema' | 'checks'>> => {
    const { code, below } = originOf(pipeline)
    installed ??= appPackages(appDir)
    return {
      code: (await code(node.name)).slice(0, 16),
      engine: engines.typeFor(engines.nameFor(Object.values(node.outputs)[0]?.name)),
      params: paramsOf(node, params[pipeline] ?? {}, redact),
      packages: usesModules(node) ? { ...installed, ...below() } : installed,
    }
  }

  return {
    async of(node, output) {
      const made = nodes.get(node) ?? ofNode(node)
      nodes.set(node, made)
      const declared = (output && assets.get(output)) ?? declaredBy(output)
      if (output) assets.set(output, declared)
      const { code, engine, params: values, packages } = await made
      return { code, ...declared, engine, params: values, packages }
    },
  }
}

/** The author's word for the code stands for all that it uses. */
const usesModules = ({ work }: AnyNode): boolean => work.kind === 'function' && work.version === undefined

function openOrigin(pipeline: AnyPipeline, home: Home, cache: () => ModuleCache): Origin {
  const byName = new Map(pipeline.nodes.map((node) => [node.name, node]))
  let below: Readonly<Record<string, string>> | undefined
  let source: Promise<string> | undefined
  const modules = (): Promise<string> =>
    (source ??=
      home.kind === 'source'
        ? sourceFingerprint(home.dir, sqlFilesOf(pipeline), { entries: home.entries, cache: cache() })
        : Promise.resolve('installed'))
  const told = new Map(
    home.kind === 'installed' ? home.contract?.nodes.map(({ name, fingerprint }) => [name, fingerprint]) : [],
  )
  return {
    code: async (name) => told.get(name) ?? fingerprintOf(byName.get(name)!, home.dir, modules),
    below: () => (below ??= packagesBelow(home.dir)),
  }
}

/** What is secret counts by its name only: a digest of few characters tells them. */
function paramsOf(
  node: AnyNode,
  values: Readonly<Record<string, unknown>>,
  redact: (text: string) => string,
): Readonly<Record<string, string>> {
  const own = [node, ...viewsBelow(Object.values(node.inputs))].flatMap(({ params }) => Object.keys(params))
  return Object.fromEntries(
    [...new Set(own)].toSorted().map((name) => {
      const text = textOf(values[name])
      return [name, redact(text) === text ? digestOf(JSON.stringify(text)) : 'secret']
    }),
  )
}
