import type { Redact } from '../config/index.ts'
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

/** The time, UTC. Many events are of the same millisecond. */
function clock(): () => string {
  let ms = 0
  let text = ''
  return () => {
    const now = Date.now()
    if (now !== ms) text = new Date(now).toISOString()
    ms = now
    return text
  }
}

/** Gives each event its time and run, takes secrets out, and hands it to every sink. A sink that throws is reported once and left out. */
export function createEmitter(
  runId: string,
  sinks: readonly EventSink[],
  redact: Redact,
  report: (message: string) => void,
): Emitter {
  const failed = new Set<EventSink>()
  const now = clock()
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
        time: now(),
        run_id: runId,
        ...redact(event),
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
