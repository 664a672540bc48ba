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

const create =
  (type: string, key: 'table' | 'view') =>
  (dataset: CatalogContext): Dataset =>
    postgresTables().datasets[type]!.create(
      {
        schema: schemaOf(dataset.root),
        versions: `${schemaOf(dataset.root)}_versions`,
        [key]: dataset.asset === 'shop.orders' ? 'Orders "x"' : dataset.asset,
      } as never,
      dataset,
    )

datasetConformance(
  { describe, test, expect },
  { name: 'postgres.table', create: create('postgres.table', 'table'), engine },
)
datasetConformance(
  { describe, test, expect },
  { name: 'postgres.view', create: create('postgres.view', 'view'), engine },
)
