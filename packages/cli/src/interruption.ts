/** While nodes run it is another function. */
const exit = process.exit.bind(process)

/** The first Ctrl-C stops the work in an orderly way, and says so; the second at once. */
export function interruption(message: string | undefined): { signal: AbortSignal; stop: () => void } {
  const controller = new AbortController()
  let first = 0
  const onSignal = (): void => {
    // A terminal signals the whole group and a launcher hands it on: twice at once is one.
    if (controller.signal.aborted && performance.now() - first < 500) return
    if (controller.signal.aborted) exit(130)
    first = performance.now()
    if (message !== undefined) console.error(`\n${message}`)
    controller.abort()
  }
  for (const name of ['SIGINT', 'SIGTERM'] as const) process.on(name, onSignal)
  return {
    signal: controller.signal,
    stop: () => {
      // The launcher's copy of an interrupt may arrive when the work has already ended.
      if (controller.signal.aborted) return
      for (const name of ['SIGINT', 'SIGTERM'] as const) process.off(name, onSignal)
    },
  }
}
