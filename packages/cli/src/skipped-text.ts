import type { SkippedStep } from '@levada/core/run'
import { plural } from './style.ts'

/** `3 steps unchanged, 1 step exists`. */
export function skippedText(skipped: readonly SkippedStep[]): string {
  const exists = skipped.filter(({ reason }) => reason === 'exists').length
  const unchanged = skipped.length - exists
  return [
    ...(unchanged > 0 ? [`${plural(unchanged, 'step')} unchanged`] : []),
    ...(exists > 0 ? [`${plural(exists, 'step')} left out, since something is stored`] : []),
  ].join(', ')
}

/** What a run or plan without steps says. */
export const nothingText = (skipped: readonly SkippedStep[]): string =>
  skipped.length > 0 ? `Nothing to do: ${skippedText(skipped)}.` : 'Nothing to do.'
