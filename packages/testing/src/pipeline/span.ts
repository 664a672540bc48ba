import type { PartitionRequest } from '@levada/core/run'
import type { FakeOptions } from './fake-rows.ts'

/** What `2001-03`, `2001-03-04` and `2001-03-04T05` cover: half-open, milliseconds since 1970, as if in UTC. */
function covered(text: string): readonly [number, number] {
  const [, year, month, day, hour] = /^(\d{4})-(\d\d)(?:-(\d\d)(?:T(\d\d))?)?/.exec(text)!
  const at = (days: number, hours: number): number =>
    Date.UTC(Number(year), Number(month) - 1, Number(day ?? 1) + days, Number(hour ?? 0) + hours)
  if (day === undefined) return [at(0, 0), Date.UTC(Number(year), Number(month), 1)]
  return [at(0, 0), hour === undefined ? at(1, 0) : at(0, 1)]
}

/** The times that partitions of a run cover, for dates that are faked, and their values that are no times. */
export function spanOf(request: PartitionRequest): Pick<FakeOptions, 'between' | 'fixed'> {
  const partition = textOf(request)
  const spans = [...partition.matchAll(/\d{4}-\d\d(?:-\d\d(?:T\d\d)?)?/g)].map(([text]) => covered(text))
  const values = partition
    .split(',')
    .map((part) => /^\s*(\w+)\s*=\s*([^=]*?)\s*$/.exec(part))
    .flatMap((match) => (match && !/^\d{4}-\d\d/.test(match[2]!) ? [[match[1]!, match[2]!] as const] : []))
  // Of several values any is right, and there are no others.
  const fixed = values.filter(([name]) => values.filter(([other]) => other === name).length === 1)
  return {
    ...(spans.length > 0 && {
      between: [Math.min(...spans.map(([from]) => from)), Math.max(...spans.map(([, to]) => to))],
    }),
    ...(fixed.length > 0 && { fixed: Object.fromEntries(fixed) }),
  }
}

const textOf = (request: PartitionRequest): string =>
  typeof request === 'string'
    ? request
    : Object.entries(request)
        .flatMap(([name, value]) =>
          typeof value === 'string'
            ? [`${name}=${value}`]
            : 'from' in value
              ? [`${name}=${value.from}..${value.to}`]
              : value.map((each) => `${name}=${each}`),
        )
        .join(',')
