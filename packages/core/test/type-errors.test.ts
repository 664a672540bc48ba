import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { execa } from 'execa'
import { describe, expect, test } from 'vitest'

const dir = join(import.meta.dirname, 'type-errors')
const tsc = join(dirname(createRequire(import.meta.url).resolve('typescript/package.json')), 'bin/tsc')

interface Diagnostic {
  readonly line: number
  readonly text: string
}

/** Errors by file, each with all lines of its message. */
async function compile(): Promise<Map<string, Diagnostic[]>> {
  const { stdout } = await execa(
    process.execPath,
    [tsc, '-p', dir, '--pretty', 'false', '--noErrorTruncation'],
    { reject: false, cwd: dir },
  )
  const found = new Map<string, Diagnostic[]>()
  let last: { line: number; text: string } | undefined
  for (const line of stdout.split('\n')) {
    const match = /^(\S+?)\((\d+),\d+\): error TS\d+: (.*)$/.exec(line)
    if (match) {
      last = { line: Number(match[2]), text: match[3]! }
      found.set(match[1]!, [...(found.get(match[1]!) ?? []), last])
    } else if (last) last.text += `\n${line}`
  }
  return found
}

/** The errors that a file announces: each for the line below its comment. */
function announced(file: string): Diagnostic[] {
  return readFileSync(join(dir, file), 'utf8')
    .split('\n')
    .flatMap((line, i) => {
      const text = /^\s*\/\/ error: (.*)$/.exec(line)?.[1]
      return text === undefined ? [] : [{ line: i + 2, text }]
    })
}

const diagnostics = await compile()

describe.each(['composition.ts', 'authoring.ts'])('%s', (file) => {
  const found = diagnostics.get(file) ?? []

  test.each(announced(file))('line $line: $text', ({ line, text }) => {
    expect(
      found
        .filter((error) => error.line === line)
        .map((error) => error.text)
        .join('\n'),
    ).toContain(text)
  })

  test('nothing else is an error', () => {
    const lines = announced(file).map((error) => error.line)
    expect(found.filter((error) => !lines.includes(error.line))).toEqual([])
  })
})
