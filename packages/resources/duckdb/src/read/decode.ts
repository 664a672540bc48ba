import { LevadaError, showType, withArticle, type ColumnType } from '@levada/core/spi'
import type { DuckDBListVector, DuckDBStructVector, DuckDBVector } from '@duckdb/node-api'
import { showClock, showDay, showMoment } from './moments.ts'
import { textsOf } from './strings.ts'

/**
 * Reads a vector into an array of the same length. Vectors are read by their memory, which the client's types hide: its own
 * `getItem` builds a BigInt per validity bit and an object per date. @duckdb/node-api is therefore pinned to one version.
 */
export type Decoder = (vector: DuckDBVector, length: number, into: unknown[]) => void

interface Memory<Items> {
  readonly items: Items
  readonly dataView: DataView
  readonly validity: { readonly data: BigUint64Array | null; readonly offset: number }
}
const memory = <Items>(vector: DuckDBVector): Memory<Items> => vector as unknown as Memory<Items>

/** The validity bits as 32-bit words; null when all rows are valid. */
function words(vector: DuckDBVector): Uint32Array | null {
  const { data } = memory(vector).validity
  return data && new Uint32Array(data.buffer, data.byteOffset, data.length * 2)
}
const isNull = (bits: Uint32Array | null, r: number): boolean =>
  bits !== null && ((bits[r >>> 5]! >>> (r & 31)) & 1) === 0

const halves = (vector: DuckDBVector): Int32Array => {
  const { items } = memory<BigInt64Array>(vector)
  return new Int32Array(items.buffer, items.byteOffset, items.length * 2)
}

function textsIn(vector: DuckDBVector, n: number): (r: number) => string {
  const bits = words(vector)
  return textsOf(memory(vector).dataView, n, (r) => !isNull(bits, r))
}

function outOfRange(name: string, what: string, type: ColumnType): never {
  throw new LevadaError(
    'VALUE_RANGE',
    `column ${name}: ${what} is not ${withArticle(showType(type))} in JavaScript.`,
    {
      details: { column: name },
    },
  )
}

/** Reads values that lie side by side, one typed array element each. */
function plain(vector: DuckDBVector, n: number, into: unknown[]): void {
  const { items } = memory<ArrayLike<unknown>>(vector)
  const bits = words(vector)
  if (bits === null) for (let r = 0; r < n; r++) into[r] = items[r]
  else for (let r = 0; r < n; r++) into[r] = isNull(bits, r) ? null : items[r]
}

function booleans(vector: DuckDBVector, n: number, into: unknown[]): void {
  const { dataView } = memory(vector)
  const bits = words(vector)
  for (let r = 0; r < n; r++) into[r] = isNull(bits, r) ? null : dataView.getUint8(r) !== 0
}

/** 64-bit integers as numbers. */
const integers =
  (name: string, type: ColumnType): Decoder =>
  (vector, n, into) => {
    const pairs = halves(vector)
    const bits = words(vector)
    for (let r = 0; r < n; r++) {
      if (isNull(bits, r)) {
        into[r] = null
        continue
      }
      const low = pairs[r * 2]!
      const high = pairs[r * 2 + 1]!
      const value = high === low >> 31 ? low : high * 4_294_967_296 + (low >>> 0)
      if (!Number.isSafeInteger(value)) outOfRange(name, String(memory<BigInt64Array>(vector).items[r]), type)
      into[r] = value
    }
  }

/** Values that have a text form, or none: then the error names the column. */
const texts =
  (
    name: string,
    type: ColumnType,
    prepare: (vector: DuckDBVector, n: number) => (r: number) => string | undefined,
  ): Decoder =>
  (vector, n, into) => {
    const show = prepare(vector, n)
    const bits = words(vector)
    for (let r = 0; r < n; r++)
      into[r] = isNull(bits, r) ? null : (show(r) ?? outOfRange(name, String(vector.getItem(r)), type))
  }

const parsed =
  (name: string): Decoder =>
  (vector, n, into) => {
    const text = textsIn(vector, n)
    const bits = words(vector)
    for (let r = 0; r < n; r++) {
      try {
        into[r] = isNull(bits, r) ? null : JSON.parse(text(r))
      } catch (cause) {
        throw new LevadaError('VALUE_RANGE', `column ${name}: a value is not JSON.`, { cause })
      }
    }
  }

const lists =
  (item: Decoder): Decoder =>
  (vector, n, into) => {
    const list = vector as DuckDBListVector
    const { childVector } = list
    const items: unknown[] = Array.from({ length: childVector.itemCount })
    item(childVector, childVector.itemCount, items)
    const bits = words(vector)
    for (let r = 0; r < n; r++) {
      const start = list.getEntryOffset(r)
      into[r] = isNull(bits, r) ? null : items.slice(start, start + list.getEntryLength(r))
    }
  }

const structs =
  (fields: readonly (readonly [string, Decoder])[]): Decoder =>
  (vector, n, into) => {
    const columns = fields.map(([, decode], i) => {
      const values: unknown[] = Array.from({ length: n })
      decode((vector as DuckDBStructVector).entryVectorAt(i), n, values)
      return values
    })
    const bits = words(vector)
    for (let r = 0; r < n; r++) {
      into[r] = isNull(bits, r) ? null : Object.fromEntries(fields.map(([name], i) => [name, columns[i]![r]]))
    }
  }

/** The decoder of a column; what comes from DuckDB has the type that {@link readType} names. */
export function decoderOf(type: ColumnType, name: string): Decoder {
  switch (type.kind) {
    case 'boolean':
      return booleans
    case 'int':
      return integers(name, type)
    case 'bigint':
    case 'float':
      return plain
    case 'date':
      return texts(name, type, (vector) => {
        const { items } = memory<Int32Array>(vector)
        return (r) => showDay(items[r]!)
      })
    case 'time':
      return texts(name, type, (vector) => {
        const pairs = halves(vector)
        return (r) => showClock(pairs[r * 2 + 1]! * 4_294_967_296 + (pairs[r * 2]! >>> 0))
      })
    case 'timestamp':
    case 'instant': {
      const zone = type.kind === 'instant' ? 'Z' : ''
      return texts(name, type, (vector) => {
        const pairs = halves(vector)
        return (r) => {
          const text = showMoment(pairs[r * 2 + 1]!, pairs[r * 2]! >>> 0)
          return text === undefined ? undefined : text + zone
        }
      })
    }
    case 'enum':
      if (type.open) return texts(name, type, textsIn)
      return texts(name, type, (vector) => {
        const { items } = memory<ArrayLike<number>>(vector)
        return (r) => type.values[items[r]!]
      })
    case 'decimal':
      return texts(name, type, (vector, n) => {
        const text = textsIn(vector, n)
        // DuckDB leaves out the zero in front when all digits stand behind the point.
        return type.precision === type.scale ? (r) => text(r).replace('.', '0.') : text
      })
    case 'json':
      return parsed(name)
    case 'list':
      return lists(decoderOf(type.item.type, `${name}[]`))
    case 'struct':
      return structs(
        type.fields.map((field) => [field.name, decoderOf(field.type, `${name}.${field.name}`)] as const),
      )
    default:
      return texts(name, type, textsIn)
  }
}

/** Kinds that DuckDB writes as text itself: exact, and cheaper than through the client. */
export const readAsText: readonly ColumnType['kind'][] = ['decimal', 'uuid', 'json']
