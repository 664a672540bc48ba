import { failStray, strayText, watchStrays, type LevadaError } from '@levada/core/run'
import { paint } from './style.ts'

/** From now on, whatever a step does not wait for fails that step alone when it throws, or is told when it comes too late for that. */
export function catchStrays(): void {
  if (process.hasUncaughtExceptionCaptureCallback()) return
  watchStrays()
  process.setUncaughtExceptionCaptureCallback((thrown) => {
    const stray = isClosedPipe(thrown) ? undefined : failStray(thrown)
    if (!stray) process.emit('uncaughtException', thrown)
    else if (!stray.fails) tellStray(stray.error)
  })
}

const told = new Set<string>()

/** Tells each once: what comes again and again does so with the same words. */
export function tellStray(error: LevadaError): void {
  const text = strayText(error)
  if (told.has(text)) return
  told.add(text)
  console.error(`${paint('yellow', '!')} ${text}`)
}

/** Who reads no further, ends nothing of a run. */
export const isClosedPipe = (error: unknown): boolean =>
  (error as NodeJS.ErrnoException | undefined)?.code === 'EPIPE' &&
  (error as NodeJS.ErrnoException).syscall === 'write'
