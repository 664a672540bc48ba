// npm run generate: writes docs/semantics.md from tools/repo/semantics.txt and the titles of the tests.
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { read, root, trackedFiles } from './workspace.ts'

const marks = ['keep', 'adapt', 'reject', 'later', 'n/a'] as const

export interface Case {
  readonly id: string
  readonly section: string
  readonly mark: (typeof marks)[number]
  /** What holds here, in a sentence. */
  readonly ours: string
  /** Why no test shows it yet. */
  readonly open: string | undefined
}

/** The lines of semantics.txt: `# section`, and `number | mark | what holds | why it is open`. */
export function parseCases(text: string): readonly Case[] {
  let section = ''
  const cases: Case[] = []
  for (const line of text.split('\n')) {
    if (line.startsWith('# ')) section = line.slice(2)
    if (line === '' || line.startsWith('# ')) continue
    const [id, mark, ours, open, ...more] = line.split(' | ')
    const known = marks.find((each) => each === mark)
    if (!/^[A-Z]{1,2}\d+[a-z]?$/.test(id!) || !known || !ours || more.length > 0)
      throw new SyntaxError(`semantics.txt: '${line}' is not 'number | mark | what holds | why it is open'.`)
    cases.push({ id: id!, section, mark: known, ours, open })
  }
  return cases
}

/** Whether a test has to show it. */
export const isDue = ({ mark }: Case): boolean => mark !== 'later' && mark !== 'n/a'

const title = /['"`]([A-Z]{1,2}\d+[a-z]?(?:, [A-Z]{1,2}\d+[a-z]?)*): /g

/** Which tests have a number at the start of their title: number -> files. */
export function testsIn(files: Readonly<Record<string, string>>): ReadonlyMap<string, readonly string[]> {
  const found = new Map<string, string[]>()
  for (const [file, text] of Object.entries(files))
    for (const line of text.split('\n')) {
      if (/\.(skip|todo|fails)\(/.test(line)) continue
      for (const [, ids] of line.matchAll(title))
        for (const id of ids!.split(', ')) {
          const there = found.get(id)
          if (!there) found.set(id, [file])
          else if (!there.includes(file)) there.push(file)
        }
    }
  return found
}

/** The tests of the repository, by file. */
export const testFiles = (): Readonly<Record<string, string>> =>
  Object.fromEntries(
    trackedFiles()
      .filter((file) => /\.test(-d)?\.ts$/.test(file) && !file.startsWith('tools/repo/'))
      .map((file) => [file, read(file)]),
  )

export const readCases = (): readonly Case[] => parseCases(read('tools/repo/semantics.txt'))

/** What is wrong with the cases and tests, as sentences. */
export function problems(
  cases: readonly Case[],
  tests: ReadonlyMap<string, readonly string[]>,
): readonly string[] {
  const ids = cases.map(({ id }) => id)
  return [
    ...ids.filter((id, i) => ids.indexOf(id) !== i).map((id) => `${id} is there twice`),
    ...[...tests]
      .filter(([id]) => !ids.includes(id))
      .map(([id, files]) => `${files[0]}: there is no case ${id}`),
    ...cases
      .filter((each) => isDue(each) && !tests.has(each.id) && each.open === undefined)
      .map(({ id }) => `${id} has no test, and no reason why`),
    ...cases
      .filter((each) => tests.has(each.id) && each.open !== undefined)
      .map(({ id }) => `${id} has a test, so it is open no more: take the reason out of semantics.txt`),
    ...cases
      .filter((each) => !isDue(each) && each.open !== undefined)
      .map(({ id }) => `${id} is not due, so not open`),
  ]
}

/** `150 of 174`: how many of the cases that are due have a test. */
export function progress(cases: readonly Case[], tests: ReadonlyMap<string, readonly string[]>): string {
  const due = cases.filter(isDue)
  return `${due.filter(({ id }) => tests.has(id)).length} of ${due.length}`
}

export const pagePath = 'docs/semantics.md'

/** The text of docs/semantics.md: a line for each case, so that two changes meet in one line only. */
export function page(cases: readonly Case[], tests: ReadonlyMap<string, readonly string[]>): string {
  const shownBy = ({ id, open }: Case): string => {
    const files = tests.get(id)
    if (files) return ` → ${files.map((file) => `[${file.split('/').at(-1)}](../${file})`).join(', ')}`
    return open === undefined ? '' : ` → open: ${open}`
  }
  const sections = [...new Set(cases.map(({ section }) => section))].map((section) => {
    const lines = cases
      .filter((each) => each.section === section)
      .map((each) => `- **${each.id}** (${each.mark}) ${each.ours}${shownBy(each)}`)
    return `## ${section}\n\n${lines.join('\n')}`
  })
  return `# Semantics

What other frameworks for pipelines test, ${cases.length} cases by number, and what holds in Levada. A test whose title starts with the number shows it. The page is made by
\`npm run generate\` of \`tools/repo/semantics.txt\` and the titles of the tests.

\`keep\`: the same holds here. \`adapt\`: the same concern, answered in another way. \`reject\`: the opposite holds. \`later\`: needs something that is not there yet.
\`n/a\`: a notion that Levada does not have.

${sections.join('\n\n')}
`
}

if (import.meta.main) writeFileSync(join(root, pagePath), page(readCases(), testsIn(testFiles())))
