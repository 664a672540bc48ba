import { selectionText, type App } from '../app/index.ts'
import { jobsOf, loadConfig, type JobSettings } from '../config/index.ts'

/** A job: what it selects, and how it runs in an environment. */
export interface JobView {
  readonly name: string
  readonly selection: string
  readonly settings: JobSettings
}

/** The jobs of an app. @throws ENV_UNKNOWN, CONFIG_INVALID, … */
export function jobViews(
  { jobs }: Pick<App, 'jobs'>,
  {
    appDir,
    env = 'dev',
    processEnv = process.env,
  }: {
    readonly appDir: string
    readonly env?: string | undefined
    readonly processEnv?: Readonly<Record<string, string | undefined>>
  },
): readonly JobView[] {
  const settings = jobsOf(loadConfig({ appDir, env, processEnv }), Object.keys(jobs))
  return Object.entries(jobs).map(([name, { select, exclude }]) => ({
    name,
    selection: selectionText(select, exclude),
    settings: settings.get(name) ?? {},
  }))
}
