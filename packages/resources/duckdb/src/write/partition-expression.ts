import type { ColumnType, Grain } from '@levada/core/spi'
import { quoteText } from '../sql/quote.ts'

/** The value of the partition that a column's value belongs to, as text. */
export function partitionExpression(type: ColumnType, grain: Grain | undefined, value: string): string {
  if (!grain) return value
  const { kind, timeZone, offset = 0 } = grain
  const clock = (moment: string): string =>
    type.kind === 'instant' && timeZone !== undefined
      ? `(${moment} at time zone ${quoteText(timeZone)})`
      : `cast(${moment} as timestamp)`
  const minus = (time: string, by: number, unit: string): string =>
    by === 0 ? time : `(${time} - interval ${by} ${unit})`
  switch (kind) {
    case 'hourly': {
      const moment = minus(value, offset, 'minute')
      const hour = (of: string): string => `strftime(${clock(of)}, '%Y-%m-%dT%H')`
      if (timeZone === undefined || timeZone === 'UTC') return hour(moment)
      const ahead = `date_diff('minute', ${moment} at time zone 'UTC', ${clock(moment)})`
      const zone = `printf('%s%02d:%02d', case when ${ahead} < 0 then '-' else '+' end, abs(${ahead}) // 60, abs(${ahead}) % 60)`
      // The clock went back: the hour before was of the same name.
      return `${hour(moment)} || case when ${hour(moment)} = ${hour(minus(moment, 1, 'hour'))} then ${zone} else '' end`
    }
    case 'daily':
      return `strftime(${minus(clock(value), offset, 'hour')}, '%Y-%m-%d')`
    case 'weekly':
      return `strftime(date_trunc('week', ${minus(clock(value), offset, 'day')}) + interval ${offset} day, '%Y-%m-%d')`
    case 'monthly':
      return `strftime(${minus(clock(value), offset, 'day')}, '%Y-%m')`
  }
}
