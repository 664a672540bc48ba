import { median, medianInterval } from './measure.ts'

/** One line of the report. `ratio` is ours ÷ other, the median over pairs; `interval` its 95 % confidence interval, of fewer than six pairs the lowest and highest. */
export interface Figure {
  readonly name: string
  readonly ours: number
  readonly other: number
  readonly ratio: number
  readonly interval?: readonly [number, number]
  readonly bar: number
  readonly ok: boolean
  readonly unit: string
  readonly pairs: number
}

/** Pairs of ours and the other's, as their ratio. */
export function ratioFigure(
  name: string,
  unit: string,
  bar: number,
  found: readonly (readonly [number, number])[],
): Figure {
  const ratios = found.map(([a, b]) => a / b)
  const ratio = median(ratios)
  return {
    name,
    unit,
    bar,
    pairs: found.length,
    ratio,
    ok: ratio <= bar,
    ...(found.length > 1 && { interval: medianInterval(ratios) }),
    ours: median(found.map(([a]) => a)),
    other: median(found.map(([, b]) => b)),
  }
}

/** Something that was measured once, or as a median, against another or what it has to keep. */
export const figureOf = (
  name: string,
  unit: string,
  bar: number,
  ours: number,
  other: number,
  pairs = 1,
): Figure => ({ name, unit, ours, other, ratio: ours / other, bar, ok: ours / other <= bar, pairs })

/** A time against one that it has to keep, both in the same unit. */
export const limitFigure = (name: string, limit: number, pairs: number, ours: number, unit = 'ms'): Figure =>
  figureOf(name, unit, 1, ours, limit, pairs)

/** Of ratios small ones, too. */
export const ratioText = (ratio: number): string =>
  Math.abs(ratio) >= 0.1 ? ratio.toFixed(2) : ratio.toPrecision(2)

export const digits = (n: number): string => (Math.abs(n) >= 100 ? n.toFixed(0) : n.toPrecision(3))

export function printFigure(figure: Figure, json: boolean): void {
  if (json) {
    console.log(JSON.stringify(figure))
    return
  }
  const { name, ours, other, ratio, interval, bar, ok, unit, pairs } = figure
  const spread = interval
    ? ` (${pairs < 6 ? 'all' : '95 %'}: ${interval[0].toFixed(3)} to ${interval[1].toFixed(3)})`
    : ''
  console.log(
    `${ok ? '✓' : '✗'} ${name}: ${ratio.toFixed(3)}×${spread}, bar ${bar}×; ours ${digits(ours)} ${unit}, other ${digits(other)} ${unit}, ${pairs} pairs`,
  )
}
