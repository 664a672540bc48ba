/** Why a delay cannot be right, in words for the people who report it. */
export function reasonFor({ delay_minutes }: { readonly delay_minutes: number }): string {
  const hours = Math.round(Math.abs(delay_minutes) / 60)
  return delay_minutes < 0
    ? `left ${hours} hours before its time`
    : `left ${hours} hours late: probably the wrong day`
}
