// Each suite is shown an implementation with a fault: a suite that cannot fail tests nothing.
import { describe, expect, test } from 'vitest'
import { denied, type Dataset, type DatasetCapabilities, type Staging } from '@levada/core/spi'
import {
  datasetConformance,
  memoryDataset,
  memoryStore,
  type DatasetSuite,
  type Runner,
} from '../src/index.ts'

/** Titles of the cases that are red. */
async function red(suite: Omit<DatasetSuite, 'name'>): Promise<string[]> {
  const cases: { readonly title: string; readonly run: () => Promise<void> }[] = []
  const runner: Runner = {
    describe: (_, body) => body(),
    test: (title, run) => void cases.push({ title, run }),
    expect,
  }
  datasetConformance(runner, { name: 'planted', ...suite })
  const results = await Promise.allSettled(cases.map(({ run }) => run()))
  return cases.flatMap(({ title }, i) => (results[i]!.status === 'rejected' ? [title] : []))
}

/** The memory dataset with something changed. */
function changed(change: (dataset: Dataset) => Partial<Dataset>): DatasetSuite['create'] {
  const stores = new Map<string, ReturnType<typeof memoryStore>>()
  return ({ asset, root, retention }) => {
    const store = stores.get(root) ?? memoryStore()
    stores.set(root, store)
    const dataset = memoryDataset(asset, store, retention)
    return { ...dataset, ...change(dataset) }
  }
}

const stagings = (change: (staging: Staging, dataset: Dataset) => Partial<Staging>): DatasetSuite['create'] =>
  changed((dataset) => ({
    async stage(request) {
      const staging = await dataset.stage(request)
      return { ...staging, ...change(staging, dataset) }
    },
  }))

const early = { app: 'shop', runId: 'r', inputs: {}, mayRebase: true }

test('the reference is green', async () => expect(await red({ create: changed(() => ({})) })).toEqual([]))

describe('datasetConformance is red for a dataset', () => {
  test.each<[string, string, DatasetSuite['create']]>([
    [
      'that publishes early',
      'a staged write is visible to nobody',
      stagings((staging) => ({
        async seal(written) {
          await staging.seal(written)
          await staging.publish(early)
        },
      })),
    ],
    [
      'that keeps its rows to itself',
      'publish() makes all rows visible to other instances',
      ({ asset }) => memoryDataset(asset, memoryStore()),
    ],
    [
      'whose last writer wins',
      'publish() on an old base is CONFLICT, and changes nothing',
      changed((dataset) => ({
        stage: async (request) => {
          const staging = await dataset.stage(request)
          return {
            ...staging,
            publish: async (publishing) => {
              const again = await dataset.stage({ ...request, base: await dataset.head() })
              await again.seal({ rows: 0, sizeBytes: 0, files: [], partitions: [] })
              return again.publish(publishing)
            },
          }
        },
      })),
    ],
    [
      'that ignores mayRebase',
      'nothing is rebased that may not be',
      stagings(({ publish }) => ({ publish: (request) => publish({ ...request, mayRebase: true }) })),
    ],
    [
      'that never rebases',
      'writes of different partitions are rebased',
      stagings(({ publish }) => ({ publish: (request) => publish({ ...request, mayRebase: false }) })),
    ],
    [
      'whose candidate is the increment',
      'increment() is the rows of the step, candidate() what readers would see',
      stagings(({ increment }) => ({ candidate: increment })),
    ],
    [
      'whose increment is the candidate',
      'increment() is the rows of the step, candidate() what readers would see',
      stagings(({ candidate }) => ({ increment: candidate })),
    ],
    [
      'whose discard publishes',
      'discard() forgets the write',
      stagings(({ publish }) => ({ discard: async () => void (await publish(early)) })),
    ],
    [
      'that replaces everything',
      'a partition is replaced, and the others stay',
      changed(({ stage }) => ({ stage: (request) => stage({ ...request, replace: undefined }) })),
    ],
    [
      'that locates too much',
      'locate() finds single partitions; one that is not stored has no rows',
      changed(({ locate }) => ({ locate: (version) => locate(version) })),
    ],
    [
      'that locates the newest only',
      'the version before stays readable',
      changed(({ locate }) => ({ locate: (_, partitions) => locate(undefined, partitions) })),
    ],
    [
      'that forgets its versions',
      'head() of another instance is what publish() returned',
      changed(() => ({ head: async () => undefined })),
    ],
    ['that says too much exists', 'holds nothing at first', changed(() => ({ exists: async () => true }))],
    [
      'of every app',
      'an asset of another app is FOREIGN_ASSET',
      stagings(({ publish }) => ({ publish: (request) => publish({ ...request, app: 'shop' }) })),
    ],
    [
      'that lists the oldest first',
      'versions() lists what is kept, newest first, and nothing that was only staged',
      changed((dataset) => ({
        async versions() {
          const { versions, damaged } = await dataset.versions!()
          return { versions: versions.toReversed(), damaged }
        },
      })),
    ],
    [
      'that has no list of its versions',
      'versions() lists what is kept, newest first, and nothing that was only staged',
      changed(() => ({ versions: undefined as never })),
    ],
    [
      'that removes what it was only to tell of',
      'clean() tells what its retention lets go of, and removes it when it is told to',
      changed(({ clean }) => ({ clean: (request) => clean!({ ...request, remove: true }) })),
    ],
    [
      'that removes what unfinished runs read',
      'clean() keeps the newest versions, what was current of late, and what unfinished runs read',
      changed(({ clean }) => ({ clean: (request) => clean!({ ...request, pinned: new Set() }) })),
    ],
    [
      'that publishes and removes what unfinished runs read',
      'publish() lets go of what its retention does, but not of what unfinished runs read',
      stagings(({ publish }) => ({ publish: ({ pinned: _, ...request }) => publish(request) })),
    ],
    [
      'that knows nothing of its retention',
      'publish() lets go of what its retention does, but not of what unfinished runs read',
      (context) => changed(() => ({}))({ ...context, retention: { versions: 99, ageMs: 0, graceMs: 0 } }),
    ],
  ])('%s', async (_, title, create) => expect(await red({ create })).toContain(title))

  const capabilities = [
    'write',
    'rows',
    'partitioned',
    'versioned',
    'staging',
    'restorable',
    'append',
  ] as const
  test.each(capabilities)('that can more than it says: %s', async (name) => {
    const create = changed(({ capabilities: declared }) => ({
      capabilities: { ...declared, [name]: denied('planted') },
    }))
    expect((await red({ create })).filter((title) => title.startsWith(`${name}: denied`))).toHaveLength(1)
  })

  test.each([...capabilities, 'atomicGroup'])('that can less than it says: %s', async (name) => {
    const no = denied('planted')
    const declared: DatasetCapabilities = {
      write: no,
      rows: no,
      partitioned: no,
      versioned: no,
      staging: no,
      restorable: no,
      append: no,
      atomicGroup: no,
      [name]: true,
    }
    const refuse = async (): Promise<never> => {
      throw Object.assign(new Error('no'), { code: 'NOT_SUPPORTED' })
    }
    const create = changed(() => ({ capabilities: declared, stage: refuse }))
    expect(await red({ create })).not.toEqual([])
  })
})

describe('an opt-out', () => {
  const reason = { class: 'never', reason: 'because' } as const
  const create = changed(() => ({ exists: async () => true }))

  test('makes a red case green', async () => {
    const optOut = Object.fromEntries((await red({ create })).map((title) => [title, reason]))
    expect(Object.keys(optOut)).not.toEqual([])
    expect(await red({ create, optOut })).toEqual([])
  })

  test('is red when the case passes', async () => {
    expect(
      await red({ create: changed(() => ({})), optOut: { 'discard() forgets the write': reason } }),
    ).toEqual(['discard() forgets the write (opted out, never: because)'])
  })

  test('of no case is an error', async () => {
    await expect(red({ create, optOut: { nonsense: reason } })).rejects.toThrow(
      /'nonsense', which is no case/,
    )
  })
})
