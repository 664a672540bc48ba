import type { z } from 'zod'
import { LevadaError, throwAll } from '../errors/index.ts'
import { alikeReader, type AlikeReader } from './alike.ts'
import { explainPath, type Explanation } from './explain.ts'
import { configFiles, type ConfigFile } from './files.ts'
import { checkEnvironment, checkRoot, readLayer, type LayerFiles } from './layers.ts'
import { emptyMap } from './lookup.ts'
import { mergeMaps } from './merge.ts'
import type { ConfigNode, MapNode, Origin } from './node.ts'
import { readNode } from './read.ts'
import { createRedactor, type Redact, type Redactor } from './redact.ts'
import { resolveNode, type Scope } from './resolve.ts'
import type { Schema } from './schema-walk.ts'

export interface LoadOptions {
  /** The folder that holds conf/. */
  readonly appDir: string
  readonly env: string
  readonly processEnv: Readonly<Record<string, string | undefined>>
}

export interface ResolveOptions {
  /** Gets each error instead of having them thrown; the node is then marked as failed where they are. */
  readonly report?: (error: LevadaError) => void
}

/** The merged configuration of one environment. Nothing is interpolated before it is resolved or read. */
export interface Config {
  readonly appDir: string
  readonly env: string
  /** Whether environment.yml protects the environment, so that conf/local was left out. */
  readonly protected: boolean
  /** The merged content of one file, not interpolated; an empty map when no layer has it. */
  readonly section: (file: ConfigFile) => MapNode
  /** @throws CONFIG_INTERPOLATION, CREDENTIAL_MISSING: all at once, unless `report` takes them. */
  resolve(node: ConfigNode, options?: ResolveOptions): ConfigNode
  /**
   * Resolves and validates a node.
   *
   * @throws CONFIG_INVALID, CONFIG_INTERPOLATION, CREDENTIAL_MISSING: all at once
   */
  read<S extends Schema>(node: ConfigNode, schema: S): z.output<S>
  /**
   * A reader of entries that differ from each other in the bindings of their pattern alone; undefined when they may differ in more.
   * @param entry of the pattern, bound to {@link marks}
   */
  readAlike<S extends Schema>(entry: ConfigNode, schema: S): AlikeReader<S> | undefined
  /** Takes every secret that was resolved or read so far out of a text, or out of all texts in a value. */
  readonly redact: Redact
  /** Makes a value, or all values in it, secrets. */
  readonly hide: (value: unknown) => void
  /** Where a value came from: `catalog.aviation.flights.path`; undefined when there is nothing. */
  explain(path: string): Explanation | undefined
}

/**
 * Reads and merges conf/base, conf/<env> and, unless the environment is protected, conf/local.
 *
 * @throws ENV_UNKNOWN, CONFIG_SYNTAX, CONFIG_INVALID, CONFIG_FILE_UNKNOWN, CREDENTIAL_PLACE: all of every file at once
 */
export function loadConfig({ appDir, env, processEnv }: LoadOptions): Config {
  checkEnvironment(appDir, env)
  const errors = checkRoot(appDir)
  const redactor = createRedactor()
  const conf = { appDir, redact: redactor.redact }
  const layers = [readLayer(conf, 'base', errors), readLayer(conf, env, errors)]
  const isProtected = readProtected(layers, errors)
  if (!isProtected) {
    const local = readLayer(conf, 'local', errors)
    refuseLocalProtected(local, errors)
    layers.push(local)
  }
  throwAll(errors)

  const sections = new Map(configFiles.map((file) => [file, mergeLayers(file, layers)]))
  const scope: Scope = { appDir, processEnv, isProtected, redactor, section: (file) => sections.get(file)! }
  const harmless = new WeakSet<Origin>()
  return {
    appDir,
    env,
    protected: isProtected,
    section: scope.section,
    redact: redactor.redact,
    hide: (value) => hide(value, redactor),
    explain: (path) => explainPath(path, scope, harmless),
    resolve(node, { report } = {}) {
      const found: LevadaError[] = []
      const resolved = resolveNode(node, scope, report ?? ((error) => found.push(error)))
      throwAll(found)
      return resolved
    },
    read(node, schema) {
      const found: LevadaError[] = []
      const resolved = resolveNode(node, scope, (error) => found.push(error))
      const result = readNode(resolved, schema, redactor, harmless)
      throwAll([...found, ...result.errors])
      return result.value as z.output<typeof schema>
    },
    readAlike: (entry, schema) =>
      alikeReader(
        resolveNode(entry, scope, () => {}),
        schema,
      ),
  }
}

function hide(value: unknown, redactor: Redactor): void {
  if (typeof value !== 'object' || value === null) redactor.add(value)
  else for (const inner of Object.values(value)) hide(inner, redactor)
}

function mergeLayers(file: ConfigFile, layers: readonly LayerFiles[]): MapNode {
  const found = layers.map((layer) => layer.get(file)).filter((map) => map !== undefined)
  return found.length > 0 ? found.reduce(mergeMaps) : emptyMap(file, `conf/base/${file}.yml`, 'base')
}

/** Decides before interpolation, so it has to be written out; in doubt the environment counts as protected. */
function readProtected(layers: readonly LayerFiles[], errors: LevadaError[]): boolean {
  const node = mergeLayers('environment', layers).entries.get('protected')?.value
  if (node === undefined) return false
  if (node.kind === 'scalar' && typeof node.value === 'boolean') return node.value
  errors.push(
    new LevadaError('CONFIG_INVALID', 'environment.protected: expected true or false, written out.', {
      place: node.origin,
    }),
  )
  return true
}

function refuseLocalProtected(local: LayerFiles, errors: LevadaError[]): void {
  const entry = local.get('environment')?.entries.get('protected')
  if (!entry) return
  errors.push(
    new LevadaError(
      'CONFIG_INVALID',
      'environment.protected cannot be set in conf/local, which a protected environment leaves out.',
      {
        place: entry.key,
        hint: 'Set it in conf/<env>/environment.yml.',
      },
    ),
  )
}
