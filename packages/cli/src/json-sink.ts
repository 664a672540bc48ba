import type { EventSink } from '@levada/core/run'

/** One event per line on stdout. */
export const jsonSink = (): EventSink => ({
  name: 'json',
  event: (event) => console.log(JSON.stringify(event)),
})
