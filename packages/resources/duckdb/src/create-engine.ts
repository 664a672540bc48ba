import type { Engine, EngineContext } from '@levada/core/spi'
import { openDatabase } from './database.ts'
import type { DuckdbConfig } from './plugin.ts'

/** @throws RESOURCE_FAILED, STORAGE */
export async function createEngine(config: DuckdbConfig, context: EngineContext): Promise<Engine> {
  const opening = openDatabase(config, context)
  opening.catch(() => {})
  // Most of the package is loaded while DuckDB opens.
  const { engineOn, warmUp } = await import('./engine.ts')
  warmUp()
  return engineOn(await opening, config, context)
}
