import { didYouMean, LevadaError, type Plan, type Session } from '@levada/core/run'

export interface SelectionOptions {
  readonly assets?: string | undefined
  readonly tags?: string | undefined
  readonly job?: string | undefined
  readonly param?: readonly string[] | undefined
}

const list = (text: string): string[] => text.split(',').map((part) => part.trim())

/** The one selection that the words of a command line add up to. */
export function selectionOf(
  session: Session,
  selection: string | undefined,
  options: SelectionOptions,
): string {
  const { jobs } = session.app
  const parts = selection === undefined ? [] : [selection]
  if (options.assets !== undefined) parts.push(...list(options.assets))
  if (options.tags !== undefined) parts.push(...list(options.tags).map((tag) => `tag:${tag}`))
  if (options.job !== undefined) {
    const job = Object.hasOwn(jobs, options.job) ? jobs[options.job] : undefined
    if (!job)
      throw new LevadaError(
        'SELECTION_UNKNOWN',
        `The app has no job '${options.job}'; there are ${Object.keys(jobs).join(', ') || 'none'}.${didYouMean(options.job, Object.keys(jobs))}`,
      )
    parts.push(...[job.select].flat())
  }
  return parts.join(',')
}

/** A job is there to do something. @throws SELECTION_UNKNOWN */
export function checkJob({ steps, notices }: Plan, { job }: SelectionOptions): void {
  if (job !== undefined && steps.length === 0)
    throw new LevadaError('SELECTION_UNKNOWN', `Job '${job}' selects nothing. ${notices.join(' ')}`)
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
