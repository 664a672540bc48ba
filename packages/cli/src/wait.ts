import { LevadaError, quoted } from '@levada/core/run'

/** For how long to wait, in milliseconds; undefined when not at all. @throws USAGE */
export function waitOf(wait: string | boolean | undefined): number | undefined {
  if (wait === undefined || wait === false) return undefined
  if (wait === true) return Infinity
  const [, count, unit] = /^(\d{1,6})(s|m|h)$/.exec(wait) ?? []
  if (count === undefined)
    throw new LevadaError('USAGE', `--wait ${wait} is not a time.`, {
      hint: 'Write --wait 30s, --wait 10m or --wait 2h; --wait alone waits as long as it takes.',
    })
  return Number(count) * { s: 1000, m: 60_000, h: 3_600_000 }[unit as 's' | 'm' | 'h']
}

/** The command line that waits in place of failing, as long as it takes. */
export function waitingCommand(words: readonly string[]): string {
  const rest = words.filter((word, i) => {
    const isTime = words[i - 1] === '--wait' && /^\d{1,6}(s|m|h)$/.test(word)
    return !isTime && word !== '--wait' && !word.startsWith('--wait=')
  })
  return ['levada', ...rest.map(quoted), '--wait'].join(' ')
}
