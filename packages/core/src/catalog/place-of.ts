import type { Dataset } from '../dataset/index.ts'
import { isLevadaError } from '../errors/index.ts'

/** A place of its own in all the world: an address names a server as one environment does. */
export async function placeOf(dataset: Dataset): Promise<string> {
  try {
    const location = await dataset.emptyLocation()
    return location.kind === 'table' ? JSON.stringify([location.system, location.name]) : dataset.address
  } catch (error) {
    // A server that is not described is told where it is opened.
    if (isLevadaError(error)) return dataset.address
    throw error
  }
}
