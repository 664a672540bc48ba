import { codeFrame, errorRecord, formatPlace, type LevadaError } from '@levada/core/run'
import { printLine } from './print-line.ts'
import { paint, visible } from './style.ts'

/** Errors as people read them, on stderr; or as JSON on stdout, in one line, since some commands have printed lines before. */
export function printErrors(errors: readonly LevadaError[], { json }: { readonly json: boolean }): void {
  if (json) printLine(JSON.stringify({ errors: errors.map(errorRecord) }))
  else console.error(visible(errors.map((error) => errorText(error)).join('\n\n')))
}

export function errorText(error: LevadaError): string {
  const lines = [`${paint('red', `error ${error.code}`)} ${error.message}`]
  if (error.place) {
    lines.push(paint('dim', `  at ${formatPlace(error.place)}`))
    const frame = codeFrame(error.place)
    if (frame) lines.push(...frame.split('\n').map((line) => `  ${line}`))
  }
  lines.push(`  ${remedyText(error)}`)
  return lines.join('\n')
}

/** What to do now, and the word to explain. */
export const remedyText = ({ hint, code }: { readonly hint: string; readonly code: string }): string =>
  `${paint('cyan', '→')} ${hint} ${paint('dim', `(levada explain ${code})`)}`
