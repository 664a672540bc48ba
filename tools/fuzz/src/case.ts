import type { Random } from './random.ts'

/** What a project's files hold, by path from its folder. */
export type Files = Readonly<Record<string, string | Uint8Array>>

/** A number, or the numbers from one to another, both included. */
export type Range = number | readonly [number, number]

/** Where a fault was put. Of data, line and column are facts of the error; `value` is the cell. */
export interface Where {
  readonly file: string
  readonly line?: Range
  readonly column?: Range
  /** Of data: the name of the column. */
  readonly field?: string
  readonly value?: string
}

export interface ExpectedError {
  readonly codes: readonly string[]
  /** One of these; none for a word of the command line, which the message then has to quote. */
  readonly where: readonly Where[]
  /** What the text has to say: the nearest name, the wrong word. */
  readonly says?: readonly string[]
}

/** What a mutation must lead to. */
export type Expectation =
  /** It breaks nothing: the result is the one without it. */
  | { readonly kind: 'same' }
  /** It breaks something: this is told, and nothing but this and what `also` allows for. */
  | { readonly kind: 'error'; readonly error: ExpectedError; readonly also?: readonly ExpectedError[] }
  /** It changes the result in a known way: only that no error is told, and this is the result. */
  | { readonly kind: 'result'; readonly result: string }

export interface Mutated {
  /** Every file of the project, also those that are as they were. */
  readonly files: Files
  /** What was done, in words. */
  readonly done: string
  readonly expect: Expectation
  readonly env?: string
  /** Words of the command line. */
  readonly args?: readonly string[]
  /** The asset that is run; without one, what is known without running is asked for. */
  readonly target?: string
  /** Only `check` looks at it. */
  readonly checkOnly?: true
  /** Words whose outcome `same` is compared with. */
  readonly likeArgs?: readonly string[]
}

export interface Mutator {
  readonly name: string
  readonly weight: number
  readonly mutate: (random: Random) => Mutated
}

/** An error as it reached the one who asked. */
export interface SeenError {
  readonly code: string
  readonly message: string
  readonly hint: string
  readonly file?: string
  readonly line?: number
  readonly column?: number
  readonly details?: Readonly<Record<string, unknown>>
}

export interface Outcome {
  /** What came about, as text that is equal when it is the same; undefined when errors were told. */
  readonly result: string | undefined
  readonly errors: readonly SeenError[]
  /** Everything that was printed. */
  readonly printed: string
  /** Whether what was published before is still there and the same. */
  readonly intact: boolean
}
