import { existsSync, realpathSync } from 'node:fs'
import { basename, dirname, join, resolve, sep } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Contract } from '../app/index.ts'
import { isLevadaError } from '../errors/index.ts'
import type { AnyNode, AnyPipeline } from '../pipeline/index.ts'
import { authorPlace } from '../plan/index.ts'
import { isPipelinePackage, pipelinePackages, readContract } from './generate.ts'

/** Where a pipeline was written. */
export type Home =
  /** Installed from a registry: what it is made of does not change. */
  | { readonly kind: 'installed'; readonly dir: string; readonly contract: Contract | undefined }
  /** A package of the workspace, or the app itself: its source may change. */
  | { readonly kind: 'source'; readonly dir: string; readonly entries: readonly string[] | undefined }

const configs = ['levada.config.ts', 'levada.config.js', 'levada.config.mjs']

/** Finds the packages that the pipelines of an app come from. */
export function homesIn(appDir: string): (pipeline: AnyPipeline) => Home {
  const app = realpathSync(appDir)
  let packages: ReadonlyMap<string, Home> | undefined
  return (pipeline) => {
    const dir = folderOf(pipeline, app)
    if (dir === app) return { kind: 'source', dir: app, entries: configs }
    const known = (packages ??= homesByName(app)).get(pipeline.name)
    if (known) return known
    // Of no direct dependency.
    if (dir === undefined) return { kind: 'source', dir: app, entries: configs }
    if (!isInstalled(dir))
      return {
        kind: 'source',
        dir,
        entries: isPipelinePackage(dir) ? undefined : ['src/index.ts', 'index.ts'],
      }
    return { kind: 'installed', dir, contract: contractIn(dir) }
  }
}

const isInstalled = (dir: string): boolean => dir.split(sep).includes('node_modules')

function contractIn(dir: string): Contract | undefined {
  const contract = readContract(dir, dir, false)
  return isLevadaError(contract) ? undefined : contract
}

/** By the name of their pipeline. */
function homesByName(app: string): ReadonlyMap<string, Home> {
  return new Map(
    pipelinePackages(app).map(({ dir, source }): [string, Home] => {
      const contract = contractIn(dir)
      return source && !isInstalled(dir)
        ? [contract?.name ?? basename(dir), { kind: 'source', dir, entries: undefined }]
        : [contract?.name ?? basename(dir), { kind: 'installed', dir, contract }]
    }),
  )
}

/** The folder of the package that the first node with a place stands in. */
function folderOf(pipeline: AnyPipeline, app: string): string | undefined {
  for (const node of pipeline.nodes) {
    const file = fileOf(node, app)
    if (file === undefined) continue
    for (let dir = dirname(file); ; dir = dirname(dir)) {
      if (dir === app || existsSync(join(dir, 'package.json'))) return dir
      if (dir === dirname(dir)) return undefined
    }
  }
  return undefined
}

function fileOf({ work }: AnyNode, app: string): string | undefined {
  if (work.kind === 'sql' && work.sql.kind === 'file') return fileURLToPath(work.sql.href)
  const stack = work.kind === 'function' ? work.stack : work.sql.kind === 'inline' ? work.sql.sql.stack : ''
  const place = authorPlace(stack, app)
  return place && resolve(app, place.file.replace(/\?.*$/, ''))
}
