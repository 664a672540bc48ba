import { requestText, type PartitionRequest } from '@levada/core/run'
import type { FakeOptions } from './fake-rows.ts'

const day = (ms: number): string => new Date(ms).toISOString().slice(0, 10)

/** The days that a partition of a run covers, for dates that are faked, and its values that are no dates. */
export function spanOf(request: PartitionRequest): Pick<FakeOptions, 'days' | 'fixed'> {
  const partition = requestText(request)
  // A day that no calendar has is for the plan to tell.
  const dates = [...partition.matchAll(/\d{4}-\d\d(-\d\d)?/g)]
    .map(([text, rest]) => ({
      first: Date.parse(rest === undefined ? `${text}-01` : text),
      last: rest === undefined ? endOfMonth(text) : Date.parse(text),
    }))
    .filter(({ first, last }) => !Number.isNaN(first + last))
  const fixed = partition
    .split(',')
    .map((part) => /^\s*(\w+)\s*=\s*([^=]*?)\s*$/.exec(part))
    .flatMap((match) => (match && !/^\d{4}-\d\d/.test(match[2]!) ? [[match[1]!, match[2]!] as const] : []))
  return {
    ...(dates.length > 0 && {
      days: [day(Math.min(...dates.map((d) => d.first))), day(Math.max(...dates.map((d) => d.last)))],
    }),
    ...(fixed.length > 0 && { fixed: Object.fromEntries(fixed) }),
  }
}

const endOfMonth = (month: string): number => {
  const end = new Date(`${month}-01T00:00:00Z`)
  end.setUTCMonth(end.getUTCMonth() + 1, 0)
  return end.getTime()
}
