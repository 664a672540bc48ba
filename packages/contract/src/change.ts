import type { Bump } from './bump.ts'
import { rules, type RuleId, type Side } from './rules.ts'

/** What a change is about. */
export interface Subject {
  readonly kind: 'asset' | 'param' | 'resource' | 'node' | 'dialect' | 'pipeline'
  readonly name: string
}

export interface Change {
  readonly rule: RuleId
  readonly side: Side
  readonly bump: Bump
  readonly level: 'break' | 'warn' | 'info'
  readonly subject: Subject
  /** The column inside the asset: `delay`, `legs[].origin`. */
  readonly path?: string
  readonly old?: string
  readonly new?: string
  /** A sentence that names thing and fact. */
  readonly message: string
  /** What to do about it; absent where nothing has to be done. */
  readonly hint?: string
}

/** Where a comparison is at. */
export interface At {
  readonly side: Side
  readonly subject: Subject
  readonly path?: string
}

export interface Facts {
  readonly old?: string
  readonly new?: string
  readonly hint?: string
}

/** `'aviation.flights'.delay`, as messages name it; `required` where it is what we read. */
const nameOf = ({ side, subject: { kind, name }, path }: At): string => {
  const word = kind === 'asset' ? (side === 'required' ? 'required ' : '') : `${kind} `
  return `${word}'${name}'${path === undefined ? '' : `.${path}`}`
}

/** A change by its rule; `fact` is what stands behind the name of the thing. */
export function change(rule: RuleId, at: At, fact: string, facts: Facts = {}): Change {
  const { [at.side]: bump, level, ...rest } = rules[rule]
  const remedy = (at.side === 'required' ? rest.requiredRemedy : undefined) ?? rest.remedy
  if (bump === undefined) throw new TypeError(`Rule ${rule} has no side '${at.side}'`)
  const hint = [facts.hint, ...(bump === 'major' && remedy !== undefined ? [remedy] : [])].filter(
    (part) => part !== undefined,
  )
  return {
    rule,
    side: at.side,
    bump,
    level: bump === 'major' ? 'break' : (level ?? 'info'),
    subject: at.subject,
    ...(at.path !== undefined && { path: at.path }),
    ...(facts.old !== undefined && { old: facts.old }),
    ...(facts.new !== undefined && { new: facts.new }),
    message: `${nameOf(at)} ${fact}.`,
    ...(hint.length > 0 && { hint: hint.join(' ') }),
  }
}
