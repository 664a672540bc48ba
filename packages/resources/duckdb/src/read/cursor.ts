import type { Batch, Column, Cursor } from '@levada/core/spi'
import type { DuckDBDataChunk, DuckDBResult } from '@duckdb/node-api'
import { decoderOf } from './decode.ts'

type Row = Readonly<Record<string, unknown>>

/** Makes row objects of one shape out of columns; generated, so that all rows share one hidden class. */
function rowMaker(
  columns: readonly Column[],
): (values: readonly (readonly unknown[])[], length: number) => Row[] {
  // `['__proto__']: x` is a property, `"__proto__": x` would be the prototype.
  const fields = columns.map(
    ({ name }, i) => `${name === '__proto__' ? `[${JSON.stringify(name)}]` : JSON.stringify(name)}: c${i}[r]`,
  )
  const lines = columns.map((_, i) => `const c${i} = values[${i}]`)
  const body = `${lines.join('\n')}\nconst rows = new Array(length)\nfor (let r = 0; r < length; r++) rows[r] = { ${fields.join(', ')} }\nreturn rows`
  // oxlint-disable-next-line typescript/no-implied-eval -- names are quoted as JSON
  return new Function('values', 'length', body) as ReturnType<typeof rowMaker>
}

export interface ChunkSource {
  readonly result: DuckDBResult
  /** Runs a fetch so that it can be interrupted, and explains its failure. */
  readonly guard: <T>(work: () => Promise<T>) => Promise<T>
  /** Of a stream. Throws when it ended because its statement failed: DuckDB's client tells an end and a failure alike. */
  readonly checkComplete?: () => Promise<void>
  /** Explains what the reading of a value throws. */
  readonly explain: (error: unknown) => unknown
  readonly close: () => Promise<void>
}

/** The next chunk is computed while the one before it is read. */
async function* chunks({
  result,
  guard,
  checkComplete,
  close,
}: ChunkSource): AsyncGenerator<DuckDBDataChunk> {
  const fetch = (): Promise<DuckDBDataChunk | null> => guard(() => result.fetchChunk())
  let next = fetch()
  let failed = false
  try {
    for (;;) {
      const chunk = await next
      if (chunk === null || chunk.rowCount === 0) {
        await checkComplete?.()
        return
      }
      next = fetch()
      next.catch(() => {})
      yield chunk
    }
  } catch (error) {
    // Told at once: what was interrupted may take a while to end.
    failed = true
    void close().catch(() => {})
    throw error
  } finally {
    if (!failed) await close()
  }
}

export function createCursor(columns: readonly Column[], source: ChunkSource): Cursor {
  const decoders = columns.map(({ type, name }) => decoderOf(type, name))
  const read = (chunk: DuckDBDataChunk, into: readonly unknown[][]): void => {
    const length = chunk.rowCount
    try {
      decoders.forEach((decode, i) => decode(chunk.getColumnVector(i), length, into[i]!))
    } catch (error) {
      throw source.explain(error)
    }
  }
  return {
    columns,
    async *rows() {
      const makeRows = rowMaker(columns)
      const values = columns.map((): unknown[] => [])
      for await (const chunk of chunks(source)) {
        read(chunk, values)
        yield makeRows(values, chunk.rowCount)
      }
    },
    async *batches() {
      for await (const chunk of chunks(source)) {
        const batch: Batch & { readonly columns: unknown[][] } = {
          length: chunk.rowCount,
          columns: columns.map((): unknown[] => []),
        }
        read(chunk, batch.columns)
        yield batch
      }
    },
  }
}
