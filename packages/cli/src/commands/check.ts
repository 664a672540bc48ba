import { checkApp, errorRecord, loadApp } from '@levada/core/run'
import { appDirOf, printJson, type AppOptions } from '../app.ts'
import { errorText } from '../errors.ts'
import { guaranteesText } from '../guarantees.ts'
import { paint, plural } from '../style.ts'

export async function check(options: AppOptions): Promise<number> {
  const appDir = appDirOf(options)
  const app = await loadApp(appDir)
  const report = await checkApp(app, { appDir, ...(options.env !== undefined && { env: options.env }) })
  const failed = report.errors.length > 0 || report.environments.some(({ errors }) => errors.length > 0)
  // What could not be bound has not passed.
  const code = failed ? 1 : report.environments.some(({ notBound }) => notBound.length > 0) ? 2 : 0
  if (options.json) {
    printJson({
      errors: report.errors.map(errorRecord),
      notices: report.notices,
      environments: report.environments.map(({ env, errors, bound, notBound, guarantees }) => ({
        env,
        bound,
        not_bound: notBound,
        guarantees,
        errors: errors.map(errorRecord),
      })),
    })
    return code
  }
  for (const notice of report.notices) console.log(`${paint('yellow', '!')} ${notice}`)
  for (const error of report.errors) console.error(`${errorText(error)}\n`)
  for (const { env, errors, bound, notBound } of report.environments) {
    const mark =
      errors.length > 0 ? paint('red', '✗') : notBound.length > 0 ? paint('yellow', '!') : paint('green', '✓')
    console.log(
      `${mark} ${env}: ${plural(bound, 'statement')} bound${notBound.length > 0 ? `, ${notBound.length} not bound` : ''}${errors.length > 0 ? `, ${plural(errors.length, 'error')}` : ''}`,
    )
    for (const reason of new Set(notBound.map((text) => text.replace(/^[^:]*: /, ''))))
      console.log(`    not bound: ${reason}`)
    for (const error of errors) console.error(`\n${errorText(error)}`)
  }
  const alike = Map.groupBy(report.environments, ({ guarantees }) => JSON.stringify(guarantees))
  for (const group of alike.values()) {
    const { guarantees } = group[0]!
    const where = alike.size > 1 ? group.map(({ env }) => env).join(', ') : ''
    if (guarantees.length > 0) console.log(`\n${guaranteesText(guarantees, where)}`)
  }
  return code
}
