import { count, number, object, status, text, type Json } from './json.ts'
import { createLineSplitter } from './lines.ts'

export type DbtLevel = 'debug' | 'info' | 'warn' | 'error'

/** What dbt says a node ended with; later versions may have further words. */
export type DbtStatus =
  | 'success'
  | 'pass'
  | 'warn'
  | 'error'
  | 'fail'
  | 'skipped'
  | 'partial success'
  | 'no-op'
  | 'reused'
  | 'runtime error'
  | (string & {})

/** A model, seed, snapshot, test or other node of a project. */
export interface DbtNode {
  /** `model.shop.orders` */
  readonly id: string
  readonly name: string
  /** `model`, `seed`, `snapshot`, `test`, `unit_test`, … */
  readonly resourceType: string
  /** `table`, `view`, `incremental`, … */
  readonly materialized?: string
  /** The table's or view's full name, quoted as the adapter does. */
  readonly relation?: string
}

interface Told {
  /** dbt's own name of the event. */
  readonly name: string
  readonly level: DbtLevel
  readonly message: string
  /** ISO, UTC. */
  readonly time?: string
}

/** One line of what dbt says while it runs. */
export type DbtEvent =
  | (Told & { readonly kind: 'version'; readonly version: string; readonly invocationId?: string })
  | (Told & { readonly kind: 'node_started'; readonly node: DbtNode })
  | (Told & {
      readonly kind: 'node_finished'
      readonly node: DbtNode
      readonly status: DbtStatus
      readonly seconds?: number
      /** Rows that were written, where the adapter tells. */
      readonly rows?: number
      /** Rows that fail a test. */
      readonly failures?: number
    })
  | (Told & { readonly kind: 'completed'; readonly success: boolean; readonly seconds?: number })
  /** Anything else that is for people: info, warnings, errors. */
  | (Told & { readonly kind: 'log'; readonly code: string; readonly data: Json })
  /** An event for machines that nothing here needs, known or not; `line` is its JSON. */
  | { readonly kind: 'other'; readonly name: string; readonly line: string }
  /** A line that is no event: a traceback, a warning of Python, a print. */
  | { readonly kind: 'text'; readonly text: string }

/** Half of a log and of no use here: not worth parsing. */
const chatter = new Set([
  'CacheAction',
  'CacheDumpGraph',
  'ConnectionClosed',
  'ConnectionLeftOpen',
  'ConnectionReused',
  'ConnectionUsed',
  'Commit',
  'JinjaDebugInfo',
  'JinjaLogDebug',
  'NewConnection',
  'NewConnectionOpening',
  'NodeCompiling',
  'NodeExecuting',
  'Rollback',
  'SQLCommit',
  'SQLQuery',
  'SQLQueryStatus',
  'WritingInjectedSQLForNode',
])

/** Inside of texts quotes are escaped; `pid` and `thread` follow the name of an event, and no other name. */
const nameThenPid = /"name": ?"(\w+)", ?"pid": ?\d+, ?"thread"/

/** The name is near the end of a line, behind what may be megabytes of SQL. */
const nameOf = (line: string): string | undefined => nameThenPid.exec(line.slice(-400))?.[1]

/** What a line of dbt's JSON log says. Never throws: whatever is no event is text. */
export function parseLine(line: string): DbtEvent {
  if (!line.startsWith('{')) return { kind: 'text', text: line }
  const known = nameOf(line)
  if (known !== undefined && chatter.has(known)) return { kind: 'other', name: known, line }
  const parsed = parseJson(line)
  const info = object(parsed?.['info'])
  const name = text(info['name'])
  if (name === undefined) return { kind: 'text', text: line }
  return eventOf(name, info, object(parsed?.['data']), line)
}

function parseJson(line: string): Json | undefined {
  try {
    return object(JSON.parse(line))
  } catch {
    return undefined
  }
}

function eventOf(name: string, info: Json, data: Json, line: string): DbtEvent {
  const time = text(info['ts'])
  const told: Told = {
    name,
    level: levelOf(info['level']),
    message: typeof info['msg'] === 'string' ? withoutFrames(info['msg']) : '',
    ...(time !== undefined && { time }),
  }
  switch (name) {
    case 'MainReportVersion': {
      const invocationId = text(info['invocation_id'])
      const version = (text(data['version']) ?? '').replace(/^=/, '')
      return { kind: 'version', ...told, version, ...(invocationId !== undefined && { invocationId }) }
    }
    case 'NodeStart': {
      const node = nodeOf(data)
      if (node) return { kind: 'node_started', ...told, node }
      break
    }
    case 'NodeFinished': {
      const node = nodeOf(data)
      if (node) return { kind: 'node_finished', ...told, node, ...outcomeOf(data) }
      break
    }
    case 'CommandCompleted': {
      const seconds = number(data['elapsed'])
      return {
        kind: 'completed',
        ...told,
        success: data['success'] === true,
        ...(seconds !== undefined && { seconds }),
      }
    }
  }
  if (told.level === 'debug') return { kind: 'other', name, line }
  return { kind: 'log', ...told, code: text(info['code']) ?? '', data }
}

/** 2.x ends its errors with the stack frames of its own code: `   0: <unknown>`, `             at ./x.c:442:8`. */
const withoutFrames = (message: string): string =>
  message.includes('\n   0: ')
    ? message.replaceAll(/\n(?: *\d+: .*| +at .*:\d+:\d+)(?=\n|$)/g, '').trimEnd()
    : message

const levels: readonly string[] = ['debug', 'info', 'warn', 'error']
function levelOf(value: unknown): DbtLevel {
  const level = String(value).toLowerCase()
  return levels.includes(level) ? (level as DbtLevel) : level === 'warning' ? 'warn' : 'info'
}

function nodeOf(data: Json): DbtNode | undefined {
  const info = object(data['node_info'])
  const id = text(info['unique_id'])
  if (id === undefined) return undefined
  const materialized = text(info['materialized'])
  const relation = text(object(info['node_relation'])['relation_name'])
  return {
    id,
    name: text(info['node_name']) ?? id.split('.').at(-1)!,
    resourceType: text(info['resource_type']) ?? id.split('.')[0]!,
    ...(materialized !== undefined && { materialized }),
    ...(relation !== undefined && { relation }),
  }
}

function outcomeOf(data: Json): {
  status: DbtStatus
  seconds?: number
  rows?: number
  failures?: number
} {
  const result = object(data['run_result'])
  const seconds = number(result['execution_time'])
  const rows = count(object(result['adapter_response'])['rows_affected'])
  const failures = count(result['num_failures'])
  return {
    // Events of batches have one of the three, or none.
    status: status(result['status'], object(data['node_info'])['node_status'], data['status']),
    ...(seconds !== undefined && { seconds }),
    ...(rows !== undefined && { rows }),
    ...(failures !== undefined && { failures }),
  }
}

/** Makes events of the bytes that dbt writes. */
export interface EventParser {
  push(chunk: Uint8Array): readonly DbtEvent[]
  /** What the last bytes say, when the stream ends in the middle of a line. */
  end(): readonly DbtEvent[]
}

/** For one stream of dbt's; of two streams, lines would be mixed. Empty lines are left out. */
export function createEventParser(): EventParser {
  const splitter = createLineSplitter()
  const parse = (lines: readonly string[]): DbtEvent[] => {
    const events: DbtEvent[] = []
    for (const line of lines) if (line !== '') events.push(parseLine(line))
    return events
  }
  return { push: (chunk) => parse(splitter.push(chunk)), end: () => parse(splitter.end()) }
}
