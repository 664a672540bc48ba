import bindings, { type Vector } from '@duckdb/node-bindings'
import { LevadaError, valueProblem, type Column, type ColumnType } from '@levada/core/spi'
import type { DuckDBDataChunk } from '@duckdb/node-api'
import { parseClock, parseDay, parseMoment } from './moments.ts'
import { chunkRows } from './chunk.ts'
import { nestedValue } from './nested.ts'
import { stringWriter } from './strings.ts'

/** Kinds that tables filled from JavaScript hold as text; the statement that reads the table casts them. */
export const writtenAsText: readonly ColumnType['kind'][] = ['decimal', 'enum', 'uuid', 'json']

/**
 * Writes the values of a column into its vector of a chunk, validated.
 * @throws ROW_INVALID
 */
export type Encoder = (values: readonly unknown[], length: number, chunk: DuckDBDataChunk) => void

/** @throws ROW_INVALID, always */
function refuse(column: Column, value: unknown): never {
  throw new LevadaError(
    'ROW_INVALID',
    `column ${column.name}: ${valueProblem(column, value) ?? 'the value is not valid Unicode'}`,
    {
      details: { column: column.name },
    },
  )
}

/** Bits that say which rows are not NULL; written only when one is. */
function createValidity(): {
  readonly clear: () => void
  readonly setNull: (r: number) => void
  readonly flush: (vector: Vector) => void
} {
  const words = new Uint32Array(chunkRows / 32)
  let some = false
  return {
    clear() {
      words.fill(0xffffffff)
      some = false
    },
    setNull(r) {
      words[r >>> 5]! &= ~(1 << (r & 31))
      some = true
    },
    flush(vector) {
      if (!some) return
      bindings.vector_ensure_validity_writable(vector)
      bindings.copy_data_to_vector_validity(vector, 0, words.buffer, 0, words.byteLength)
    },
  }
}

/** A column whose values have a fixed width; `put` returns false for a value that is not one of the type. */
function fixed(
  column: Column,
  index: number,
  items: { readonly buffer: ArrayBuffer; readonly BYTES_PER_ELEMENT: number },
  put: (r: number, value: unknown) => boolean,
): Encoder {
  const validity = createValidity()
  return (values, n, { chunk }) => {
    validity.clear()
    for (let r = 0; r < n; r++) {
      const value = values[r]
      if (value === null && column.nullable) validity.setNull(r)
      else if (!put(r, value)) refuse(column, value)
    }
    const vector = bindings.data_chunk_get_vector(chunk, index)
    bindings.copy_data_to_vector(vector, 0, items.buffer, 0, n * items.BYTES_PER_ELEMENT)
    validity.flush(vector)
  }
}

function integers(column: Column, index: number): Encoder {
  const items = new BigInt64Array(chunkRows)
  const halves = new Int32Array(items.buffer)
  return fixed(column, index, items, (r, value) => {
    if (!Number.isSafeInteger(value)) return false
    const high = Math.floor((value as number) / 4_294_967_296)
    halves[r * 2 + 1] = high
    halves[r * 2] = (value as number) - high * 4_294_967_296
    return true
  })
}

/** Texts that stand for a number: each distinct one is checked and parsed once. */
function parsed<T>(column: Column, parse: (text: string) => T): (value: unknown) => T | undefined {
  const seen = new Map<unknown, T>()
  return (value) => {
    let found = seen.get(value)
    if (found === undefined) {
      if (valueProblem(column, value) !== undefined) return undefined
      found = parse(value as string)
      if (seen.size < 65_536) seen.set(value, found)
    }
    return found
  }
}

function numbers<T extends number | bigint>(
  column: Column,
  index: number,
  items: (Int32Array<ArrayBuffer> | BigInt64Array<ArrayBuffer>) & { [r: number]: T },
  parse: (text: string) => T,
): Encoder {
  const find = parsed(column, parse)
  return fixed(column, index, items, (r, value) => {
    const found = find(value)
    if (found === undefined) return false
    ;(items as { [r: number]: T })[r] = found
    return true
  })
}

/** A column of texts; `show` gives the text to store, or undefined for a value that is not one of the type. */
function strings(column: Column, index: number, show: (value: unknown) => string | undefined): Encoder {
  const validity = createValidity()
  const writer = stringWriter()
  return (values, n, { chunk }) => {
    validity.clear()
    writer.begin()
    for (let r = 0; r < n; r++) {
      const value = values[r]
      if (value === null && column.nullable) {
        validity.setNull(r)
        continue
      }
      const text = show(value)
      if (text === undefined || !writer.put(r, text)) refuse(column, value)
    }
    const vector = bindings.data_chunk_get_vector(chunk, index)
    writer.flush(vector, n)
    validity.flush(vector)
  }
}

/** Lists and structs: by the client, after a check of the whole value. */
const nested =
  (column: Column, index: number): Encoder =>
  (values, n, chunk) => {
    const vector = chunk.getColumnVector(index) as unknown as {
      setItem(r: number, value: unknown): void
      flush(): void
    }
    for (let r = 0; r < n; r++) {
      const value = values[r]
      if (valueProblem(column, value) !== undefined) refuse(column, value)
      const converted = nestedValue(column.type, value)
      if (converted === undefined) refuse(column, value)
      vector.setItem(r, converted)
    }
    vector.flush()
  }

const valid =
  (column: Column, show: (value: unknown) => string = (value) => value as string) =>
  (value: unknown): string | undefined =>
    valueProblem(column, value) === undefined ? show(value) : undefined

export function encoderOf(column: Column, index: number): Encoder {
  switch (column.type.kind) {
    case 'boolean': {
      const items = new Uint8Array(chunkRows)
      return fixed(column, index, items, (r, value) => {
        items[r] = value === true ? 1 : 0
        return typeof value === 'boolean'
      })
    }
    case 'int':
      return integers(column, index)
    case 'bigint': {
      const items = new BigInt64Array(chunkRows)
      return fixed(column, index, items, (r, value) => {
        if (typeof value !== 'bigint') return false
        items[r] = value
        return items[r] === value
      })
    }
    case 'float': {
      const items = new Float64Array(chunkRows)
      return fixed(column, index, items, (r, value) => {
        items[r] = value as number
        return typeof value === 'number'
      })
    }
    case 'string':
      return strings(column, index, (value) => (typeof value === 'string' ? value : undefined))
    case 'enum': {
      const values = new Set<unknown>(column.type.values)
      return strings(column, index, (value) => (values.has(value) ? (value as string) : undefined))
    }
    case 'date':
      return numbers(column, index, new Int32Array(chunkRows), parseDay)
    case 'time':
      return numbers(column, index, new BigInt64Array(chunkRows), (text) => BigInt(parseClock(text)))
    case 'timestamp':
    case 'instant':
      return numbers(column, index, new BigInt64Array(chunkRows), parseMoment)
    case 'decimal':
    case 'uuid':
      return strings(column, index, valid(column))
    case 'json':
      return strings(
        column,
        index,
        valid(column, (value) => JSON.stringify(value)),
      )
    case 'list':
    case 'struct':
      return nested(column, index)
  }
}
