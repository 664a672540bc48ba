import { paint } from './style.ts'

const frames = ['⠋', '⠙', '⠹', '⠸', '⠼', '⠴', '⠦', '⠧', '⠇', '⠏']

/** Whether to redraw lines: on a terminal that is not a CI's. */
const isLive = (): boolean => process.stdout.isTTY && !process.env['CI'] && process.env['TERM'] !== 'dumb'

export interface Live {
  /** Prints lines that stay. */
  print(lines: readonly string[]): void
  /** Draws no more. */
  clear(): void
  close(): void
}

/** Lines below all that is printed, redrawn ten times a second on a terminal and left out elsewhere. */
export async function openLive(lines: (frame: string) => readonly string[]): Promise<Live> {
  const live = isLive() ? (await import('log-update')).createLogUpdate(process.stdout) : undefined
  let tick = 0
  const draw = (): void => {
    if (live) live(lines(paint('cyan', frames[++tick % frames.length]!)).join('\n'))
  }
  const timer = live ? setInterval(draw, 100) : undefined
  timer?.unref()
  return {
    print(stay) {
      live?.clear()
      console.log(stay.join('\n'))
      draw()
    },
    clear() {
      clearInterval(timer)
      live?.clear()
    },
    close() {
      clearInterval(timer)
      live?.done()
    },
  }
}
