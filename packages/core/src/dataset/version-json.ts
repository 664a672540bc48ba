import type { PartitionKey } from '../asset/index.ts'
import type { Column } from '../schema/index.ts'
import type { StoredPartition } from './dataset.ts'
import type { Fingerprint, Provenance } from './provenance.ts'
import type { StoredVersion } from './publish.ts'

/** A fingerprint and the states of inputs, by index. */
type Made = readonly [number, number]

type PackedPartition<P extends StoredPartition> = Omit<P, 'columns' | 'provenance' | 'before'> & {
  readonly columns: number
  readonly made?: Made
  readonly before?: readonly PackedPartition<P>[]
}

/** A version as plain data: partitions name what many of them share by index. */
export interface PackedVersion<P extends StoredPartition = StoredPartition> extends Omit<
  StoredVersion<P>,
  'columns' | 'partitions' | 'whole' | 'empty'
> {
  readonly columns: number
  readonly schemas: readonly (readonly Column[])[]
  readonly fingerprints?: readonly Fingerprint[]
  readonly states?: readonly Provenance['inputs'][]
  readonly partitions: readonly PackedPartition<P>[]
  readonly whole?: {
    readonly version: string
    readonly mixed: boolean
    readonly made: Made
    readonly others?: number
  }
  readonly empty?: readonly { readonly key: PartitionKey; readonly made: Made }[]
}

/** Numbers values by content. Values that are the same object, most of them, are not compared again. */
export function numbering<T>(): { readonly list: readonly T[]; readonly indexOf: (value: T) => number } {
  const list: T[] = []
  const known = new Map<T | string, number>()
  const indexOf = (value: T): number => {
    const same = known.get(value)
    if (same !== undefined) return same
    const text = JSON.stringify(value)
    const index = known.get(text) ?? list.push(value) - 1
    known.set(value, index).set(text, index)
    return index
  }
  return { list, indexOf }
}

/** The value at an index of a list that somebody else may have written. */
function valueAt<T>(list: readonly T[] | undefined, index: number): T {
  const value = list?.[index]
  if (value === undefined) throw new TypeError('it is not complete')
  return value
}

export function packVersion<P extends StoredPartition>({
  columns,
  partitions,
  whole,
  empty,
  ...rest
}: StoredVersion<P>): PackedVersion<P> {
  const schemas = numbering<readonly Column[]>()
  const fingerprints = numbering<Fingerprint>()
  const states = numbering<Provenance['inputs']>()
  const made = ({ fingerprint, inputs }: Provenance): Made => [
    fingerprints.indexOf(fingerprint),
    states.indexOf(inputs),
  ]
  const packed = ({ columns: own, provenance, before, ...partition }: P): PackedPartition<P> => ({
    ...partition,
    columns: schemas.indexOf(own),
    ...(provenance && { made: made(provenance) }),
    ...(before && { before: (before as readonly P[]).map(packed) }),
  })
  // What is asked for most comes first.
  const first = {
    ...(whole && {
      whole: {
        version: whole.version,
        mixed: whole.mixed,
        made: made(whole),
        ...(whole.others && { others: states.indexOf(whole.others) }),
      },
    }),
    ...(empty && { empty: empty.map(({ key, provenance }) => ({ key, made: made(provenance) })) }),
  }
  return {
    ...rest,
    columns: schemas.indexOf(columns),
    partitions: partitions.map(packed),
    ...first,
    schemas: schemas.list,
    ...(fingerprints.list.length > 0 && { fingerprints: fingerprints.list, states: states.list }),
  }
}

/** From which state on they belong to partitions alone. */
export const statesOfPartitions = ({ whole, empty = [] }: Pick<PackedVersion, 'whole' | 'empty'>): number =>
  1 + Math.max(-1, whole?.others ?? -1, ...[...(whole ? [whole] : []), ...empty].map(({ made }) => made[1]))

/**
 * A version from what {@link packVersion} made.
 * @param partitions unpacks them, each by what it is given: called when they are asked for, which a plan in which nothing changed does not
 * @param more states behind those that are there, as {@link statesOfPartitions} tells them apart
 * @throws TypeError when it is something else
 */
export function unpackVersion<P extends StoredPartition>(
  { columns, schemas, fingerprints, states, whole, empty, ...version }: Omit<PackedVersion<P>, 'partitions'>,
  partitions: (unpack: (partition: PackedPartition<P>) => P) => readonly P[],
  more: () => readonly Provenance['inputs'][] = () => [],
): StoredVersion<P> {
  if (typeof version.id !== 'string' || !Number.isInteger(version.number))
    throw new TypeError('it is not complete')
  const schemaAt = (index: number): readonly Column[] => {
    const schema = valueAt(schemas, index)
    if (!Array.isArray(schema)) throw new TypeError(`it has no columns ${index}`)
    return schema
  }
  const stateAt = (index: number): Provenance['inputs'] =>
    states?.[index] ?? valueAt(more(), index - (states?.length ?? 0))
  let known: Map<string, Provenance> | undefined
  const provenance = ([fingerprint, inputs]: Made): Provenance => {
    known ??= new Map()
    const at = `${fingerprint} ${inputs}`
    const made = known.get(at) ?? {
      fingerprint: valueAt(fingerprints, fingerprint),
      inputs: stateAt(inputs),
    }
    known.set(at, made)
    return made
  }
  const unpack = ({ columns: own, made, before, ...plain }: PackedPartition<P>): P =>
    ({
      ...plain,
      columns: schemaAt(own),
      ...(made && { provenance: provenance(made) }),
      ...(before && { before: before.map(unpack) }),
    }) as unknown as P
  let unpacked: readonly P[] | undefined
  return {
    ...version,
    columns: schemaAt(columns),
    get partitions() {
      return (unpacked ??= partitions(unpack))
    },
    ...(whole && {
      whole: {
        version: whole.version,
        mixed: whole.mixed,
        ...provenance(whole.made),
        ...(whole.others !== undefined && { others: stateAt(whole.others) }),
      },
    }),
    ...(empty && { empty: empty.map(({ key, made }) => ({ key, provenance: provenance(made) })) }),
  }
}
