import { isRule, type RuleId } from './rules.ts'

/** A relaxed rule as a changelog tells it: what was broken, why, and who allowed it. */
export interface RelaxedText {
  readonly rule: RuleId
  /** `aviation.flights.delay` */
  readonly of: string
  readonly reason: string
  readonly approvedBy: string
}

const line = (text: string): string => text.trim().replaceAll(/\s+/g, ' ')

export const relaxedText = ({ rule, of, reason, approvedBy }: RelaxedText): string =>
  `Relaxed: \`${rule} ${of}\`: ${line(reason)} (approved by ${line(approvedBy)})`

/** What the section of a version in a changelog says of relaxed rules. */
export function relaxedInChangelog(changelog: string, version: string): readonly RelaxedText[] {
  const section = changelog.split(/^## /m).find((part) => part.split('\n', 1)[0]?.trim() === version) ?? ''
  return [...section.matchAll(/Relaxed: `(\S+) ([^`]+)`: (.*) \(approved by (.+)\)$/gm)].flatMap(
    ([, rule = '', of = '', reason = '', approvedBy = '']) =>
      isRule(rule) ? [{ rule, of, reason, approvedBy }] : [],
  )
}
