import {
  LevadaError,
  parseSelection,
  select,
  selectionText,
  statesIn,
  type PlanOptions,
  type Selected,
  type Session,
} from '@levada/core/run'
import { loadGraph, openSession, type AppOptions, type Loaded } from './app.ts'
import { tellUnreadable } from './damage.ts'

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
    failedNodes: failedNodesOf({ appDir, env }),
  }
}

const failedNodesOf =
  ({ appDir, env }: Pick<Session, 'appDir' | 'env'>) =>
  async (): Promise<ReadonlySet<string>> => {
    const { openRunStore } = await import('@levada/run-store')
    using store = openRunStore(appDir)
    tellUnreadable(store, { json: true })
    return store.failedNodes(env)
  }

/** What the words of a command line select of an app. Configuration is read only when they say states. */
export async function selectedBy(
  options: AppOptions,
  words: readonly string[],
  exclude?: readonly string[],
): Promise<Loaded & { readonly selected: Selected }> {
  const loaded = await loadGraph(options)
  const { app, graph } = loaded
  const text = selectionOf(words, { exclude })
  if (statesIn(parseSelection(text), app.jobs).size === 0)
    return { ...loaded, selected: await select(graph, text, { jobs: app.jobs }) }
  await using session = await openSession(options)
  const selected = await session.select(text, { failedNodes: failedNodesOf(session) })
  return { app: session.app, graph: session.graph, selected }
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
