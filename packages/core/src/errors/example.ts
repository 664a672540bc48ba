import type { ErrorCode } from './codes.ts'

/** A case in which an error comes up. */
export interface Example {
  /** The file that holds what was written, relative to the app. */
  readonly file?: string | undefined
  readonly wrote?: string | undefined
  /** The words after `levada`. */
  readonly run: string
  /** What the command says of it. */
  readonly printed: string
}

/** The example of a code. Its texts are loaded only now, as no other command needs them. */
export const exampleOf = async (code: ErrorCode): Promise<Example> =>
  (await import('./examples.ts')).examples[code]
