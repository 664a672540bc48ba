import type { App } from '../app/index.ts'
import type { Config, MapNode } from '../config/index.ts'
import { LevadaError } from '../errors/index.ts'

/** The services of an app. Each is set up when a step first asks for it, and torn down at the end. */
export function openResources(
  app: App,
  config: Config,
): { get: (name: string) => Promise<unknown>; close: () => Promise<void> } {
  const open = new Map<string, Promise<unknown>>()
  const section = config.section('resources')
  const setup = async (name: string): Promise<unknown> => {
    const definition = app.resources[name]!
    const node: MapNode | ReturnType<Config['resolve']> = section.entries.get(name)?.value ?? {
      ...section,
      entries: new Map(),
    }
    const settings = config.read(node, definition.config as never)
    try {
      return await definition.setup(settings as never)
    } catch (cause) {
      const why = cause instanceof Error ? cause.message : String(cause)
      throw new LevadaError(
        'RESOURCE_FAILED',
        `Resource '${name}' could not be set up: ${config.redact(why)}`,
        { cause, place: node.origin },
      )
    }
  }
  return {
    get(name) {
      const known = open.get(name) ?? setup(name)
      open.set(name, known)
      return known
    },
    async close() {
      for (const [name, value] of open) {
        const settled = await Promise.resolve(value).then(
          (v) => ({ v }),
          () => undefined,
        )
        if (settled) await app.resources[name]!.teardown?.(settled.v as never)
      }
      open.clear()
    },
  }
}
