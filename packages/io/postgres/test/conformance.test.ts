import { createHash } from 'node:crypto'
import { tmpdir } from 'node:os'
import { afterAll, describe, expect, inject, test } from 'vitest'
import type { Dataset, CatalogContext, Engine } from '@levada/core/spi'
import { postgres } from '@levada/resource-postgres'
import { datasetConformance } from '@levada/testing'
import { postgresTables } from '../src/index.ts'

const context = { name: 'postgres', root: tmpdir(), env: 'test' }
const engine: Engine = await postgres().engines['postgres']!.create(inject('postgres') as never, context)
afterAll(() => engine.close())

/** A schema of its own for each place. */
const schemaOf = (root: string): string => `t_${createHash('sha1').update(root).digest('hex').slice(0, 12)}`

const create = (dataset: CatalogContext): Dataset =>
  postgresTables().datasets['postgres.table']!.create(
    {
      schema: schemaOf(dataset.root),
      table: 'Orders "x"',
      versions: `${schemaOf(dataset.root)}_versions`,
    } as never,
    dataset,
  )

datasetConformance({ describe, test, expect }, { name: 'postgres.table', create, engine })
