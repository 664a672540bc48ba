/** Why no workspace was made: a code of Levada's table, a sentence, and what to do. */
export class CreateError extends Error {
  readonly code: 'USAGE' | 'FILE_EXISTS' | 'STORAGE' | 'CANCELLED'
  readonly hint: string

  constructor(code: CreateError['code'], message: string, hint: string) {
    super(message)
    this.code = code
    this.hint = hint
  }
}
