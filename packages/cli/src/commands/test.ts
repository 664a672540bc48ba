import { resolve } from 'node:path'
import { errorRecord } from '@levada/core/run'
import { printJson, type AppOptions } from '../app.ts'
import { errorText } from '../errors.ts'
import { paint, plural } from '../style.ts'
import { bindPackage, type EngineBound } from '../test/bind-package.ts'
import { packagesToTest } from '../test/packages.ts'
import { runTests, type Tested } from '../test/run-tests.ts'

/** Binds the SQL of pipeline packages, then runs their tests. */
export async function test(folders: readonly string[], options: AppOptions): Promise<number> {
  const packages = packagesToTest(
    folders.map((folder) => resolve(folder)),
    options,
  )
  const bound = new Map<string, readonly EngineBound[]>()
  for (const found of packages) {
    const engines = await bindPackage(found, options)
    bound.set(found.dir, engines)
    if (!options.json) for (const engine of engines) printBound(found.name, engine)
  }
  const tested = await runTests(packages, options)
  if (options.json)
    printJson({
      packages: tested.map(({ name, dir, state, why }) => ({
        name,
        dir,
        sql: bound.get(dir)!.map(({ engine, dialect, bound: count, notBound, errors }) => ({
          engine,
          dialect,
          bound: count,
          not_bound: notBound,
          errors: errors.map(errorRecord),
        })),
        tests: { state, ...(why !== undefined && { why }) },
      })),
    })
  else for (const each of tested) printTested(each)
  return exitCode([...bound.values()].flat(), tested)
}

function printBound(name: string, { dialect, engine, bound, notBound, errors }: EngineBound): void {
  const mark =
    errors.length > 0 ? paint('red', '✗') : notBound.length > 0 ? paint('yellow', '!') : paint('green', '✓')
  const parts = [
    bound > 0 || notBound.length === 0
      ? `${plural(bound, 'statement')} bound in ${engine ?? dialect}`
      : undefined,
    errors.length > 0 ? plural(errors.length, 'error') : undefined,
  ].filter((part) => part !== undefined)
  for (const why of new Set(notBound)) parts.push(`not bound in ${engine ?? dialect}: ${why}`)
  console.log(`${mark} ${name}: ${parts.join(', ')}`)
  for (const error of errors) console.error(`\n${errorText(error)}\n`)
}

function printTested({ name, state, why }: Tested): void {
  const mark = { passed: paint('green', '✓'), failed: paint('red', '✗'), none: paint('yellow', '!') }[state]
  const text = { passed: 'tests passed', failed: 'tests failed', none: 'not tested' }[state]
  console.log(`${mark} ${name}: ${text}${why === undefined ? '' : `: ${why}`}`)
}

/** What was not looked at has not passed. */
function exitCode(bound: readonly EngineBound[], tested: readonly Tested[]): number {
  if (bound.some(({ errors }) => errors.length > 0) || tested.some(({ state }) => state === 'failed'))
    return 1
  return bound.some(({ notBound }) => notBound.length > 0) || tested.some(({ state }) => state === 'none')
    ? 2
    : 0
}
