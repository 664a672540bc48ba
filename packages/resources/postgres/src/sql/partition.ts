import type { ColumnType, Grain } from '@levada/core/spi'
import { quoteText } from './quote.ts'

/** The value of the partition that a column's value belongs to; a text, or the value itself. */
export function partitionSql(type: ColumnType, grain: Grain | undefined, value: string): string {
  if (!grain) return value
  const { kind, timeZone, offset = 0 } = grain
  const clock = (moment: string): string =>
    type.kind === 'instant' && timeZone !== undefined
      ? `(${moment} at time zone ${quoteText(timeZone)})`
      : `cast(${moment} as timestamp)`
  const minus = (time: string, by: number, unit: string): string =>
    by === 0 ? time : `(${time} - interval '${by} ${unit}')`
  switch (kind) {
    case 'hourly': {
      const moment = minus(value, offset, 'minute')
      const hour = (of: string): string => `to_char(${clock(of)}, 'YYYY-MM-DD"T"HH24')`
      if (timeZone === undefined || timeZone === 'UTC') return hour(moment)
      const ahead = `(${clock(moment)} - (${moment} at time zone 'UTC'))`
      const zone = `case when ${ahead} < interval '0' then '-' else '+' end || to_char(greatest(${ahead}, -${ahead}), 'HH24:MI')`
      // The clock went back: the hour before was of the same name.
      return `${hour(moment)} || case when ${hour(moment)} = ${hour(minus(moment, 1, 'hour'))} then ${zone} else '' end`
    }
    case 'daily':
      return `to_char(${minus(clock(value), offset, 'hour')}, 'YYYY-MM-DD')`
    case 'weekly':
      return `to_char(date_trunc('week', ${minus(clock(value), offset, 'day')}) + interval '${offset} day', 'YYYY-MM-DD')`
    case 'monthly':
      return `to_char(${minus(clock(value), offset, 'day')}, 'YYYY-MM')`
  }
}
