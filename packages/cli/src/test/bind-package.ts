import {
  bindPipeline,
  importFrom,
  loadApp,
  loadPipeline,
  openApp,
  packageContract,
  toLevadaErrors,
  type PipelineBound,
} from '@levada/core/run'
import type { Engine } from '@levada/core/spi'
import type { AppOptions } from '../app.ts'
import type { PackageToTest } from './packages.ts'

/** What one engine says of the SQL of a package. */
export interface EngineBound extends PipelineBound {
  /** Its name; undefined when there is none of the dialect. */
  readonly engine: string | undefined
  readonly dialect: string
}

type Pipeline = Awaited<ReturnType<typeof loadPipeline>>
const nothing = { bound: 0, errors: [] } as const

/**
 * Binds the SQL of a package in DuckDB, in the engines that apps of the workspace compute its assets with, and says for
 * which dialects that it has SQL of there is no engine.
 */
export async function bindPackage(
  { dir, apps }: PackageToTest,
  { env }: AppOptions,
): Promise<readonly EngineBound[]> {
  const pipeline = await loadPipeline(dir)
  const found = [await inDuckdb(pipeline, dir)]
  for (const app of apps) found.push(...(await inApp(pipeline, app, env, found)))
  const { dialects } = await packageContract(pipeline, dir)
  for (const dialect of dialects)
    if (!found.some((each) => each.dialect === dialect && each.engine !== undefined))
      found.push({
        ...nothing,
        engine: undefined,
        dialect,
        notBound: [`it has SQL of its own for ${dialect}, and no app of the workspace computes it there`],
      })
  return found
}

async function inDuckdb(pipeline: Pipeline, dir: string): Promise<EngineBound> {
  const named = { engine: 'duckdb', dialect: 'duckdb' }
  let engine: Engine
  try {
    const { testEngine } = await importFrom(dir, '@levada/testing/pipeline')
    engine = await (testEngine as () => Promise<Engine>)()
  } catch (error) {
    const { code, message } = error as { readonly code?: string; readonly message: string }
    const why =
      code === 'ERR_MODULE_NOT_FOUND' && message.includes("'@levada/testing'")
        ? '@levada/testing is not installed here: npm install --save-dev @levada/testing'
        : message
    return { ...nothing, ...named, notBound: [why] }
  }
  const engines = { nameFor: () => 'duckdb', get: async () => engine }
  return { ...named, ...reasons(await bindPipeline(pipeline, engines, process.cwd())) }
}

/** In each engine of an app that is another one than those that are `bound` already. */
async function inApp(
  pipeline: Pipeline,
  appDir: string,
  env: string | undefined,
  bound: readonly EngineBound[],
): Promise<readonly EngineBound[]> {
  const named = (engine: string, dialect = engine) => ({ engine, dialect })
  try {
    await using session = await openApp(await loadApp(appDir), {
      appDir,
      ...(env !== undefined && { env }),
    })
    const { engines } = session
    const assets = pipeline.nodes.flatMap(({ outputs }) => Object.values(outputs).map(({ name }) => name))
    const names = new Set(assets.map((name) => engines.nameFor(name)))
    const found: EngineBound[] = []
    for (const name of names) {
      if (bound.some(({ engine }) => engine === name)) continue
      // What it computes, and nothing of what other engines do.
      const own = pipeline.nodes.filter(({ outputs }) =>
        Object.values(outputs).some((asset) => engines.nameFor(asset.name) === name),
      )
      const only = { ...pipeline, nodes: own }
      const engine = await engines.get(name).catch((error: unknown) => toLevadaErrors(error)[0]!.message)
      if (typeof engine === 'string') {
        found.push({ ...nothing, ...named(name), notBound: [engine] })
        continue
      }
      const result = await bindPipeline(only, { nameFor: () => name, get: engines.get }, process.cwd())
      found.push({ ...named(name, engine.dialect.name), ...reasons(result) })
    }
    return found
  } catch (error) {
    return toLevadaErrors(error).map(({ message }) => ({ ...nothing, ...named(appDir), notBound: [message] }))
  }
}

/** Reasons without what they are of: it is the same for all. */
const reasons = (bound: PipelineBound): PipelineBound => ({
  ...bound,
  notBound: [...new Set(bound.notBound.map((text) => text.replace(/^[^:]*: /, '')))],
})
