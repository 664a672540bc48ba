import { parseSelection, selectionWords } from '../app/index.ts'

/** The command that runs a selection in an environment, for remedies. */
export const runCommand = (selection: string, env: string, partition?: string): string =>
  levadaCommand('run', selection, env, partition)

/** The command that writes many partitions in chunks. */
export const backfillCommand = (selection: string, env: string, partition?: string): string =>
  levadaCommand('backfill', selection, env, partition)

const levadaCommand = (
  name: 'run' | 'backfill',
  selection: string,
  env: string,
  partition?: string,
): string =>
  `levada ${name} ${selectionWords(parseSelection(selection)).map(quoted).join(' ')}${partition === undefined ? '' : ` --partition ${quoted(partition)}`}${env === 'dev' ? '' : ` --env ${env}`}`

/** A word as a shell takes it unchanged. */
export const quoted = (word: string): string =>
  /^[\w=.,:+@/-]*$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`

/**
 * The command that runs a selection and, before it, all that some missing assets are made from. One partition of a selection
 * says nothing about what it reads, and what is excluded or out of a slice stays so: then those are built first, wholly.
 */
export function runWithMissing(
  { selection, env, partition }: { selection: string; env: string; partition: unknown },
  missing: readonly string[],
): string {
  const up = missing.map((name) => `+${name}`)
  const { terms, exclude } = parseSelection(selection)
  const isOpen =
    exclude.length === 0 && !terms.flat().some(({ method }) => method === 'from' || method === 'to')
  if (partition !== undefined || !isOpen) return `Build it first: ${runCommand(up.join(' '), env)}`
  const names = terms.map((term) =>
    term.map(({ method, value }) => (method === 'name' ? value : '')).join(','),
  )
  const plain = names.join(' ') === selection && names.every((name) => /^[a-z]\w*\.\w+$/.test(name))
  return `Build it too: ${runCommand(plain ? names.map((name) => `+${name}`).join(' ') : [selection, ...up].join(' '), env)}`
}
