import { join } from 'node:path'
import { parseSelection } from '../app/index.ts'
import { jobsOf, type Config, type JobSettings } from '../config/index.ts'
import { takeLease } from '../dataset/lease-file.ts'
import type { LeaseAnswer, LeaseHolder, LeaseInUse } from '../dataset/lease.ts'
import { onDisk } from '../dataset/os.ts'
import { isDead, type Claim } from './leases.ts'

/** A run of a job, as its environment wants it. */
export interface JobRun {
  readonly name: string
  readonly settings: JobSettings
}

/** The job that a selection is a run of, and what else it names: `job:daily` alone, from which something may be taken away. */
function jobsIn(selection: string): { readonly own: string | undefined; readonly named: readonly string[] } {
  const { terms } = parseSelection(selection)
  const named = terms.flat().flatMap(({ method, value }) => (method === 'job' ? [value] : []))
  const [factor] = terms[0] ?? []
  const isAlone =
    terms.length === 1 && terms[0]!.length === 1 && factor!.up === 0 && factor!.down === 0 && !factor!.around
  return { own: isAlone ? named[0] : undefined, named: [...new Set(named)] }
}

/** What jobs.yml says of the job that a selection is. @throws CONFIG_INVALID, … */
export function jobOf(selection: string, config: Config, jobs: readonly string[]): JobRun | undefined {
  const all = jobsOf(config, jobs)
  const { own } = jobsIn(selection)
  const settings = own === undefined ? undefined : all.get(own)
  return settings && { name: own!, settings }
}

/** What is to be told of jobs whose settings a run does not have, since it is not of one job alone. */
export function jobNotices(selection: string, config: Config): readonly string[] {
  const { entries } = config.section('jobs')
  const { own, named } = jobsIn(selection)
  const lost = own === undefined ? named.filter((name) => entries.has(name)) : []
  return lost.map(
    (name) =>
      `What jobs.yml says of the job '${name}' does not hold for this run, which is not of that job alone.`,
  )
}

/** The places that runs of a job have at a time, in the folder of the app; undefined when there may be any number. */
export function jobClaim(
  { name, settings: { maxActiveRuns } }: JobRun,
  { appDir, env }: { readonly appDir: string; readonly env: string },
): Claim | undefined {
  if (maxActiveRuns === undefined) return undefined
  const folder = join(appDir, '.levada', 'jobs', env, encodeURIComponent(name))
  const runs = maxActiveRuns === 1 ? 'Another run' : `${maxActiveRuns} other runs`
  return {
    asset: `job:${name}`,
    called: `a place of the job '${name}'`,
    busy: (who) =>
      `${runs} of the job '${name}' in ${env} ${maxActiveRuns === 1 ? 'goes' : 'go'} on, as many as jobs.yml lets (max_active_runs): ${maxActiveRuns === 1 ? '' : 'one is '}${who}.`,
    dataset: {
      lease: (holder, over) =>
        onDisk(`Taking a place of the job '${name}'`, async () => place(folder, maxActiveRuns, holder, over)),
    },
  }
}

/** A free place, or whoever has one: of somebody dead, when there is such a one. */
function place(folder: string, count: number, holder: LeaseHolder, over: string | undefined): LeaseAnswer {
  let told: LeaseInUse | undefined
  for (let i = 1; i <= count; i++) {
    const { lease, inUse } = takeLease(join(folder, String(i)), holder, over)
    if (lease) return { lease }
    if (!told || isDead(inUse)) told = inUse
  }
  return { inUse: told! }
}
