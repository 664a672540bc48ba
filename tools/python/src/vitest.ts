import type { TestProject } from 'vitest/node'
import { dbtEnvironment, dbtNames, type DbtEnvironment } from './dbt.ts'

declare module 'vitest' {
  interface ProvidedContext {
    /** dbt of both generations, as `describe.each` takes them; one without `executable` is to be skipped. */
    dbt: DbtEnvironment[]
  }
}

/** Makes what the tests with dbt need. */
export default async function setup(project: TestProject): Promise<void> {
  const environments = await Promise.all(dbtNames.map(dbtEnvironment))
  for (const { title, executable } of environments)
    if (!executable) console.error(`\nSKIPPED: all tests with ${title}\n`)
  project.provide('dbt', environments)
}
