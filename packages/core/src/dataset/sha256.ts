/** SHA-256 of the parts in a row, in hex. `node:crypto` is loaded when it is first asked for: it is large, and most commands hash nothing. */
export function sha256(...parts: readonly (string | Uint8Array)[]): string {
  const hash = process.getBuiltinModule('node:crypto').createHash('sha256')
  for (const part of parts) hash.update(part)
  return hash.digest('hex')
}
