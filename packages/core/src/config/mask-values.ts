/** A line that begins with a key: indentation and dashes, the key, what follows. Other lines are values or parts of them. */
const keyLine = /^(\s*(?:- +)*)([A-Za-z_][\w.-]*)\s*:(?=\s|$)(.*)$/

/**
 * A YAML text with `***` for all that is not a key at the start of a line: values, comments, maps on one line. It is made from
 * the lines and not from what was parsed, since the text may be no YAML.
 *
 * @param inside 1-based lines that continue a value, whatever they look like
 */
export const maskValues = (text: string, inside: ReadonlySet<number>): string =>
  text
    .split('\n')
    .map((line, i) => maskLine(line.trimEnd(), inside.has(i + 1)))
    .join('\n')

function maskLine(line: string, inside: boolean): string {
  const [, before, key, after] = (inside ? null : keyLine.exec(line)) ?? []
  if (key !== undefined) return `${before}${key}:${after!.trim() === '' ? '' : ' ***'}`
  return line === '' ? '' : `${/^\s*(?:- +)*/.exec(line)![0]}***`
}
