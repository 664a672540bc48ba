/** An error that a file announces by `// error: text` above its line, or one that the compiler found. */
export interface Diagnostic {
  readonly file: string
  readonly line: number
  readonly text: string
}

export function announced(file: string, text: string): Diagnostic[] {
  return text.split('\n').flatMap((line, i) => {
    const [, message] = /^\s*\/\/ error: (.*)$/.exec(line) ?? []
    return message === undefined ? [] : [{ file, line: i + 2, text: message }]
  })
}

/** What `tsc --pretty false` prints, each error with all lines of its message. */
export function diagnostics(printed: string): Diagnostic[] {
  const found: Diagnostic[] = []
  for (const line of printed.split('\n')) {
    const [, file, at, text] = /^(\S+?)\((\d+),\d+\): error TS\d+: (.*)$/.exec(line) ?? []
    const last = found.at(-1)
    if (file !== undefined) found.push({ file, line: Number(at), text: text! })
    else if (last && line !== '') found[found.length - 1] = { ...last, text: `${last.text}\n${line}` }
  }
  return found
}

/** Sentences about errors that were announced and not found, and the other way round. */
export function unexpected(expected: readonly Diagnostic[], found: readonly Diagnostic[]): string[] {
  const same = (a: Diagnostic, b: Diagnostic): boolean => a.file === b.file && a.line === b.line
  return [
    ...expected
      .filter((each) => !found.some((error) => same(each, error) && error.text.includes(each.text)))
      .map(({ file, line, text }) => `${file}:${line} should be an error: ${text}`),
    ...found
      .filter((error) => !expected.some((each) => same(each, error)))
      .map(({ file, line, text }) => `${file}:${line} is an error: ${text}`),
  ]
}
