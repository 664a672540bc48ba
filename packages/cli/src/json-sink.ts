import type { EventSink } from '@levada/core/run'
import { printLine } from './print-line.ts'

/** One event per line on stdout. */
export const jsonSink = (print: (line: string) => void = printLine): EventSink => ({
  name: 'json',
  event: (event) => print(JSON.stringify(event)),
})
