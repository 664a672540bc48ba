/** The command that runs a selection in an environment, for remedies. */
export const runCommand = (selection: string, env: string): string =>
  `levada run ${selection}${env === 'dev' ? '' : ` --env ${env}`}`

/**
 * The command that runs a selection and, before it, all that some missing assets are made from. One partition of a selection
 * says nothing about what it reads: then those are built first, wholly.
 */
export function runWithMissing(
  { selection, env, partition }: { selection: string; env: string; partition: unknown },
  missing: readonly string[],
): string {
  const up = missing.map((name) => `+${name}`)
  if (partition !== undefined) return `Build it first: ${runCommand(up.join(','), env)}`
  const terms = selection.split(',').map((term) => term.trim())
  const plain = terms.every((term) => /^[a-z]\w*\.\w+$/.test(term))
  return `Build it too: ${runCommand((plain ? terms.map((term) => `+${term}`) : [...terms, ...up]).join(','), env)}`
}
