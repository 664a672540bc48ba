/** Code in ASCII: one character beyond Latin-1 makes V8 read all of a file at two bytes each. */
export const inAscii = (code: string): string =>
  code.replaceAll(/[^\0-\x7f]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)
