import { dayOf, type Team } from './tables.ts'
import type { PlanOptions } from '@levada/core/run'

/** A run that is killed. */
export interface Killed {
  readonly team: Team
  readonly night: number
  readonly dir: string
  /** The steps that it finishes. */
  readonly after: number
}

/** Days that a night looks back: more than rows come late, and than a failure, or the nights on which a team does not run, delay them. */
const lookBack: Readonly<Record<Team, number>> = { shop: 5, logistics: 8, finance: 12 }

export const daysOf = (team: Team, night: number): readonly [string, string] => [
  dayOf(Math.max(0, night - lookBack[team])),
  dayOf(night),
]

/** The command of an operator, every night the same: all that may have changed in some days. */
export function requestOf(team: Team, night: number): PlanOptions {
  const [from, to] = daysOf(team, night)
  return { partition: { day: { from, to } }, now: new Date(`${to}T23:30:00Z`) }
}
