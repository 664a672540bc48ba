import type { DatasetCapabilities, Version } from '@levada/core/spi'
import { codeOf, type Case } from '../runner.ts'
import { daily, mon, publishing, row, whole, type Lab } from './lab.ts'

const request = { version: 'v', replace: undefined, base: undefined }
const version: Version = {
  id: 'v',
  number: 1,
  createdAt: '2001-03-05T00:00:00.000Z',
  app: 'shop',
  runId: 'r',
  inputs: {},
  columns: whole.columns,
  partitions: [],
  rows: 0,
  sizeBytes: 0,
}

/** What a dataset denies it has to refuse. One case for each capability. */
export function refusalCases({
  write,
  rows,
  partitioned,
  versioned,
  staging,
  restorable,
  append,
  atomicGroup,
}: DatasetCapabilities): readonly Case<Lab>[] {
  const cases: Case<Lab>[] = []
  const add = (title: string, run: Case<Lab>['run']): void => void cases.push({ title, run })
  if (write !== true) {
    add(
      'write: denied, stage() is NOT_SUPPORTED',
      async (lab) =>
        void lab
          .expect(await codeOf((await lab.open(whole)).stage({ ...whole, ...request })))
          .toEqual('NOT_SUPPORTED'),
    )
  }
  if (rows !== true) {
    add('rows: denied, a query is kept, and rows are NOT_SUPPORTED', async (lab) => {
      const staging = await (await lab.open(whole)).stage({ ...whole, ...request })
      lab.expect(staging.target.kind).toEqual('query')
      lab.expect(await codeOf(lab.writeRows(staging, whole, [row({}, 1)]))).toEqual('NOT_SUPPORTED')
      await staging.discard()
    })
  }
  if (partitioned !== true) {
    add('partitioned: denied, a partition is NOT_SUPPORTED', async (lab) => {
      const dataset = await lab.open(daily)
      const refused =
        write === true
          ? dataset.stage({ ...daily, ...request, replace: [mon] })
          : dataset.locate(undefined, [mon])
      lab.expect(await codeOf(refused)).toEqual('NOT_SUPPORTED')
    })
  }
  if (versioned !== true) {
    add('versioned: denied, there is no version', async (lab) => {
      const dataset = await lab.open(whole)
      if (write === true) await lab.publish(whole, [row({}, 1)])
      lab.expect(await dataset.head()).toEqual(undefined)
      lab.expect(await codeOf(dataset.locate(version))).toEqual('NOT_SUPPORTED')
    })
  }
  if (staging !== true) {
    add('staging: denied, staged rows cannot be read', async (lab) => {
      const staged = async (): Promise<unknown> => (await lab.stage(whole, [row({}, 1)])).increment()
      lab.expect(await codeOf(staged())).toEqual('NOT_SUPPORTED')
    })
  }
  if (restorable !== true) {
    add(
      'restorable: denied, restore() is NOT_SUPPORTED',
      async (lab) =>
        void lab
          .expect(await codeOf((await lab.open(whole)).restore(version, 'again', publishing)))
          .toEqual('NOT_SUPPORTED'),
    )
  }
  if (atomicGroup !== true && write === true) {
    add('atomicGroup: denied, an asset is published by itself', async (lab) => {
      const staging = await lab.stage(whole, [row({}, 1)])
      lab.expect(staging.group).toEqual(undefined)
      await staging.discard()
    })
  }
  if (append !== true) {
    add(
      'append: denied, rows that are added are NOT_SUPPORTED',
      async (lab) =>
        void lab
          .expect(await codeOf((await lab.open(whole)).stage({ ...whole, ...request, adds: true })))
          .toEqual('NOT_SUPPORTED'),
    )
  }
  return cases
}
