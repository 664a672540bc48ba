import type { EventSink, LevadaEvent } from '../events/index.ts'

type Without<T> = T extends unknown ? Omit<T, 'schema' | 'time' | 'run_id'> : never
/** An event as the code that emits it writes it. */
export type NewEvent = Without<LevadaEvent>

export interface Emitter {
  emit(event: NewEvent): void
  /** Hands on an event that another process or thread has logged. */
  forward(event: LevadaEvent): void
  close(): Promise<void>
}

/** The same with every text redacted, at any depth. */
function clean<T>(value: T, redact: (text: string) => string): T {
  if (typeof value === 'string') return redact(value) as T
  if (Array.isArray(value)) return value.map((item: unknown) => clean(item, redact)) as T
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => [key, clean<unknown>(inner, redact)]),
  ) as T
}

/** Gives each event its time and run, takes secrets out, and hands it to every sink. A sink that throws is reported once and left out. */
export function createEmitter(
  runId: string,
  sinks: readonly EventSink[],
  redact: (text: string) => string,
  report: (message: string) => void,
): Emitter {
  const failed = new Set<EventSink>()
  const attempt = (sink: EventSink, action: () => void): void => {
    if (failed.has(sink)) return
    try {
      action()
    } catch (error) {
      failed.add(sink)
      report(
        `Event sink '${sink.name}' failed and gets no further events: ${error instanceof Error ? error.message : String(error)}`,
      )
    }
  }
  return {
    emit(event) {
      const full = {
        schema: 1,
        time: new Date().toISOString(),
        run_id: runId,
        ...clean(event, redact),
      } as LevadaEvent
      for (const sink of sinks) attempt(sink, () => sink.event(full))
    },
    forward(event) {
      for (const sink of sinks) if (sink.name !== 'log') attempt(sink, () => sink.event(event))
    },
    async close() {
      for (const sink of sinks) {
        await sink.close?.().catch((error: unknown) =>
          attempt(sink, () => {
            throw error
          }),
        )
      }
    },
  }
}
