import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { CatalogContext, Dataset, Engine } from '@levada/core/spi'
import { codeOf, runCases, type Case, type OptOuts, type Runner } from '../runner.ts'
import { openLab, whole, type Lab } from './lab.ts'
import { appendCases, partitionedAppendCases } from './appending.ts'
import { groupCases } from './group.ts'
import { holdingCases, partitionedHoldingCases } from './holding.ts'
import { leaseCases } from './leases.ts'
import { partitionCases } from './partitions.ts'
import { publishingCases } from './publishing.ts'
import { refusalCases } from './refusals.ts'
import { stagedPartitionCases, stagingCases } from './staging.ts'
import { cleaningCases, restoreCases, versionCases } from './versions.ts'

export interface DatasetSuite {
  readonly name: string
  /**
   * An instance of the dataset. `context.root` is an empty folder of its own for each case; twice the same means two
   * instances at one place.
   */
  readonly create: (context: CatalogContext) => Dataset
  /** Writes and scans what the dataset stores, unless it does that itself. */
  readonly engine?: Engine
  /** By the title of the case. */
  readonly optOut?: OptOuts
}

/**
 * Tests whether a dataset keeps the contract, as far as its capabilities reach; what they deny it has to refuse.
 * @example
 * datasetConformance({ describe, test, expect }, { name: 'memory', create: ({ root }) => memoryDataset('a.b', stores.get(root)) })
 */
export function datasetConformance(runner: Runner, { name, create, engine, optOut }: DatasetSuite): void {
  const context: CatalogContext = {
    asset: 'shop.orders',
    ...whole,
    root: join(tmpdir(), 'levada-capabilities'),
    env: 'test',
    engine: async () => engine!,
  }
  const cases = casesFor(create(context))
  runCases(runner, { name, cases, optOut }, async (work) => {
    const root = await mkdtemp(join(tmpdir(), 'levada-dataset-'))
    try {
      await work(openLab({ create, engine, root, expect: runner.expect }))
    } finally {
      await rm(root, { recursive: true, force: true })
    }
  })
}

const nothing: Case<Lab> = {
  title: 'holds nothing at first',
  async run(lab) {
    const dataset = await lab.open(whole)
    lab.expect(await dataset.head()).toEqual(undefined)
    lab.expect(await dataset.exists()).toEqual(false)
    lab.expect(await codeOf(dataset.locate(undefined))).toEqual('DATA_MISSING')
  },
}

const casesFor = ({ capabilities, reopen, clean, lease }: Dataset): readonly Case<Lab>[] => {
  const { write, versioned, restorable, partitioned, staging, append, atomicGroup } = capabilities
  return [
    nothing,
    ...(write === true ? publishingCases : []),
    ...(versioned === true ? versionCases : []),
    ...(restorable === true ? restoreCases : []),
    ...(lease ? leaseCases : []),
    ...(clean && write === true && versioned === true && restorable === true ? cleaningCases : []),
    ...(partitioned === true ? partitionCases : []),
    ...(append === true ? appendCases : []),
    ...(append === true && partitioned === true ? partitionedAppendCases : []),
    ...(staging === true ? stagingCases : []),
    ...(staging === true && partitioned === true ? stagedPartitionCases : []),
    ...(atomicGroup === true ? groupCases : []),
    ...(reopen ? holdingCases : []),
    ...(reopen && partitioned === true ? partitionedHoldingCases : []),
    ...refusalCases(capabilities),
  ]
}
