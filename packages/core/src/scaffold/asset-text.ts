import { inComment, quote } from '../schema/index.ts'
import { constName, coreImport, keyText, zodText } from './code-text.ts'
import { isIdentifier } from './find-keys.ts'
import type { Profile } from './profile.ts'

/** In fewer rows, columns are often unique by chance. */
const rowsForKey = 100

/** The declaration of an asset as its rows are. What is only likely is a comment. */
export function assetText(name: string, kind: 'source' | 'asset', from: string, found: Profile): string {
  const { rows, columns, keys, leftOut } = found
  const these = rows === 1 ? 'the one row' : `the ${grouped(rows)} rows`
  const fields = columns.map((column) => `    ${keyText(column.name)}: ${zodText(column)},`)
  const [best, ...others] = keys
  const sure =
    best && (rows >= rowsForKey || (best.length === 1 && isIdentifier(best[0]!))) ? best : undefined
  const list = (names: readonly string[]): string => `[${names.map(quote).join(', ')}]`
  const perhaps = sure ? others : keys
  const ranges = columns.flatMap(({ name: column, range }) =>
    range && !sure?.includes(column) ? [`between(${quote(column)}, ${rounded(range)})`] : [],
  )
  const body = [
    `export const ${constName(name.split('.')[1]!)} = ${kind}(${quote(name)}, {`,
    '  schema: z.object({',
    ...leftOut.map((why) => `    // Left out: ${inComment(why)}.`),
    ...fields,
    '  }),',
    ...(sure ? [`  key: ${list(sure)},`] : []),
    ...(perhaps.length > 0
      ? [
          `  // ${sure ? 'Also unique' : 'Unique'} in ${these}, perhaps by chance: ${perhaps.slice(0, 5).map(list).join(', ')}.`,
        ]
      : []),
    ...(ranges.length > 0
      ? [
          `  // Ranges of ${these}, rounded. What was seen is no rule: keep those that have to hold.`,
          '  // checks: [',
          ...ranges.map((text) => `  //   ${text},`),
          '  // ],',
        ]
      : []),
    '})',
    '',
  ].join('\n')
  return `// Written by \`levada new asset\` from ${these} of ${inComment(from)}.
// It is yours to edit: once edited it is not written again.
${coreImport(body, ['col', kind])}
${body}`
}

const grouped = (n: number): string => String(n).replaceAll(/(?<=\d)(?=(\d{3})+$)/g, ',')

/** Bounds around a range that look as if somebody had chosen them. */
function rounded({ min, max }: { readonly min: number; readonly max: number }): string {
  const lower = min >= 0 ? (min > max / 2 ? down(min) : 0) : -up(-min)
  const upper = max <= 0 ? 0 : up(max)
  return `${lower}, ${upper}`
}

const steps = [1, 2, 5, 10]
const power = (value: number): number => 10 ** Math.floor(Math.log10(value))
/** 1, 2 or 5 of a power of ten. */
const up = (value: number): number => tidy(steps.find((step) => step * power(value) >= value)! * power(value))
const down = (value: number): number =>
  tidy(steps.findLast((step) => step * power(value) <= value)! * power(value))
/** Without the noise of binary fractions. */
const tidy = (value: number): number => Number(value.toPrecision(3))
