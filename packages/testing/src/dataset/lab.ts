import {
  type Batch,
  type Column,
  type Dataset,
  type CatalogContext,
  type Engine,
  type Grains,
  type Location,
  type PartitionKey,
  type PublishRequest,
  type StageRequest,
  type Staging,
  type Version,
  type Written,
} from '@levada/core/spi'
import { batchOf, rowsOf, type Row } from '../rows.ts'
import { query } from '../engine/lab.ts'
import type { Runner } from '../runner.ts'

/** One way to store rows that the cases try. */
export interface Shape {
  readonly columns: readonly Column[]
  readonly partitionBy: readonly string[]
  readonly grains?: Grains
}

const text = (name: string): Column => ({ name, type: { kind: 'string' }, nullable: false })
const rest: readonly Column[] = [
  { name: 'id', type: { kind: 'int' }, nullable: false },
  { ...text('note'), nullable: true },
]
const day: Column = { name: 'day', type: { kind: 'date' }, nullable: false }
export const whole: Shape = { columns: rest, partitionBy: [] }
export const daily: Shape = { columns: [day, ...rest], partitionBy: ['day'] }
export const regional: Shape = { columns: [day, text('region'), ...rest], partitionBy: ['day', 'region'] }
/** Hours of Lisbon, in the night in which its clocks go back, and a value beside them. */
export const hourly: Shape = {
  columns: [{ name: 'at', type: { kind: 'instant' }, nullable: false }, text('region'), ...rest],
  partitionBy: ['at', 'region'],
  grains: { at: { kind: 'hourly', timeZone: 'Europe/Lisbon' } },
}

export const mon: PartitionKey = { day: '2001-03-05' }
export const tue: PartitionKey = { day: '2001-03-06' }
export const wed: PartitionKey = { day: '2001-03-07' }

export const publishing: PublishRequest = { app: 'shop', runId: 'run-1', inputs: {}, mayRebase: true }

/** What the attempt of a version made each of its partitions from. */
export const provenanceOf =
  (version: string): NonNullable<PublishRequest['provenance']> =>
  (key) => ({
    fingerprint: {
      code: version,
      schema: 's',
      checks: 'c',
      engine: 'duckdb',
      params: { low: '1' },
      packages: { zod: '4' },
    },
    inputs: { 'shop.raw': key ? JSON.stringify(key) : 'all' },
  })

/** A row of a partition: `id` and what it is for. */
export const row = (key: PartitionKey, id: number, note: string | null = null): Row => ({ ...key, id, note })

/** An empty place for one dataset, and what the cases do with it. */
export interface Lab {
  readonly expect: Runner['expect']
  /** A new instance of the dataset. */
  open(shape: Shape, more?: Partial<Pick<CatalogContext, 'retention' | 'asset'>>): Promise<Dataset>
  /** Writes and seals, on the current version unless `request` names a base. */
  stage(shape: Shape, rows: readonly Row[], request?: Partial<StageRequest>): Promise<Staging>
  /** Rows from JavaScript, into a target that keeps rows. */
  writeRows(staging: Staging, shape: Shape, rows: readonly Row[]): Promise<Written>
  /** Rows into a target of any kind. */
  write(staging: Staging, shape: Shape, rows: readonly Row[]): Promise<Written>
  publish(shape: Shape, rows: readonly Row[], request?: Partial<StageRequest>): Promise<Version>
  /** All rows of a location, in order of their ids. */
  read(shape: Shape, location: Location): Promise<readonly Row[]>
  /** All rows that a reader finds now. */
  current(shape: Shape): Promise<readonly Row[]>
}

export interface LabOptions {
  readonly create: (context: CatalogContext) => Dataset | Promise<Dataset>
  readonly engine: Engine | undefined
  readonly root: string
  readonly expect: Runner['expect']
}

export function openLab({ create, engine, root, expect }: LabOptions): Lab {
  let attempts = 0
  const lab: Lab = {
    expect,
    open: async (shape, more = {}) =>
      create({
        asset: 'shop.orders',
        ...shape,
        ...more,
        root,
        env: 'test',
        engine: async () => needed(engine, 'this dataset'),
      }),
    async stage(shape, rows, request = {}) {
      const dataset = await lab.open(shape)
      const base = 'base' in request ? request.base : await dataset.head()
      const staging = await dataset.stage({
        version: `attempt-${++attempts}`,
        ...shape,
        replace: undefined,
        ...request,
        base,
      })
      await staging.seal(await lab.write(staging, shape, rows))
      return staging
    },
    async write(staging, shape, rows) {
      const dataset = await lab.open(shape)
      const write = dataset.capabilities.rows === true ? writeRows : writeQuery
      return write(dataset, engine, staging, shape, rows)
    },
    writeRows: async (staging, shape, rows) => writeRows(await lab.open(shape), engine, staging, shape, rows),
    publish: async (...args) => (await lab.stage(...args)).publish(publishing),
    async read(shape, location) {
      const rows = await readAll(await lab.open(shape), engine, shape, location)
      return rows.toSorted((a, b) => Number(a['id']) - Number(b['id']))
    },
    async current(shape) {
      const dataset = await lab.open(shape)
      return lab.read(shape, await dataset.locate(await dataset.head()))
    },
  }
  return lab
}

function needed(engine: Engine | undefined, type: string): Engine {
  if (engine) return engine
  throw new TypeError(`the conformance suite needs an engine that scans and writes ${type}`)
}

async function writeRows(
  dataset: Dataset,
  engine: Engine | undefined,
  { target }: Staging,
  { columns }: Shape,
  rows: readonly Row[],
): Promise<Written> {
  async function* batches(): AsyncGenerator<Batch> {
    yield batchOf(rows, columns)
  }
  if (dataset.append) return dataset.append(target, columns, batches())
  await using session = await needed(engine, dataset.type).open()
  const writer = await session.writer(columns, target)
  await writer.write(rows)
  return await writer.finish()
}

/** For datasets that keep queries: one that says the rows. */
async function writeQuery(
  { type }: Dataset,
  engine: Engine | undefined,
  { target }: Staging,
  { columns }: Shape,
  rows: readonly Row[],
): Promise<Written> {
  const { open, dialect } = needed(engine, type)
  const select = (row: Row): string =>
    `select ${columns
      .map((column) => {
        const value = row[column.name]
        const text = value === null ? 'null' : dialect.literal(value as string | number, column.type)
        return `${text} as ${dialect.identifier(column.name)}`
      })
      .join(', ')}`
  const nothing = `${select(Object.fromEntries(columns.map(({ name }) => [name, null])))} where false`
  const text = rows.length === 0 ? nothing : rows.map(select).join(' union all ')
  await using session = await open()
  return await session.write(query(text), columns, target)
}

async function readAll(
  dataset: Dataset,
  engine: Engine | undefined,
  { columns }: Shape,
  location: Location,
): Promise<readonly Row[]> {
  const rows: Row[] = []
  if (dataset.read) {
    for await (const batch of dataset.read(location, columns)) rows.push(...rowsOf(batch, columns))
    return rows
  }
  await using session = await needed(engine, dataset.type).open()
  const cursor = await session.read({ kind: 'scan', location, columns }, columns)
  for await (const part of cursor.rows()) rows.push(...part)
  return rows
}
