const reserved = new Set(
  'arguments await break case catch class const continue debugger default delete do else enum eval export extends false finally for function if implements import in instanceof interface let new null package private protected public return static super switch this throw true try typeof var void while with yield'.split(
    ' ',
  ),
)

/** `daily-totals` as the name of a constant. */
export function constName(name: string, end = ''): string {
  const camel = name.replaceAll(/[-_]+(.)/g, (_, next: string) => next.toUpperCase())
  return reserved.has(camel) ? `${camel}${end || 'Value'}` : camel
}

export const typeName = (name: string): string => {
  const camel = name.replaceAll(/(?:^|[-_]+)(.)/g, (_, next: string) => next.toUpperCase())
  return camel
}

/** `daily-totals` as a part of the name of an asset. */
export const assetPart = (name: string): string => name.replaceAll('-', '_')

/** Why a name is none for a package, a node or a file, if so. */
export const nameProblem = (name: string): string | undefined =>
  /^[a-z][a-z0-9]*(-[a-z0-9]+)*$/.test(name)
    ? undefined
    : `'${name}' is not a name that fits: lower-case letters, digits and hyphens, a letter first`
