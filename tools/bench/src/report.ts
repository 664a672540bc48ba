import { execFileSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { arch, availableParallelism, cpus, platform, totalmem } from 'node:os'
import { join } from 'node:path'
import { digits, ratioText, type Figure } from './figure.ts'
import { peers } from './python.ts'
import { sections } from './report-texts.ts'

const root = join(import.meta.dirname, '../../..')

export interface Measured {
  readonly suite: string
  readonly figures: readonly Figure[]
}

/** What a machine is, without what it is called. */
function machine(): string {
  const gibibytes = Math.round(totalmem() / 2 ** 30)
  return `${availableParallelism()} cores (${cpus()[0]?.model.trim() ?? 'of an unknown kind'}), ${gibibytes} GiB of memory, ${platform()} ${arch()}`
}

function versions(): string {
  const ofPackage = (folder: string): string =>
    (JSON.parse(readFileSync(join(root, folder, 'package.json'), 'utf8')) as { version: string }).version
  return [
    `Levada ${ofPackage('packages/core')}`,
    `Node ${process.versions.node}`,
    `DuckDB’s client ${ofPackage('tools/bench/node_modules/@duckdb/node-api')}`,
    ...Object.values(peers).map(({ title, computes }) => `${title} with ${computes}`),
    python(),
  ].join(', ')
}

function python(): string {
  try {
    return execFileSync('python3', ['--version'], { encoding: 'utf8' }).trim()
  } catch {
    return 'no Python'
  }
}

const cell = (text: string): string => text.replaceAll('|', '\\|')

function row(suite: string, { name, ours, other, unit, ratio, interval, bar, ok, pairs }: Figure): string {
  const what = name.startsWith(`${suite}: `) ? name.slice(suite.length + 2) : name
  const spread = interval ? ` (${ratioText(interval[0])} to ${ratioText(interval[1])})` : ''
  return `| ${[
    cell(what.charAt(0).toUpperCase() + what.slice(1)),
    `${digits(ours)} ${unit}`,
    `${digits(other)} ${unit}`,
    `${ratioText(ratio)}×${spread}`,
    `≤ ${Number(bar.toFixed(2))}×`,
    ok ? 'met' : '**missed**',
    String(pairs),
  ].join(' | ')} |`
}

const head = `| what | ours | other, or limit | ratio | bar | | pairs |
| --- | --: | --: | --: | --: | --- | --: |`

function sectionOf({ suite, figures }: Measured, alone?: string): string {
  const { title, text, reasons } = sections[suite]!
  const missed = figures.filter(({ ok }) => !ok)
  const why = missed.map(({ name }) => {
    const [, reason] = reasons.find(([part]) => name.includes(part)) ?? []
    const what = name.startsWith(`${suite}: `) ? name.slice(suite.length + 2) : name
    return `- Missed: ${what}. ${reason ?? 'Why is not known yet.'}`
  })
  return [
    `## ${title}`,
    text,
    ...(alone === undefined ? [] : [alone]),
    figures.length > 0 ? [head, ...figures.map((figure) => row(suite, figure))].join('\n') : 'Not measured.',
    ...(why.length > 0 ? [why.join('\n')] : []),
  ].join('\n\n')
}

/** The page of all that was measured. */
export function reportText(measured: readonly Measured[], left: readonly string[], day: string): string {
  const figures = measured.flatMap((each) => each.figures)
  const met = figures.filter(({ ok }) => ok).length
  const parts = [
    '# Performance',
    `Made by \`npm run bench -- --write\`, which measures all of this in one run but sections that say when they were measured alone; nothing below is written by hand but the texts, which are in \`tools/bench/src/report-texts.ts\`. Absolute times are those of
one machine, ratios hold elsewhere. A ratio is ours ÷ other, the median over pairs that were measured in turn, with the 95 % confidence interval of that median or, of fewer than six pairs, the lowest and highest; differences below 1.3× between whole
processes of different languages mean little. CPU time and peak memory are told by each process itself when it ends.`,
    `- **When**: ${day}\n- **Machine**: ${machine()}\n- **Versions**: ${versions()}\n${barsText(met, figures.length)}`,
    ...(left.length > 0 ? [left.map((text) => `- ${text}.`).join('\n')] : []),
    ...measured.map((each) => sectionOf(each)),
  ]
  return `${parts.join('\n\n')}\n`
}

const barsText = (met: number, all: number): string => `- **Bars**: ${met} of ${all} met`

/** A page with some of its sections measured anew, which they tell: each in its place, or at the end when it is a new one. */
export function withSections(
  page: string,
  measured: readonly Measured[],
  left: readonly string[],
  day: string,
): string {
  const [head = '', ...parts] = page.trimEnd().split(/\n(?=## )/)
  const texts = new Map(parts.map((part) => [part.slice(3, part.indexOf('\n')), part.trimEnd()]))
  const notes = left.map((text) => `\n- ${text}.`).join('')
  const alone = `- **When**, alone: ${day}\n- **Machine**: ${machine()}\n- **Versions**: ${versions()}${notes}`
  for (const each of measured) texts.set(sections[each.suite]!.title, sectionOf(each, alone))
  const body = [...texts.values()].join('\n\n')
  const [met, missed] = [/\| met +\|/g, /\| \*\*missed\*\* +\|/g].map((bar) => body.match(bar)?.length ?? 0)
  return `${head.trimEnd().replace(/^- \*\*Bars\*\*.*$/m, barsText(met!, met! + missed!))}\n\n${body}\n`
}

const page = join(root, 'docs/performance.md')
const today = (): string => new Date().toISOString().slice(0, 10)

/** Writes docs/performance.md, formatted. */
export function writeReport(measured: readonly Measured[], left: readonly string[]): void {
  writePage(reportText(measured, left, today()))
}

/** Writes sections of docs/performance.md, and leaves the others. */
export function writeSections(measured: readonly Measured[], left: readonly string[]): void {
  writePage(withSections(readFileSync(page, 'utf8'), measured, left, today()))
}

function writePage(text: string): void {
  writeFileSync(page, text)
  execFileSync(join(root, 'node_modules/.bin/oxfmt'), [page], { stdio: 'ignore' })
}
