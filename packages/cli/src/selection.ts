import { LevadaError, selectionText, type PlanOptions, type Session } from '@levada/core/run'

export interface SelectionOptions {
  readonly assets?: string | undefined
  readonly tags?: string | undefined
  readonly job?: string | undefined
  readonly exclude?: readonly string[] | undefined
  readonly param?: readonly string[] | undefined
}

const list = (text: string | undefined): string[] => text?.split(',').map((part) => part.trim()) ?? []

/** The one selection that the words of a command line add up to. @throws SELECTION_SYNTAX */
export function selectionOf(
  words: readonly string[],
  { assets, tags, job, exclude }: SelectionOptions,
): string {
  const given = [...words, ...list(assets), ...list(tags), ...(exclude ?? [])]
  if (given.some((word) => word.trim() === ''))
    throw new LevadaError('SELECTION_SYNTAX', 'A part of the selection is empty.', {
      hint: 'Leave it out to select everything.',
    })
  return selectionText(
    [
      ...words,
      ...list(assets),
      ...list(tags).map((tag) => ({ tag })),
      ...(job === undefined ? [] : [{ job }]),
    ],
    exclude,
  )
}

export interface PlanWords {
  readonly partition?: string | undefined
  readonly force?: boolean | undefined
  readonly onlyMissing?: boolean | undefined
}

/** @throws USAGE */
export function planOptionsOf(
  { appDir, env }: Pick<Session, 'appDir' | 'env'>,
  { partition, force, onlyMissing }: PlanWords,
): PlanOptions {
  if (force && onlyMissing)
    throw new LevadaError('USAGE', '--force runs everything, --only-missing what has nothing stored.', {
      hint: 'Leave one of them out.',
    })
  return {
    ...(partition !== undefined && { partition }),
    ...(force && { force }),
    ...(onlyMissing && { onlyMissing }),
    async failedNodes() {
      const { openRunStore } = await import('@levada/run-store')
      using store = openRunStore(appDir)
      return store.failedNodes(env)
    },
  }
}

/** `--param delays.late_after_minutes=20`: the text is read as the parameter's type. */
export function paramsOf(params: readonly string[] = []): Record<string, Record<string, string>> {
  const values: Record<string, Record<string, string>> = {}
  for (const param of params) {
    const match = /^([a-z][\w-]*)\.(\w+)=(.*)$/s.exec(param)
    if (!match)
      throw new LevadaError('USAGE', `--param ${param} is not of the form pipeline.name=value.`, {
        hint: 'Write --param <pipeline>.<name>=<value>.',
      })
    const [, pipeline, name, text] = match as unknown as [string, string, string, string]
    values[pipeline] = { ...values[pipeline], [name]: text }
  }
  return values
}
