import { matchEntry, type Config, type ConfigNode, type MapNode } from '../config/index.ts'
import type { Engine } from '../engine/index.ts'
import {
  didYouMean,
  isLevadaError,
  LevadaError,
  placed,
  toLevadaErrors,
  type Place,
} from '../errors/index.ts'
import { splitType } from './catalog.ts'
import type { EngineType, Plugin } from './plugin.ts'

/** Which engine computes which asset, for one environment. An engine is started when it is first asked for. */
export interface Engines {
  /** The name of the engine that computes an asset. @throws CONFIG_INVALID, PLUGIN_MISSING */
  nameFor(asset: string | undefined): string
  /** The type of an engine, without starting it. @throws CONFIG_INVALID */
  typeFor(name: string): string
  /** @throws PLUGIN_MISSING, CONFIG_INVALID, RESOURCE_FAILED */
  get(name: string): Promise<Engine>
  /** The first engine that can do something; that of the default comes first. */
  find(can: (engine: Engine) => boolean): Promise<Engine | undefined>
  /** What is wrong with the settings of engines in resources.yml; none is started. From then on their secrets are redacted. */
  checkAll(): readonly LevadaError[]
  close(): Promise<void>
}

export function openEngines(config: Config, plugins: readonly Plugin[]): Engines {
  const types = new Map(plugins.flatMap((plugin) => Object.entries(plugin.engines)))
  const section = config.section('engines')
  const resources = config.section('resources')
  const open = new Map<string, Promise<Engine>>()

  const texts = new Map<ConfigNode, string>()
  const text = (node: ConfigNode): string => {
    const known = texts.get(node)
    if (known !== undefined) return known
    const resolved = config.resolve(node)
    if (resolved.kind === 'scalar' && typeof resolved.value === 'string') {
      texts.set(node, resolved.value)
      return resolved.value
    }
    throw new LevadaError('CONFIG_INVALID', `${node.path}: expected the name of an engine.`, {
      place: node.origin,
    })
  }
  const fallback = section.entries.get('default')?.value
  /** Where engines.yml names an engine first. */
  const saidAt = (name: string): Place | undefined =>
    [...section.entries.values()].find(({ value }) => {
      const resolved = config.resolve(value, { report: () => {} })
      return resolved.kind === 'scalar' && resolved.value === name
    })?.value.origin
  const patterns: MapNode = {
    ...section,
    entries: new Map([...section.entries].filter(([key]) => key !== 'default' && !key.startsWith('_'))),
  }

  const stray = [...patterns.entries].find(([key]) => !key.includes('.'))
  if (stray) {
    throw new LevadaError(
      'CONFIG_INVALID',
      `engines.yml has the unknown key '${stray[0]}'.${didYouMean(stray[0], ['default'])}`,
      {
        place: stray[1].key,
        hint: 'Its keys are default and assets or patterns of them; settings of an engine stand in resources.yml.',
      },
    )
  }

  const nameFor = (asset: string | undefined): string => {
    const match = asset === undefined || patterns.entries.size === 0 ? undefined : matchEntry(patterns, asset)
    return match ? text(match.node) : (usual ??= findUsual())
  }
  let usual: string | undefined
  /** @throws CONFIG_INVALID */
  const findUsual = (): string => {
    if (fallback) return text(fallback)
    const only = [...types.keys()]
    if (only.length === 1) return only[0]!
    throw new LevadaError(
      'CONFIG_INVALID',
      `engines.yml names no default engine; there are ${only.join(', ') || 'none'}.`,
      {
        place: section.origin,
        hint: 'Write default: <engine> into conf/base/engines.yml.',
      },
    )
  }

  const start = async (name: string): Promise<Engine> => {
    const node = resources.entries.get(name)?.value
    const { type, rest, place } = node
      ? splitType(config, node, name, name)
      : { type: name, rest: emptyEntry(resources), place: undefined }
    const engineType: EngineType | undefined = types.get(type)
    if (!engineType) {
      const known = [...types.keys()]
      throw new LevadaError(
        'PLUGIN_MISSING',
        `No plugin of the app provides the engine '${type}'; there are ${known.join(', ') || 'none'}.${didYouMean(type, known)}`,
        {
          place: place ?? saidAt(name) ?? section.origin,
        },
      )
    }
    const settings = config.read(rest, engineType.config as never)
    try {
      return await engineType.create(settings as never, { name, root: config.appDir, env: config.env })
    } catch (error) {
      throw isLevadaError(error) ? placed(error, settingAt(node, error.details['setting'])) : error
    }
  }

  const get = (name: string): Promise<Engine> => {
    const known = open.get(name)
    if (known) return known
    const starting = start(name)
    open.set(name, starting)
    return starting
  }
  return {
    nameFor,
    typeFor(name) {
      const node = resources.entries.get(name)?.value
      return node ? splitType(config, node, name, name).type : name
    },
    get,
    checkAll() {
      const errors: LevadaError[] = []
      for (const [name, { value }] of resources.entries) {
        if (name.startsWith('_')) continue
        try {
          const { type, rest } = splitType(config, value, name, name)
          const engineType = types.get(type)
          if (engineType) config.read(rest, engineType.config as never)
        } catch (error) {
          errors.push(...toLevadaErrors(error))
        }
      }
      return errors
    },
    async find(can) {
      const named = [...section.entries]
        .filter(([key]) => !key.startsWith('_'))
        .map(([, { value }]) => text(value))
      for (const name of new Set([...named, ...types.keys()])) {
        const engine = await get(name)
        if (can(engine)) return engine
      }
      return undefined
    },
    async close() {
      for (const engine of await Promise.allSettled(open.values()))
        if (engine.status === 'fulfilled') await engine.value.close()
      open.clear()
    },
  }
}

/** Where an entry says a setting, or else begins. */
const settingAt = (entry: ConfigNode | undefined, setting: unknown): Place | undefined =>
  (entry?.kind === 'map' ? entry.entries.get(String(setting))?.value : undefined)?.origin ?? entry?.origin

const emptyEntry = (section: MapNode): MapNode => ({ ...section, entries: new Map() })
