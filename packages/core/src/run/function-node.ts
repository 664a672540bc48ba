import type { GraphNode } from '../app/index.ts'
import type { Batch, Written } from '../dataset/index.ts'
import type {
  Cursor,
  Engine,
  EngineSession,
  NodeSignal,
  Query,
  Relation,
  RowWriter,
  Signal,
} from '../engine/index.ts'
import { isLevadaError, LevadaError } from '../errors/index.ts'
import type { Input, OutputHandle, TableHandle } from '../pipeline/index.ts'
import type { Step } from '../plan/index.ts'
import { valueProblem, type Column } from '../schema/index.ts'
import type { RunContext } from './context.ts'
import { modulePlace } from './module-place.ts'
import { eachRow } from './each-row.ts'
import { exitError, guardExit, NodeExit } from './exit-guard.ts'
import { writeBatches } from './relation.ts'
import { collectRows, type Row } from './rows.ts'
import { keepVigil } from './vigil.ts'
import { either } from './retries.ts'
import { nodeLog } from './node-log.ts'
import { namingAsset, type OutputTarget } from './output.ts'
import { isNetworkFailure } from './network-failure.ts'

export interface FunctionRun {
  readonly context: RunContext
  readonly step: Step
  readonly node: GraphNode
  readonly engine: Engine
  readonly writes: readonly OutputTarget[]
  readonly relation: (input: Input) => Relation
  /** From which value on rows are new, of an incremental output. */
  readonly since: string | number | bigint | undefined
}

/** Rows that a handler writes are handed on in pieces of this many. */
const batchRows = 2048

/** Of rows that wait to be a piece. */
const taken: Promise<void> = Promise.resolve()

/** Runs the code of a function node between lazily opened inputs and buffered outputs. */
export async function runFunction({
  context: shared,
  step,
  node,
  engine,
  writes,
  relation,
  since,
}: FunctionRun): Promise<readonly Written[]> {
  const { memoryLimit } = shared
  const tooMuch = memoryLimit && new AbortController()
  const context = tooMuch ? { ...shared, signal: either(shared.signal, tooMuch.signal) } : shared
  const limited =
    tooMuch && (await import('./memory-limit.ts')).limitMemory(step.id, memoryLimit, () => tooMuch.abort())
  const turn = createTurn(node, engine, context)
  const aliases = Object.keys(node.node.outputs)
  const outputs = writes.map((write, i) => new BufferedOutput(aliases[i]!, write, engine, turn, context))
  try {
    const inputs = Object.fromEntries(
      Object.entries(node.node.inputs).map(([alias, input]) => [
        alias,
        tableHandle(alias, relation(input), input.columns!, turn, context),
      ]),
    )
    const { work } = node.node
    if (work.kind !== 'function') throw new TypeError(`${node.id} is not a function node`)
    const handler = work.run as (inputs: unknown, context: unknown) => Promise<void> | void
    const resources: Record<string, unknown> = {}
    for (const name of Object.keys(node.node.resources)) resources[name] = await context.resources(name)
    const log = nodeLog(context, step)
    const endVigil = keepVigil(context.alone)
    context.authorRuns?.(true)
    try {
      await callHandler(node, context, () =>
        handler(inputs, {
          outputs: Object.fromEntries(outputs.map((output) => [output.alias, output])),
          params: pick(context.params[node.pipeline] ?? {}, Object.keys(node.node.params)),
          resources,
          partitions: step.partitions,
          since,
          now: context.now,
          log,
          signal: context.signal as NodeSignal,
        }),
      )
    } finally {
      limited?.end()
      context.authorRuns?.(false)
      for (const { message, facts } of await endVigil()) log.warn(message, facts)
    }
    context.signal.throwIfAborted()
    await turn.end()
    const written: Written[] = []
    for (const output of outputs) written.push(await output.finish())
    return written
  } catch (error) {
    turn.stop()
    await Promise.allSettled(outputs.map((output) => output.abort()))
    const goesOn = !context.alone && isLevadaError(error) && error.details['abandoned'] === true
    throw limited?.error(goesOn) ?? error
  } finally {
    limited?.end()
    await turn.closeAll()
  }
}

/** Between the begin of a node and its end it may read and write. */
interface Turn {
  /** Set once it may do so no more. */
  readonly over: 'ended' | 'stopped' | undefined
  /** @throws CANCELLED when it is over */
  open(): Promise<EngineSession>
  close(session: EngineSession): Promise<void>
  /** Waits for something that is read. @throws NODE_FAILED, CANCELLED when it is over */
  reads<T>(alias: string, work: () => Promise<T>): Promise<T>
  /** What is thrown at who goes on when it is over; the step fails of it, if it still can. */
  late(what: string): LevadaError
  /** Its handler has returned: who waits for rows gets them, and has to be done then. */
  end(): Promise<void>
  stop(): void
  closeAll(): Promise<void>
}

function createTurn(node: GraphNode, engine: Engine, { late: tellLate }: RunContext): Turn {
  const sessions = new Set<EngineSession>()
  const waiting = new Set<Promise<unknown>>()
  let over: Turn['over']
  let isClosed = false
  const close = async (session: EngineSession): Promise<void> => {
    if (sessions.delete(session)) await session[Symbol.asyncDispose]()
  }
  const late = (what: string): LevadaError => {
    if (over === 'stopped') return new LevadaError('CANCELLED', `Node '${node.id}' was stopped.`)
    const error = new LevadaError('NODE_FAILED', what)
    tellLate?.(error)
    return error
  }
  return {
    get over() {
      return over
    },
    async open() {
      const session = await engine.open()
      sessions.add(session)
      if (!isClosed) return session
      // Who asked did not wait for it.
      await close(session)
      throw new LevadaError('CANCELLED', `Node '${node.id}' has ended.`)
    },
    close,
    async reads(alias, work) {
      const tooLate = (): LevadaError => late(`'${alias}' was asked for rows when its node had ended`)
      if (over) throw tooLate()
      const done = work()
      waiting.add(done)
      await Promise.allSettled([done])
      waiting.delete(done)
      // It may have been cut off.
      if (over === 'ended') throw tooLate()
      return done
    },
    late,
    async end() {
      if (waiting.size > 0) {
        await Promise.allSettled(waiting)
        await new Promise((resolve) => setImmediate(resolve))
      }
      over ??= 'ended'
    },
    stop() {
      over = 'stopped'
    },
    async closeAll() {
      isClosed = true
      for (const session of sessions) await close(session)
    },
  }
}

const pick = (values: Readonly<Record<string, unknown>>, names: readonly string[]): Record<string, unknown> =>
  Object.fromEntries(names.map((name) => [name, values[name]]))

/** How long a handler may take to notice that the run was stopped. */
const graceMs = 1000

/** Waits for a handler; once the run is stopped, only a little longer, whatever the handler waits for. */
async function untilAborted(signal: Signal, call: () => Promise<void> | void): Promise<void> {
  let exited = (_: NodeExit): void => {}
  const exits = new Promise<never>((_, reject) => (exited = reject))
  exits.catch(() => undefined)
  const endGuard = guardExit(signal, exited)
  try {
    await Promise.race([unlessStopped(signal, call), exits])
  } finally {
    endGuard()
  }
}

/** A thread whose node computes without a pause is interrupted with all that has called it: here that is nothing of the step. */
async function inOwnTurn(call: () => Promise<void> | void): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve))
  return call()
}

async function unlessStopped(signal: Signal, call: () => Promise<void> | void): Promise<void> {
  const called = call()
  if (called === undefined) return
  let timer: ReturnType<typeof setTimeout> | undefined
  let onAbort = (): void => {}
  const stopped = new Promise<never>((_, reject) => {
    onAbort = () => {
      timer = setTimeout(
        () => reject(new LevadaError('CANCELLED', 'The run was stopped.', { details: { abandoned: true } })),
        graceMs,
      )
    }
    if (signal.aborted) onAbort()
    else signal.addEventListener('abort', onAbort, { once: true })
  })
  try {
    await Promise.race([called, stopped])
  } finally {
    clearTimeout(timer)
    signal.removeEventListener('abort', onAbort)
  }
}

/** An error of the author's code is reported as the node's, with the line of its code that threw. */
async function callHandler(
  node: GraphNode,
  { signal, appDir: root, alone }: RunContext,
  call: () => Promise<void> | void,
): Promise<void> {
  try {
    await untilAborted(signal, alone ? () => inOwnTurn(call) : call)
  } catch (cause) {
    if (cause instanceof NodeExit) throw exitError(node.id, cause, modulePlace(cause, root))
    const mayPass = isNetworkFailure(cause)
    if (
      isLevadaError(cause) ||
      (cause instanceof AggregateError && !mayPass) ||
      (cause instanceof Error && cause.name === 'AbortError')
    )
      throw cause
    const message = cause instanceof Error ? `${cause.name}: ${cause.message}` : String(cause)
    const place = modulePlace(cause, root)
    throw new LevadaError('NODE_FAILED', `Node '${node.id}' threw ${message}`, {
      cause,
      ...(mayPass && {
        retryable: true,
        hint: 'A service did not answer: see to it, or let --retries try again.',
      }),
      ...(place && { place }),
    })
  }
}

function tableHandle(
  alias: string,
  relation: Relation,
  columns: readonly Column[],
  turn: Turn,
  { signal }: RunContext,
): TableHandle<Row> {
  const reads = <T>(work: () => Promise<T>): Promise<T> => turn.reads(alias, work)
  /** In a session of its own, until its reader is done. */
  async function* piecesOf<T>(pieces: (cursor: Cursor) => AsyncIterable<T>): AsyncGenerator<T> {
    const session = await reads(() => turn.open())
    try {
      const cursor = await reads(() => session.read(relation, columns, { signal }))
      const each = pieces(cursor)[Symbol.asyncIterator]()
      try {
        for (;;) {
          const piece = await reads(() => each.next())
          if (piece.done === true) return
          yield piece.value
        }
      } finally {
        await each.return?.()
      }
    } finally {
      await turn.close(session)
    }
  }
  return {
    rows: () => eachRow(() => piecesOf((cursor) => cursor.rows())),
    batches: () => piecesOf((cursor) => cursor.batches()),
    columns: () => columns,
    async count() {
      const sql = { text: 'select count(*) as n from counted', file: 'count()', line: 1, column: 1 }
      const column: Column = { name: 'n', type: { kind: 'int' }, nullable: false }
      const query: Query = {
        kind: 'query',
        name: 'count',
        sql,
        inputs: { counted: relation },
        params: {},
        trusted: true,
      }
      return reads(async () => {
        const session = await turn.open()
        try {
          const [row] = await collectRows(await session.read(query, [column], { signal }), 1)
          return row!['n'] as number
        } finally {
          await turn.close(session)
        }
      })
    },
    relation,
  }
}

/** Gathers the rows that a handler writes and hands them to the engine, or to a dataset that no engine writes. */
class BufferedOutput implements OutputHandle<Row> {
  readonly alias: string
  readonly #write: OutputTarget
  readonly #open: () => Promise<RowWriter>
  #writer: RowWriter | undefined
  #rows: Row[] = []
  #last: Promise<void> = taken
  readonly #turn: Turn
  /** Columns whose values can be changed in place. */
  readonly #nested: readonly string[]

  constructor(
    alias: string,
    write: OutputTarget,
    engine: Engine,
    turn: Turn,
    { engines, signal }: RunContext,
  ) {
    this.alias = alias
    this.#write = write
    this.#turn = turn
    const { asset, target } = write
    this.#nested = asset.columns
      .filter(({ type }) => ['list', 'struct', 'json', 'bytes'].includes(type.kind))
      .map(({ name }) => name)
    this.#open = async () =>
      engine.canWrite(target)
        ? (await turn.open()).writer(asset.columns, target, { signal })
        : otherWriter(write, engines, signal)
  }

  write(rows: Row | readonly Row[]): Promise<void> {
    if (this.#turn.over) return Promise.reject(this.#late())
    try {
      if (Array.isArray(rows)) for (const row of rows) this.#rows.push(this.#copy(row))
      else this.#rows.push(this.#copy(rows as Row))
    } catch (error) {
      return this.#queue(() => Promise.reject(error as Error))
    }
    return this.#rows.length < batchRows ? taken : this.#flush()
  }

  #late = (): LevadaError =>
    this.#turn.late(`'${this.#write.asset.name}' was given rows when its node had ended; they are not in it`)

  /** A row as it is now: the handler may go on to change it. @throws ROW_INVALID */
  #copy(row: Row): Row {
    if (row === null || typeof row !== 'object' || Symbol.iterator in row) {
      const what = row === null ? 'null' : typeof row === 'object' ? 'an iterable' : typeof row
      throw new LevadaError(
        'ROW_INVALID',
        `'${this.#write.asset.name}': ${what} is no row; write takes a row or an array of rows`,
      )
    }
    const copy: Record<string, unknown> = { ...row }
    for (const name of this.#nested) copy[name] = structuredClone(copy[name])
    return copy
  }

  /** Does what is asked one after the other, also for a handler that waits for none of it: that one is told at the end what failed. */
  #queue(work: () => Promise<void>): Promise<void> {
    this.#last = this.#last.then(work)
    this.#last.catch(() => undefined)
    return this.#last
  }

  #flush(): Promise<void> {
    const rows = this.#rows
    this.#rows = []
    return this.#queue(async () => {
      if (this.#turn.over !== 'stopped') this.#writer ??= await this.#open()
      const writer = this.#writer
      if (!writer || this.#turn.over === 'stopped') {
        await writer?.abort()
        throw this.#late()
      }
      await namingAsset(this.#write.asset, () => writer.write(rows))
    })
  }

  async finish(): Promise<Written> {
    await this.#flush()
    return namingAsset(this.#write.asset, () => this.#writer!.finish())
  }

  /** When its turn was stopped. */
  async abort(): Promise<void> {
    await this.#writer?.abort()
  }
}

/** For what the node's engine cannot write: whoever can takes the rows while the node makes them, one batch at a time. */
function otherWriter(
  { asset, dataset, target }: OutputTarget,
  engines: RunContext['engines'],
  signal: Signal,
): RowWriter {
  const { columns } = asset
  const handed = handover<Batch>()
  const done = writeBatches(engines, dataset, target, columns, handed.items(), signal)
  done.catch(() => undefined)
  return {
    async write(rows) {
      for (const row of rows) {
        const name = Object.keys(row).find((key) => !columns.some((column) => column.name === key))
        if (name !== undefined)
          throw new LevadaError('ROW_INVALID', `a row has the column '${name}', which is not declared`)
        for (const column of columns) {
          const problem = valueProblem(column, row[column.name])
          if (problem) throw new LevadaError('ROW_INVALID', `column ${column.name}: ${problem}`)
        }
      }
      const values = columns.map(({ name }) => rows.map((row) => row[name]))
      await Promise.race([handed.give({ length: rows.length, columns: values }), done])
    },
    finish() {
      handed.end()
      return done
    },
    async abort() {
      handed.end(new LevadaError('CANCELLED', 'The node failed.'))
      await done.catch(() => undefined)
    },
  }
}

/** Hands items from one who makes them to one who takes them; giving waits until the item before was taken. */
function handover<T>(): {
  give(item: T): Promise<void>
  end(error?: Error): void
  items(): AsyncGenerator<T>
} {
  const waiting: { readonly item: T; readonly taken: () => void }[] = []
  let wake = (): void => undefined
  let ended: { readonly error: Error | undefined } | undefined
  return {
    give: (item) =>
      new Promise((taken) => {
        waiting.push({ item, taken })
        wake()
      }),
    end(error) {
      ended ??= { error }
      wake()
    },
    async *items() {
      for (;;) {
        const next = waiting.shift()
        if (next) {
          next.taken()
          yield next.item
        } else if (ended) {
          if (ended.error) throw ended.error
          return
        } else await new Promise<void>((resolve) => (wake = resolve))
      }
    },
  }
}
