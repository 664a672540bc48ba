import type { TestProject } from 'vitest/node'
import { startPostgres } from './postgres.ts'

declare module 'vitest' {
  interface ProvidedContext {
    /** Where the PostgreSQL server of this run of tests is: what an entry of type `postgres` in resources.yml says. */
    postgres: { host: string; port: number; user: string; password: string; database: string }
  }
}

/** Starts the servers that the tests of a project need, and stops them at its end. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const { host, port, user, password, database, stop } = await startPostgres()
  project.provide('postgres', { host, port, user, password, database })
  return stop
}
