import type { Bump } from './bump.ts'

/** What others read, what we read (sources, requirements, params, resources), or the package as a whole. */
export type Side = 'provided' | 'required' | 'package'

export interface Rule {
  /** What it is about, in one sentence. */
  readonly explanation: string
  /** The bump that it asks for on each side; absent where it cannot occur. */
  readonly provided?: Bump
  readonly required?: Bump
  readonly package?: Bump
  /** `warn`: allowed by its bump, and still worth a look. Otherwise the bump says it. */
  readonly level?: 'warn'
  /** How to do without the break. */
  readonly remedy?: string
  /** The same where it is read, when that is another thing. */
  readonly requiredRemedy?: string
}

const table = {
  'asset-removed': {
    explanation:
      'An asset is gone: whoever reads it finds no provider. One that is no longer needed is a relief.',
    provided: 'major',
    required: 'minor',
    remedy: 'Keep it, and announce that it goes: deprecated: { since, remove, use }.',
  },
  'asset-renamed': {
    explanation: 'An asset has another name and the same schema.',
    provided: 'major',
    remedy: 'Keep the old name as an SQL node over the new asset, and deprecate it.',
  },
  'asset-added': {
    explanation:
      'A new asset is offered. A new requirement or source is something that every app has to provide.',
    provided: 'minor',
    required: 'major',
    remedy: 'Ask for less: what every app has to provide is asked of all at once.',
  },
  'column-added-nullable': {
    explanation:
      'A column is new, nullable or with a default. Stored rows read as NULL where it is nullable.',
    provided: 'minor',
  },
  'column-added': {
    explanation: 'A column is new and not null. Where it is read, its provider has to have it from now on.',
    provided: 'minor',
    required: 'major',
    remedy: 'Read it where it exists: .optional().',
  },
  'column-added-optional': {
    explanation: 'A further column is read where it exists.',
    required: 'minor',
  },
  'column-removed': {
    explanation:
      'A column is gone: whoever reads it does not compile. One that is no longer read is a relief.',
    provided: 'major',
    required: 'minor',
    remedy: 'Keep it, and announce that it goes: deprecated: { since, remove, use }.',
  },
  'column-now-needed': {
    explanation: 'A column that was read where it existed has to exist now.',
    required: 'major',
    remedy: 'Leave it .optional().',
  },
  'column-now-optional': {
    explanation: 'A column that had to exist is read where it exists.',
    required: 'minor',
  },
  'type-changed': {
    explanation:
      'A column has another base type, int to bigint included: the row type of a consumer does not compile.',
    provided: 'major',
    required: 'major',
    remedy: 'Offer the new shape beside the old one, under another name, and deprecate the old.',
    requiredRemedy: 'Go on reading what was read. Where its provider has changed, follow with the same bump.',
  },
  'type-widened': {
    explanation: 'What is read has another type that takes every value of the old one.',
    required: 'minor',
  },
  'decimal-widened': {
    explanation:
      'A decimal has more digits before the point, and as many behind it: a value may no longer fit.',
    provided: 'minor',
    required: 'minor',
    level: 'warn',
  },
  'decimal-changed': {
    explanation: 'A decimal has another number of digits behind the point, or fewer in all.',
    provided: 'major',
    required: 'major',
    remedy: 'Offer the new shape beside the old one, under another name, and deprecate the old.',
    requiredRemedy: 'Go on reading what was read. Where its provider has changed, follow with the same bump.',
  },
  'null-removed': {
    explanation: 'A column is not null any more. Where it is read, NULL is refused from now on.',
    provided: 'minor',
    required: 'major',
    remedy: 'Leave it .nullable(), and say in the code what NULL means.',
  },
  'null-added': {
    explanation: 'A column may be NULL now: whoever reads it does not expect that.',
    provided: 'major',
    required: 'minor',
    remedy: 'Fill the column with a value that says what is missing, or offer it under another name.',
  },
  'enum-value-added': {
    explanation: 'An enum has a new value: whoever reads it has no case for it.',
    provided: 'major',
    required: 'minor',
    remedy: 'Declare the enum open, col.openEnum([…]), with the next major: later values break nobody.',
  },
  'enum-value-added-open': {
    explanation: 'An enum that is declared open has a new value, as was announced.',
    provided: 'minor',
  },
  'enum-value-removed': {
    explanation: 'An enum has lost a value. Where it is read, that value is refused from now on.',
    provided: 'minor',
    required: 'major',
    remedy: 'Go on taking the value.',
  },
  'enum-opened': {
    explanation: 'An enum is declared open: values may come that its readers have no case for.',
    provided: 'major',
    required: 'minor',
    remedy: 'Offer the new shape beside the old one, under another name, and deprecate the old.',
  },
  'enum-closed': {
    explanation: 'An enum is no longer open. Where it is read, other values are refused from now on.',
    provided: 'minor',
    required: 'major',
    remedy: 'Leave the enum open.',
  },
  'enum-to-string': {
    explanation: 'An enum became a string: any value may come.',
    provided: 'major',
    required: 'minor',
    remedy: 'Offer the new shape beside the old one, under another name, and deprecate the old.',
  },
  'string-to-enum': {
    explanation: 'A string became an enum: only these values come, or are taken.',
    provided: 'minor',
    required: 'major',
    remedy: 'Go on taking any string.',
  },
  'key-changed': {
    explanation: 'Other columns identify a row: joins and updates by key are wrong.',
    provided: 'major',
    required: 'major',
    remedy: 'Offer the new shape beside the old one, under another name, and deprecate the old.',
    requiredRemedy: 'Go on reading what was read. Where its provider has changed, follow with the same bump.',
  },
  'partition-changed': {
    explanation: 'The asset is partitioned by another dimension, granularity or time zone.',
    provided: 'major',
    required: 'major',
    remedy: 'Offer the new shape beside the old one, under another name, and deprecate the old.',
    requiredRemedy: 'Go on reading what was read. Where its provider has changed, follow with the same bump.',
  },
  'partition-bounds-changed': {
    explanation: 'More partitions may exist than before.',
    provided: 'minor',
    required: 'minor',
  },
  'partition-bounds-narrowed': {
    explanation: 'Partitions that could be read may not exist any more.',
    provided: 'major',
    required: 'minor',
    remedy: 'Keep the bounds and values, and let those partitions be empty; or tell consumers first.',
  },
  'append-only': {
    explanation: 'Rows are only added: what is there stays as it is.',
    provided: 'minor',
  },
  'append-only-ended': {
    explanation:
      'Rows that are there may change or go, or come in another order: who reads only what is new misses them.',
    provided: 'major',
    remedy: 'Offer the new shape beside the old one, under another name, and deprecate the old.',
  },
  'unit-changed': {
    explanation: 'The numbers of a column count something else: the types agree and the results are wrong.',
    provided: 'major',
    required: 'major',
    remedy: 'Offer the new shape beside the old one, under another name, and deprecate the old.',
    requiredRemedy: 'Go on reading what was read. Where its provider has changed, follow with the same bump.',
  },
  'unit-declared': {
    explanation: 'A column says what its numbers count. Where it is read, that is a demand.',
    provided: 'minor',
    required: 'major',
    remedy: 'Leave the unit out of what is expected.',
  },
  'column-default-changed': {
    explanation: 'What rows would have that were stored before a column was there is another value.',
    provided: 'minor',
    required: 'minor',
    level: 'warn',
  },
  'check-weakened': {
    explanation: 'A check that blocked is gone, looser or only a warning: rows may come that were ruled out.',
    provided: 'major',
    remedy: 'Keep the check, or tell consumers first.',
  },
  'check-strengthened': {
    explanation: 'A check is new or tighter, or a warning is gone.',
    provided: 'minor',
  },
  'source-checks-changed': {
    explanation: 'A source is checked in another way before it is read.',
    required: 'patch',
  },
  deprecated: {
    explanation: 'An asset or column is announced to go: whoever reads it is told.',
    provided: 'minor',
  },
  'deprecation-changed': {
    explanation: 'An announcement that an asset or column will go says something else, or is withdrawn.',
    provided: 'patch',
  },
  'param-added': {
    explanation: 'A param is new and has a default.',
    required: 'minor',
  },
  'param-added-required': {
    explanation: 'A param is new and has no default: every app has to give it.',
    required: 'major',
    remedy: 'Give it a default: .default(…).',
  },
  'param-removed': {
    explanation: 'A param is gone: an app that gives it does not compile.',
    required: 'major',
    remedy: 'Keep the param and ignore it.',
  },
  'param-narrowed': {
    explanation: 'A param takes fewer values, or has no default any more.',
    required: 'major',
    remedy: 'Go on taking what was taken.',
  },
  'param-widened': {
    explanation: 'A param takes more values, or may be left out.',
    required: 'minor',
  },
  'param-default-changed': {
    explanation: 'A param that is left out has another value than before.',
    required: 'minor',
    level: 'warn',
  },
  'resource-added': {
    explanation: 'A resource is needed anew: every app has to give it.',
    required: 'major',
    remedy: 'Make do without it, or put the node that needs it into a package of its own.',
  },
  'resource-removed': {
    explanation: 'A resource is no longer needed.',
    required: 'minor',
  },
  'resource-changed': {
    explanation: 'A resource has to be of another type.',
    required: 'major',
    remedy: 'Take the new resource under another name.',
  },
  'dialect-dropped': {
    explanation: 'The package has no SQL of its own for a dialect any more.',
    package: 'major',
    remedy: 'Keep the SQL of the dialect.',
  },
  'dialect-added': {
    explanation: 'The package has SQL of its own for one more dialect.',
    package: 'minor',
  },
  'pipeline-renamed': {
    explanation: 'The pipeline has another name: params, selections and stored history go by it.',
    package: 'major',
    remedy: 'Keep the name.',
  },
  'documentation-changed': {
    explanation: 'A description, an owner, tags or the order of columns changed.',
    provided: 'patch',
    required: 'patch',
  },
  'node-changed': {
    explanation: 'The code of a node changed and its ports did not: data changes, contract same.',
    package: 'patch',
  },
} as const

export type RuleId = keyof typeof table

/** Every rule by its id, in the order of the documentation. */
export const rules: Readonly<Record<RuleId, Rule>> = table

export const isRule = (id: string): id is RuleId => Object.hasOwn(table, id)
