import { styleText } from 'node:util'

type Style = Parameters<typeof styleText>[0]

/** Colours where stdout is a terminal that wants them (NO_COLOR, FORCE_COLOR). */
export const paint = (style: Style, text: string): string =>
  styleText(style, text, { stream: process.stdout })

// oxlint-disable-next-line no-control-regex -- What `paint` writes stays.
const commands = /(\u001b\[[\d;]*m)|[^\P{Cc}\n\t]/gu

/** A text of another's making as it stands: a terminal obeys nothing in it but colours. */
export const visible = (text: string): string =>
  text.replaceAll(commands, (found, colour: string | undefined) => colour ?? (found === '\r' ? '' : '\ufffd'))

const units = ['B', 'kB', 'MB', 'GB', 'TB']

export function bytes(n: number): string {
  let value = n
  let unit = 0
  while (value >= 1000 && unit < units.length - 1) {
    value /= 1000
    unit++
  }
  return `${unit === 0 || value >= 100 ? Math.round(value) : value.toFixed(1)} ${units[unit]}`
}

/** `3,000,000`; Intl would load its data for it. */
export const count = (n: number): string => String(n).replaceAll(/(?<=\d)(?=(\d{3})+$)/g, ',')
export const plural = (n: number, one: string, many: string = `${one}s`): string =>
  `${count(n)} ${n === 1 ? one : many}`
export const seconds = (ms: number): string =>
  ms < 10_000 ? `${(ms / 1000).toFixed(2)} s` : `${(ms / 1000).toFixed(1)} s`
