/** Why a step runs. */
export type ReasonKind =
  /** Nothing, or not the partition, is stored. */
  | 'missing'
  | 'code'
  | 'schema'
  | 'checks'
  | 'params'
  /** Another type of engine computes it now. */
  | 'engine'
  /** Other versions of packages are installed. */
  | 'packages'
  /** What it reads changed. */
  | 'input'
  /** This run makes what it reads. */
  | 'made'
  /** What it reads cannot tell whether it changed. */
  | 'unknown'
  /** It was written before versions recorded what they are made from. */
  | 'unrecorded'
  /** It has no outputs, or reads nothing that Levada knows. */
  | 'always'
  | 'forced'
  /** The checks of a source, before a step reads it. */
  | 'source'

export interface Reason {
  readonly kind: ReasonKind
  /** Params, packages or assets. */
  readonly names: readonly string[]
}

const list = (names: readonly string[]): string =>
  names.length > 3 ? `${names.slice(0, 3).join(', ')} and ${names.length - 3} more` : names.join(', ')

const texts: Readonly<Record<ReasonKind, (names: readonly string[]) => string>> = {
  missing: () => 'missing',
  code: () => 'code changed',
  schema: () => 'schema changed',
  checks: () => 'checks changed',
  params: (names) => `${names.length > 1 ? 'params' : 'param'} ${list(names)} changed`,
  engine: () => 'engine changed',
  packages: (names) => `${names.length > 1 ? 'packages' : 'package'} ${list(names)} changed`,
  input: (names) => `${list(names)} changed`,
  made: (names) => `${list(names)} made by this run`,
  unknown: (names) => `${list(names)} cannot tell whether it changed`,
  unrecorded: () => 'made before versions recorded what from',
  always: () => 'always runs',
  forced: () => 'forced',
  source: () => 'checks of a source run before it is read',
}

const shown = new WeakMap<readonly Reason[], string>()

/** Reasons as one text. Many steps have the same ones. */
export function showReasons(reasons: readonly Reason[]): string {
  const text = shown.get(reasons) ?? reasons.map(({ kind, names }) => texts[kind](names)).join('; ')
  shown.set(reasons, text)
  return text
}
