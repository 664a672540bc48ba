import type { DbtNodeResult } from './artifacts.ts'
import type { DbtEvent, DbtLevel, DbtStatus } from './events.ts'
import { object, text } from './json.ts'

/** A warning or an error that dbt told. */
export interface DbtMessage {
  readonly level: DbtLevel
  /** dbt's name of the event. */
  readonly name: string
  readonly text: string
}

/** How a command of dbt ended. */
export interface DbtResult {
  /** `dbt build --select=marts` */
  readonly command: string
  /** Whether every node succeeded; warnings do no harm. Exit code, events and artifacts have to agree on it. */
  readonly success: boolean
  readonly exitCode: number
  /** dbt's version. */
  readonly version: string
  readonly invocationId: string | undefined
  /** ISO, UTC. */
  readonly startedAt: string
  readonly seconds: number
  /** The folder with the artifacts of this command. */
  readonly targetPath: string
  /** The folder with `dbt.log`. */
  readonly logPath: string
  readonly nodes: readonly DbtNodeResult[]
  /** How many nodes ended with each status. */
  readonly counts: Readonly<Record<string, number>>
  /** Warnings and errors, the first thousand. */
  readonly messages: readonly DbtMessage[]
  /** What the command printed for its caller: the lines of `ls`, `show` and macros that print. */
  readonly printed: readonly string[]
}

const failed: readonly DbtStatus[] = ['error', 'fail', 'runtime error', 'partial success']

/** Whether a status makes a command fail. Skipped nodes are skipped because of others. */
export const isFailed = (status: DbtStatus): boolean => failed.includes(status)

export function countsOf(nodes: readonly DbtNodeResult[]): Readonly<Record<string, number>> {
  const counts = new Map<string, number>()
  for (const { status } of nodes) counts.set(status, (counts.get(status) ?? 0) + 1)
  return Object.fromEntries(counts)
}

const mostMessages = 1000
/** How many lines of text are kept for the case that dbt ends with nothing else said. */
const lastLines = 20

/** What the events of a command add up to; it grows with the nodes, not with the log. */
export interface Summary {
  add(event: DbtEvent): void
  readonly nodes: ReadonlyMap<string, DbtNodeResult>
  /** Tests that could not be asked, by id, and why: 2.x tells that in its log only, and counts them as failed with one row. */
  readonly crashed: ReadonlyMap<string, string>
  readonly messages: readonly DbtMessage[]
  readonly printed: readonly string[]
  readonly version: string | undefined
  readonly invocationId: string | undefined
  /** Whether dbt said that the command succeeded; undefined when it did not say. */
  readonly completed: boolean | undefined
  /** Errors, or else the last lines that were no events. */
  said(): readonly string[]
}

export function createSummary(): Summary {
  const nodes = new Map<string, DbtNodeResult>()
  const crashed = new Map<string, string>()
  const messages: DbtMessage[] = []
  const printed: string[] = []
  const last: string[] = []
  let told: { version?: string; invocationId?: string; completed?: boolean } = {}
  const note = (level: DbtLevel, name: string, text: string): void => {
    if (messages.length < mostMessages) messages.push({ level, name, text })
  }
  return {
    nodes,
    crashed,
    messages,
    printed,
    get version() {
      return told.version
    },
    get invocationId() {
      return told.invocationId
    },
    get completed() {
      return told.completed
    },
    said: () => {
      const errors = messages.filter(({ level }) => level === 'error').map((message) => message.text)
      return errors.length > 0 ? errors : [...last]
    },
    add(event) {
      switch (event.kind) {
        case 'version':
          told = {
            ...told,
            version: event.version,
            ...(event.invocationId && { invocationId: event.invocationId }),
          }
          break
        case 'node_finished':
          nodes.set(event.node.id, nodeResult(event))
          break
        case 'completed':
          told = { ...told, completed: event.success }
          break
        case 'log':
          if (event.level === 'warn' || event.level === 'error') note(event.level, event.name, event.message)
          if (event.level === 'error' && event.message.endsWith('Treating as failing test.')) {
            const id = text(object(event.data['node_info'])['unique_id'])
            if (id !== undefined) crashed.set(id, event.message)
          }
          if (event.level === 'info' && isPrinted(event.name)) printed.push(event.message)
          break
        case 'text':
          last.push(event.text)
          if (last.length > lastLines) last.shift()
          break
        case 'node_started':
        case 'other':
          break
      }
    },
  }
}

/** As the result will tell of it. */
export function asResult(event: DbtEvent, { crashed }: Summary): DbtEvent {
  if (event.kind !== 'node_finished' || !crashed.has(event.node.id)) return event
  const { failures: _, ...ended } = event
  return { ...ended, status: 'error' }
}

const isPrinted = (name: string): boolean => /^(PrintEvent|ListCmdOut|ShowNode|ShowException)$/.test(name)

function nodeResult(event: DbtEvent & { kind: 'node_finished' }): DbtNodeResult {
  const { node, status, seconds, rows, failures, time } = event
  return {
    ...node,
    status,
    seconds: seconds ?? 0,
    ...(time !== undefined && { finishedAt: time }),
    ...(rows !== undefined && { rows }),
    ...(failures !== undefined && { failures }),
  }
}
