import { existsSync, mkdirSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { deserialize, serialize } from 'node:v8'
import {
  datasetType,
  definePlugin,
  groupByPartition,
  localPath,
  partitionId,
  versionedDataset,
  type CatalogContext,
  type Dataset,
  type Plugin,
  type StoredVersion,
} from '@levada/core/spi'
import { z } from 'zod'

/** Datasets of the type `sqlite`: `shop.orders: { type: sqlite, path: data/shop.db }`. */
export const sqlite = (): Plugin =>
  definePlugin('sqlite', {
    datasets: {
      sqlite: datasetType({
        config: z.strictObject({ path: localPath() }),
        create: ({ path }, { asset, root, retention }) =>
          sqliteDataset(resolve(root, path), asset, retention),
      }),
    },
  })

/** The versions of an asset in a file of SQLite: each is a row of one table, the rows of its partitions are blobs of another. */
export function sqliteDataset(path: string, asset: string, retention?: CatalogContext['retention']): Dataset {
  let opened: DatabaseSync | undefined
  const database = (): DatabaseSync => {
    if (opened) return opened
    mkdirSync(dirname(path), { recursive: true })
    opened = new DatabaseSync(path, { timeout: 10_000 })
    opened.exec(`
      create table if not exists versions (asset, number integer, body blob, primary key (asset, number));
      create table if not exists parts (asset, version, part, body blob, primary key (asset, version, part))`)
    return opened
  }
  /** What a query finds. Looking makes no file. */
  const rows = (sql: string, ...values: (string | number)[]): Record<string, unknown>[] =>
    opened || existsSync(path)
      ? database()
          .prepare(sql)
          .all(asset, ...values)
      : []
  const find = (sql: string, ...values: (string | number)[]): unknown => {
    const [row] = rows(sql, ...values)
    return row && deserialize(row['body'] as Uint8Array)
  }
  const run = (sql: string, ...values: (string | number | Uint8Array)[]): number =>
    Number(
      database()
        .prepare(sql)
        .run(asset, ...values).changes,
    )

  return versionedDataset({
    type: 'sqlite',
    address: `${path}#${asset}`,
    asset,
    versions: {
      head: async () =>
        find('select body from versions where asset = ? order by number desc limit 1') as
          | StoredVersion
          | undefined,
      read: async (number) =>
        find('select body from versions where asset = ? and number = ?', number) as StoredVersion | undefined,
      numbers: async () =>
        rows('select number from versions where asset = ? order by number desc').map(({ number }) =>
          Number(number),
        ),
      // Two who take a number at the same time: the key lets one of them.
      claim: async (next) =>
        run('insert or ignore into versions values (?, ?, ?)', next.number, serialize(next)) === 1,
    },
    locate: (partitions, partitionBy) => ({
      kind: 'union',
      parts: partitions.map(({ version, key }) => {
        const predicate = partitionId(partitionBy, key)
        return { kind: 'table', system: path, name: version, predicate }
      }),
    }),
    target: (version, partitionBy) => ({ kind: 'table', system: path, name: version, partitionBy }),
    discard: async (version) => void run('delete from parts where asset = ? and version = ?', version),
    async forget(numbers, writers) {
      for (const number of numbers) run('delete from versions where asset = ? and number = ?', number)
      for (const version of writers) run('delete from parts where asset = ? and version = ?', version)
    },
    retention,

    // No engine scans or writes SQLite, so rows come and go by columns.
    async *read(location, columns) {
      for (const part of location.kind === 'union' ? location.parts : []) {
        if (part.kind !== 'table') continue
        const select = 'select body from parts where asset = ? and version = ? and part = ?'
        const stored = find(select, part.name, part.predicate!) as Map<string, readonly unknown[]>
        const [first = []] = stored.values()
        // A column that is younger than the partition is NULL there.
        const nulls = first.map(() => null)
        yield { length: first.length, columns: columns.map(({ name }) => stored.get(name) ?? nulls) }
      }
    },
    async append(target, columns, batches) {
      if (target.kind !== 'table') throw new TypeError('not a target of this dataset')
      const groups = await groupByPartition(target.partitionBy, columns, batches, target.grains)
      const partitions = groups.map(({ key, rows }) => {
        const body = serialize(new Map(columns.map(({ name }, i) => [name, rows.columns[i]!])))
        run('insert into parts values (?, ?, ?, ?)', target.name, partitionId(target.partitionBy, key), body)
        return { key, rows: rows.length, sizeBytes: body.length }
      })
      const sum = (of: 'rows' | 'sizeBytes'): number => partitions.reduce((all, each) => all + each[of], 0)
      return { rows: sum('rows'), sizeBytes: sum('sizeBytes'), files: [], partitions }
    },
  })
}
