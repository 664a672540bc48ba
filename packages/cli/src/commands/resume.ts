import { LevadaError, runRecord, type Plan, type Waiting } from '@levada/core/run'
import { appDirOf, openSession } from '../app.ts'
import { paramsOf } from '../selection.ts'
import { waitOf } from '../wait.ts'
import { limitsOf } from '../limits.ts'
import { runnerOf, runPlan, type RunOptions } from './run.ts'

/** `levada run --resume <run>` */
export async function resume(
  id: string,
  selection: readonly string[],
  options: RunOptions,
  words: readonly string[],
): Promise<number> {
  checkAlone(id, selection, options)
  const { env, params } = await runRecord(appDirOf(options), id)
  const given = paramsOf(options.param)
  const all = Object.fromEntries(
    [...Object.keys(params), ...Object.keys(given)].map((name) => [
      name,
      { ...params[name], ...given[name] },
    ]),
  )
  await using session = await openSession({ ...options, env: options.env ?? env }, all)
  const forMs = waitOf(options.wait)
  const since = performance.now()
  const told = ({ message }: LevadaError): void => console.error(`Waiting. ${message}`)
  const plan = (wait?: Waiting): Promise<Plan> => session.resume(id, { wait: wait && { ...wait, told } })
  return await runPlan(session, plan(forMs === undefined ? undefined : { forMs }), {
    runner: runnerOf(options.runner),
    json: options.json === true,
    limits: limitsOf(options),
    words,
    ...(forMs !== undefined && { wait: { forMs, since, plan } }),
  })
}

/** What a run does is decided when it begins. @throws USAGE */
function checkAlone(id: string, words: readonly string[], options: RunOptions): void {
  const others = {
    assets: options.assets,
    tags: options.tags,
    job: options.job,
    exclude: options.exclude,
    partition: options.partition,
    force: options.force,
    'only-missing': options.onlyMissing,
  }
  const given = [
    ...(words.length > 0 ? ['selection'] : []),
    ...Object.entries(others).flatMap(([name, value]) => (value === undefined ? [] : [`--${name}`])),
  ]
  if (given.length === 0) return
  throw new LevadaError(
    'USAGE',
    `--resume does what is left of a run, so that it takes no ${given.join(' and no ')}.`,
    {
      hint: `Write levada run --resume ${id}, or leave --resume out for a new run.`,
    },
  )
}
