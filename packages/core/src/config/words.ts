import type { z } from 'zod'
import type { ConfigNode, Scalar } from './node.ts'

/** Whether a key is the name of something, and not a text that lacks its blank or its quotes. */
export const isPlainName = (key: string): boolean => /^[\w.-]+$/.test(key)

const types: Readonly<Record<string, string>> = {
  string: 'a text',
  number: 'a number',
  int: 'a whole number',
  bigint: 'a whole number',
  boolean: 'true or false',
  object: 'a map',
  record: 'a map',
  array: 'a list',
  tuple: 'a list',
  null: 'nothing',
}

/** What a schema wanted, in words; undefined when zod's own message says it best. */
export function expectedWords(issue: z.core.$ZodIssue): string | undefined {
  // A schema that says more of a value than its type does so in its own message.
  if (issue.code === 'invalid_type')
    return issue.message.startsWith('Invalid input')
      ? (types[issue.expected] ?? issue.expected)
      : issue.message
  if (issue.code === 'invalid_value') return choice(issue.values)
  if (issue.code !== 'invalid_union') return undefined
  if ('options' in issue && Array.isArray(issue.options)) return choice(issue.options)
  const words = issue.errors.map(([first]) => first && first.path.length === 0 && expectedWords(first))
  return words.length > 0 && words.every(Boolean) ? [...new Set(words)].join(' or ') : undefined
}

/** The texts among which the value could have been chosen. */
export function choices(issue: z.core.$ZodIssue): string[] {
  const values =
    issue.code === 'invalid_value'
      ? issue.values
      : 'options' in issue && Array.isArray(issue.options)
        ? issue.options
        : []
  return values.filter((value) => typeof value === 'string')
}

/** What stands in the configuration, in words and without secrets. */
export function receivedWords(node: ConfigNode | undefined, redact: (text: string) => string): string {
  if (node === undefined) return 'nothing'
  if (node.kind !== 'scalar') return node.kind === 'map' ? 'a map' : 'a list'
  if (node.secret) return 'a secret'
  if (node.value === null) return 'nothing'
  if (typeof node.value !== 'string')
    return redact(typeof node.value === 'number' ? `the number ${node.value}` : String(node.value))
  const text = redact(node.value)
  return `the text '${text.length > 60 ? `${text.slice(0, 60)}…` : text}'`
}

/** The same without the value itself. */
export const receivedKind = (value: Scalar): string =>
  value === null ? 'nothing' : `a ${typeof value === 'string' ? 'text' : typeof value}`

const choice = (values: readonly unknown[]): string => {
  const quoted = values.map((value) => (typeof value === 'string' ? `'${value}'` : String(value)))
  return quoted.length > 1 ? `one of ${quoted.join(', ')}` : quoted.join()
}
