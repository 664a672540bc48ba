import { tmpdir } from 'node:os'
import { postgres, postgresServer } from '@levada/resource-postgres'
import { afterAll, inject } from 'vitest'

/** The PostgreSQL server of this run of tests: what an entry of type `postgres` in resources.yml says. */
export const server: ReturnType<typeof inject<'postgres'>> = inject('postgres')

const engine = await postgres().engines['postgres']!.create(server as never, {
  name: 'postgres',
  root: tmpdir(),
  env: 'test',
})
afterAll(() => engine.close())

/** Looks at the server from outside of the command. */
export const { run } = postgresServer(engine)
