const reserved = new Set(
  'asset node sqlNode output resource defineResource z arguments await break case catch class const continue debugger default delete do else enum eval export extends false finally for function if implements import in instanceof interface let new null package private protected public return static super switch this throw true try typeof var void while with yield'.split(
    ' ',
  ),
)

const camel = (name: string): string => name.replaceAll(/[-_]+(.)/g, (_, next: string) => next.toUpperCase())

/** `daily-totals` as the name of a constant of a module of its own. */
export function constName(name: string, end: string): string {
  const plain = camel(name)
  return reserved.has(plain) ? `${plain}${end}` : plain
}

/** The same where another module imports it: as it does already, or with an ending where it has that name for something else. */
export function importName(text: string, module: string, name: string, end: string): string {
  const [, there] = new RegExp(`^import (?:\\{ )?(\\w+)(?: \\})? from '${module}'$`, 'm').exec(text) ?? []
  if (there !== undefined) return there
  const plain = constName(name, end)
  const code = text.replaceAll(/'[^'\n]*'|\/\/.*/g, '')
  return new RegExp(`\\b${plain}\\b`).test(code) ? `${camel(name)}${end}` : plain
}

export const typeName = (name: string): string => camel(`-${name}`)

/** `daily-totals` as a part of the name of an asset. */
export const assetPart = (name: string): string => name.replaceAll('-', '_')

/** Why a name is none for a package, a node or a file, if so. */
export const nameProblem = (name: string): string | undefined =>
  /^[a-z][a-z0-9]*(-[a-z0-9]+)*$/.test(name)
    ? undefined
    : `'${name}' is not a name that fits: lower-case letters, digits and hyphens, a letter first`

/** A name as a text of code. The build would take a written one for a file that has to be there. */
export const quoted = (name: string): string => `'${name}'`
