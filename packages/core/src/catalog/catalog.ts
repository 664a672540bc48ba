import { grainsOf, type AnyAsset } from '../asset/index.ts'
import {
  durationMs,
  marks,
  matchPattern,
  retentionSchema,
  substitute,
  type AlikeReader,
  type Bindings,
  type Config,
  type ConfigNode,
  type MapEntry,
  type MapNode,
  type RetentionWords,
  type Schema,
} from '../config/index.ts'
import { defaultRetention, type Dataset, type Retention } from '../dataset/index.ts'
import { didYouMean, formatPlace, LevadaError, type Place } from '../errors/index.ts'
import type { Engines } from './engines.ts'
import { placeOf } from './place-of.ts'
import type { Plugin } from './plugin.ts'

export interface CatalogEntry {
  readonly asset: string
  /** The key or pattern in catalog.yml that holds for the asset. */
  readonly pattern: string
  readonly type: string
  readonly place: Place
  readonly dataset: Dataset
}

/** Asset key → dataset, for one environment. Datasets are made when they are asked for. */
export interface Catalog {
  /** @throws CATALOG_MISSING, CATALOG_AMBIGUOUS, CONFIG_INVALID, CONFIG_INTERPOLATION, PLUGIN_MISSING */
  entry(asset: string): CatalogEntry
  /** What {@link entry} throws for any asset, and entries of none. */
  checkAll(): readonly LevadaError[]
  /** What stands where, of the entries that can be made: by `placeOf`. */
  places(): Promise<ReadonlyMap<string, readonly CatalogEntry[]>>
  /** CATALOG_CLASH for each asset at the place of another one, however its entry names the server. */
  clashes(): Promise<readonly LevadaError[]>
}

/** What the assets of a pattern have in common. */
interface Family {
  readonly key: string
  readonly type: string
  readonly place: Place
  readonly datasetType: Plugin['datasets'][string]
  readonly retention: Retention
  readonly read: AlikeReader<Schema>
}

export interface CatalogOptions {
  /** Of the environment, for entries that do not say it. */
  readonly retention?: RetentionWords | undefined
  /** Gets what is wrong with what is stored where work goes on all the same. */
  readonly notice?: (error: LevadaError) => void
}

const none: readonly string[] = []

export function openCatalog(
  config: Config,
  plugins: readonly Plugin[],
  assets: ReadonlyMap<string, { readonly asset: AnyAsset }>,
  engines: Engines,
  { retention: said, notice }: CatalogOptions = {},
): Catalog {
  const types = new Map(plugins.flatMap((plugin) => Object.entries(plugin.datasets)))
  const section = config.section('catalog')
  const entries = new Map<string, CatalogEntry>()
  const families = new Map<string, Family>()
  const retained = retentionOf(defaultRetention, said)

  const make = (
    name: string,
    settings: unknown,
    { key, type, place, datasetType, retention }: Omit<Family, 'read'>,
  ): CatalogEntry => {
    const { asset } = assets.get(name)!
    const dataset = datasetType.create(settings as never, {
      asset: name,
      columns: asset.columns,
      partitionBy: asset.partitions.length === 0 ? none : asset.partitions.map(({ column }) => column),
      grains: grainsOf(asset),
      root: config.appDir,
      env: config.env,
      engine: engines.get,
      retention,
      notice,
    })
    const made = { asset: name, pattern: key, type, place, dataset }
    entries.set(name, made)
    return made
  }

  const openReader = (
    { key, type, datasetType }: Omit<Family, 'read'>,
    pattern: ConfigNode,
    bindings: Bindings,
  ): Family['read'] => {
    const open = (): Family['read'] | undefined => {
      const marked = splitType(config, substitute(pattern, key, marks(Object.keys(bindings))), key)
      return marked.type === type
        ? config.readAlike(splitRetention(marked.rest).rest, datasetType.config as never)
        : undefined
    }
    let reader: Family['read'] | undefined
    let isOpen = false
    return (others) => {
      if (!isOpen) reader = open()
      isOpen = true
      return reader?.(others)
    }
  }

  const entry = (name: string): CatalogEntry => {
    const known = entries.get(name)
    if (known) return known
    const match = matchPattern(section, name)
    if (!match) {
      throw new LevadaError(
        'CATALOG_MISSING',
        `No entry in catalog.yml says where '${name}' is stored (environment '${config.env}').`,
        { place: section.origin },
      )
    }
    const { key, bindings } = match
    const family = families.get(key)
    const alike = family?.read(bindings)
    if (family && alike) return make(name, alike.value, family)
    const pattern = section.entries.get(key)!.value
    const node = substitute(pattern, key, bindings)
    const { type, rest: withRetention, place } = splitType(config, node, key)
    const { rest, own } = splitRetention(withRetention)
    const datasetType = types.get(type)
    if (!datasetType) {
      const known = [...types.keys()].toSorted()
      const meant = didYouMean(type, known)
      throw new LevadaError(
        'PLUGIN_MISSING',
        `The entry '${key}' has the dataset type '${type}', which no plugin of the app provides; there are ${known.join(', ') || 'none'}.${meant}`,
        {
          place,
          ...(meant !== '' && {
            hint: 'Correct the type, or list the plugin that has it in levada.config.ts.',
          }),
        },
      )
    }
    const retention = own ? retentionOf(retained, config.read(own.value, retentionSchema())) : retained
    const kind = { key, type, place: node.origin, datasetType, retention }
    const settings = config.read(rest, datasetType.config as never)
    // The first of a pattern goes all the way; others differ from it in the texts that are bound.
    if (key !== name && !families.has(key))
      families.set(key, { ...kind, read: openReader(kind, pattern, bindings) })
    const made = make(name, settings, kind)
    if (own) checkRetained(made, own)
    return made
  }

  const checkAll = (): readonly LevadaError[] => {
    const errors: LevadaError[] = []
    for (const [key, { key: place }] of section.entries) {
      if (key.includes('{') || key.startsWith('_') || assets.has(key)) continue
      errors.push(
        new LevadaError(
          'ASSET_UNKNOWN',
          `catalog.yml stores '${key}', which is no asset of the app.${didYouMean(key, assets.keys())}`,
          { place },
        ),
      )
    }
    for (const name of assets.keys()) {
      try {
        entry(name)
      } catch (error) {
        errors.push(...collect(error))
      }
    }
    return errors
  }

  const places = async (): Promise<ReadonlyMap<string, readonly CatalogEntry[]>> => {
    const found = new Map<string, CatalogEntry[]>()
    for (const name of assets.keys()) {
      let made: CatalogEntry
      try {
        made = entry(name)
      } catch (error) {
        // Told by checkAll, and by whoever needs the entry.
        collect(error)
        continue
      }
      const at = await placeOf(made.dataset)
      const there = found.get(at)
      if (there) there.push(made)
      else found.set(at, [made])
    }
    return found
  }

  const clashes = async (): Promise<readonly LevadaError[]> =>
    [...(await places()).values()].flatMap((entries) =>
      entries
        .slice(1)
        .map(
          ({ asset, dataset, place }, i) =>
            new LevadaError(
              'CATALOG_CLASH',
              `'${asset}' and '${entries[i]!.asset}' (${formatPlace(entries[i]!.place)}) are both stored at ${dataset.address}.`,
              { place },
            ),
        ),
    )
  return { entry, checkAll, places, clashes }
}

/** An entry's `retention`, which all that keeps versions understands, and the rest of it. */
function splitRetention(node: MapNode): { rest: MapNode; own: MapEntry | undefined } {
  const own = node.entries.get('retention')
  if (!own) return { rest: node, own }
  return {
    rest: { ...node, entries: new Map([...node.entries].filter(([name]) => name !== 'retention')) },
    own,
  }
}

/** @throws CONFIG_INVALID */
function checkRetained({ asset, dataset }: CatalogEntry, own: MapEntry): void {
  const { versioned } = dataset.capabilities
  if (versioned === true) return
  throw new LevadaError(
    'CONFIG_INVALID',
    `${own.value.path}: '${asset}' keeps no versions: ${versioned.denied}.`,
    { place: own.key, hint: 'Leave retention out, or store the asset where versions are kept.' },
  )
}

/** What words change of it. */
const retentionOf = (
  { versions, ageMs, graceMs }: Retention,
  said: RetentionWords | undefined,
): Retention => ({
  versions: said?.versions ?? versions,
  ageMs: said?.age === undefined ? ageMs : durationMs(said.age),
  graceMs: said?.grace === undefined ? graceMs : durationMs(said.grace),
})

const collect = (error: unknown): readonly LevadaError[] => {
  if (error instanceof AggregateError) return error.errors as LevadaError[]
  if (error instanceof LevadaError) return [error]
  throw error
}

/** An entry's `type`, and the rest of it. */
export function splitType(
  config: Config,
  node: ConfigNode,
  key: string,
  fallback?: string,
): { type: string; rest: MapNode; place: Place } {
  if (node.kind !== 'map')
    throw new LevadaError('CONFIG_INVALID', `${node.path}: expected a map such as { type: … }.`, {
      place: node.origin,
      hint: 'Write a map, or start the key with _ when it only holds a value for others: ${_key}.',
    })
  const given = node.entries.get('type')?.value
  const resolved = given && config.resolve(given)
  const type =
    resolved?.kind === 'scalar' && typeof resolved.value === 'string'
      ? resolved.value
      : given
        ? undefined
        : fallback
  if (type === undefined)
    throw new LevadaError('CONFIG_INVALID', `The entry '${key}' has no type.`, {
      place: given?.origin ?? node.origin,
      hint: 'Add type: …, the name of a dataset type.',
    })
  const rest: MapNode = { ...node, entries: new Map([...node.entries].filter(([name]) => name !== 'type')) }
  return { type, rest, place: given?.origin ?? node.origin }
}
