import type { App } from '../app/index.ts'
import type { Config, ConfigNode } from '../config/index.ts'
import { LevadaError, toLevadaErrors } from '../errors/index.ts'

/** The services of an app. Each is set up when a step first asks for it, and torn down at the end. */
export function openResources(
  app: App,
  config: Config,
): {
  get: (name: string) => Promise<unknown>
  /** What is wrong with their settings; none is set up. */
  checkAll: () => readonly LevadaError[]
  close: () => Promise<void>
} {
  const open = new Map<string, Promise<unknown>>()
  const section = config.section('resources')
  const nodeOf = (name: string): ConfigNode =>
    section.entries.get(name)?.value ?? { ...section, entries: new Map() }
  const read = (name: string): unknown => config.read(nodeOf(name), app.resources[name]!.config as never)
  const setup = async (name: string): Promise<unknown> => {
    const settings = read(name)
    try {
      return await app.resources[name]!.setup(settings as never, { root: config.appDir })
    } catch (cause) {
      const why = cause instanceof Error ? cause.message : String(cause)
      throw new LevadaError(
        'RESOURCE_FAILED',
        `Resource '${name}' could not be set up: ${config.redact(why)}`,
        { cause, place: nodeOf(name).origin },
      )
    }
  }
  return {
    get(name) {
      const known = open.get(name) ?? setup(name)
      open.set(name, known)
      return known
    },
    checkAll() {
      const errors: LevadaError[] = []
      for (const name of Object.keys(app.resources)) {
        try {
          read(name)
        } catch (error) {
          errors.push(...toLevadaErrors(error))
        }
      }
      return errors
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
