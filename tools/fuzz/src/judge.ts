import type { ExpectedError, Expectation, Outcome, Range, SeenError, Where } from './case.ts'

/** No message is longer: it would bury what it says. */
const longest = 2000

const within = (range: Range | undefined, value: number | undefined): boolean => {
  if (range === undefined) return true
  if (value === undefined) return false
  return typeof range === 'number' ? range === value : value >= range[0] && value <= range[1]
}

const isText = (value: unknown): string | undefined =>
  typeof value === 'string' || typeof value === 'number' ? String(value) : undefined

function isAt(error: SeenError, { file, line, column, field, value }: Where): boolean {
  const { details = {} } = error
  const seenFile = error.file ?? isText(details['file'])
  if (seenFile === undefined || (seenFile !== file && !seenFile.endsWith(`/${file}`))) return false
  if (!within(line, error.line ?? (details['line'] as number | undefined))) return false
  if (!within(column, error.column)) return false
  if (field !== undefined && details['column'] !== field) return false
  // A fact for programs has to stand in the sentence for people too.
  if (value !== undefined && !(details['value'] === value && error.message.includes(value))) return false
  return error.file !== undefined || error.message.includes(file)
}

const fits = (error: SeenError, { codes, where, says = [] }: ExpectedError): boolean =>
  codes.includes(error.code) &&
  (where.length === 0 || where.some((place) => isAt(error, place))) &&
  says.every((text) => `${error.message} ${error.hint}`.includes(text))

const shown = (error: SeenError): string => {
  const { file, line, column, details = {} } = error
  const place = [file ?? details['file'], line ?? details['line'], column].filter(
    (part) => part !== undefined,
  )
  return `${error.code} at ${place.join(':') || 'no place'}: ${error.message.slice(0, 300)}`
}
const wanted = ({ codes, where, says = [] }: ExpectedError): string =>
  `${codes.join(' or ')} at ${where.map((place) => JSON.stringify(place)).join(' or ') || 'no place'}${says.length > 0 ? `, saying ${JSON.stringify(says)}` : ''}`

/** What no text may hold: traces, and words that only a machine or a programmer understands. */
const unfit: readonly (readonly [RegExp, string])[] = [
  [/^\s{4,}at .*[:(]\d+:\d+\)?$/m, 'a stack trace'],
  [/\bnode:(internal|fs)\b|\bnode_modules\//, 'the insides of Node'],
  [/\{"exception_type"|levada-cell:|levada:[A-Z_]+:|\blevada_[0-9a-z]+\./, 'the insides of the engine'],
  [/\[object Object\]|\bundefined\b/, 'a value that is none'],
  [/\b(Type|Range|Reference)Error\b|is not a function|Cannot read propert/, 'an error of JavaScript'],
]

/** What is wrong with any error, whatever was expected. */
function faultOf(error: SeenError): string | undefined {
  if (!/^[A-Z]+(_[A-Z]+)*$/.test(error.code)) return `no code: ${shown(error)}`
  if (error.code === 'INTERNAL') return `INTERNAL: ${error.message}`
  if (error.hint.trim() === '') return `no hint: ${shown(error)}`
  if (error.message.length > longest) return `a message of ${error.message.length} characters: ${error.code}`
  return faultIn(`${error.message}\n${error.hint}`)
}

function faultIn(text: string): string | undefined {
  const found = unfit.find(([pattern]) => pattern.test(text))
  return found && `${found[1]}: ${text.slice(0, 400)}`
}

/** Why a case has not passed; undefined when it has. `like` is the result without the mutation. */
export function judge(expect: Expectation, outcome: Outcome, like: string): string | undefined {
  const { errors, result, printed, intact } = outcome
  if (!intact) return 'what was published before is no longer there'
  const fault = errors.map(faultOf).find((text) => text !== undefined) ?? faultIn(printed)
  if (fault !== undefined) return fault
  if (errors.length > 0 && result !== undefined) return `a result in spite of errors: ${shown(errors[0]!)}`
  if (expect.kind !== 'error') {
    if (errors.length > 0) return `it was refused, though nothing is wrong: ${errors.map(shown).join(' | ')}`
    const right = expect.kind === 'same' ? like : expect.result
    return result === right ? undefined : difference(right, result ?? 'nothing')
  }
  if (errors.length === 0) return `nothing was told, expected ${wanted(expect.error)}`
  if (!errors.some((error) => fits(error, expect.error)))
    return `expected ${wanted(expect.error)}, received ${errors.map(shown).join(' | ')}`
  const allowed = [expect.error, ...(expect.also ?? [])]
  const stray = errors.find((error) => !allowed.some((each) => fits(error, each)))
  return stray && `another error beside the expected one: ${shown(stray)}`
}

function difference(right: string, wrong: string): string {
  let at = 0
  while (at < right.length && right[at] === wrong[at]) at++
  const around = (text: string): string => JSON.stringify(text.slice(Math.max(0, at - 60), at + 120))
  return `another result than without the mutation: ${around(wrong)} instead of ${around(right)}`
}
