import type { Graph } from '../app/index.ts'
import type { Catalog } from '../catalog/index.ts'
import { LevadaError, toLevadaErrors } from '../errors/index.ts'
import { runCommand } from '../plan/index.ts'

interface Context {
  readonly catalog: Catalog
  readonly graph: Graph
  readonly env: string
}

/** A file that Levada wrote is not repaired by hand: an error about one says how to build it again. */
export function rebuildHint(error: LevadaError, { catalog, graph, env }: Context): LevadaError {
  if (error.code !== 'DATA_MISSING' && error.code !== 'DATA_UNREADABLE') return error
  for (const name of graph.producers.keys()) {
    const { dataset } = catalog.entry(name)
    if (dataset.capabilities.versioned !== true || !error.message.includes(dataset.address)) continue
    const { code, message, place } = error
    return new LevadaError(code, message, {
      hint: `Build it again: ${runCommand(name, env)} --force`,
      cause: error,
      ...(place && { place }),
    })
  }
  return error
}

/** Runs something that reads assets, and gives its errors that hint. */
export async function withRebuildHint<T>(context: Context, read: () => Promise<T>): Promise<T> {
  try {
    return await read()
  } catch (error) {
    const found = toLevadaErrors(error)
    const [first] = found
    throw found.length === 1 && first && first.code !== 'INTERNAL' ? rebuildHint(first, context) : error
  }
}
