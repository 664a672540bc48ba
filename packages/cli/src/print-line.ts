let isLineOpen = false

/** From now on {@link printLine} knows whether something else has begun a line on stdout, such as a node that prints its progress in dots. */
export function watchStdout(): void {
  const { stdout } = process
  const write = stdout.write.bind(stdout) as (...given: readonly unknown[]) => boolean
  stdout.write = (chunk: string | Uint8Array, ...rest: readonly unknown[]) => {
    const hasRoom = write(chunk, ...rest)
    if (chunk.length > 0) isLineOpen = typeof chunk === 'string' ? !chunk.endsWith('\n') : chunk.at(-1) !== 10
    return hasRoom
  }
}

/** Prints what is read by lines in one of its own. */
export const printLine = (line: string): void => console.log(isLineOpen ? `\n${line}` : line)
