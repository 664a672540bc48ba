import { tmpdir } from 'node:os'
import { afterAll, describe, expect, inject, test } from 'vitest'
import type { Engine } from '@levada/core/spi'
import { engineConformance } from '@levada/testing'
import { columnSql, postgres, postgresServer, quoteName } from '../src/index.ts'

const context = { name: 'postgres', root: tmpdir(), env: 'test' }
const engine: Engine = await postgres().engines['postgres']!.create(inject('postgres') as never, context)
afterAll(() => engine.close())

const { run, system } = postgresServer(engine)
let tables = 0

engineConformance(
  { describe, test, expect },
  {
    name: 'postgres',
    engine,
    async table(columns, partitionBy) {
      const name = `public.conformance_${++tables}`
      await run(
        `create table ${name} (${columns.map((c) => `${quoteName(c.name)} ${columnSql(c.type)}`).join(', ')})`,
      )
      return {
        target: { kind: 'table', system, name, partitionBy },
        location: { kind: 'table', system, name },
      }
    },
  },
)
