import {
  checkDimensions,
  LevadaError,
  mergedPartitions,
  publishVersion,
  restoreVersion,
  selectedPartitions,
  type CatalogContext,
  type Column,
  type Dataset,
  type Location,
  type PartitionKey,
  type StoredPartition,
  type StoredVersion,
  type Versions,
} from '@levada/core/spi'
import {
  columnSql,
  postgresServer,
  quoteName,
  quoteText,
  type PostgresServer,
  type Run,
} from '@levada/resource-postgres'
import { replaceView } from './view.ts'
import { ledger } from './versions.ts'

export interface TableOptions extends Omit<CatalogContext, 'root' | 'env'> {
  readonly schema: string
  readonly table: string
  /** The schema of versions. */
  readonly versions: string
  /** The entry of resources.yml. */
  readonly server: string
}

/** Names end after 63 bytes; the version makes them unlike any other. */
const shortName = (table: string): string =>
  table
    .toLowerCase()
    .replaceAll(/[^a-z0-9_]/g, '_')
    .slice(0, 24)

/**
 * A view of the public name over tables that are written once. `levada.versions` says which of them are a version; publishing
 * replaces the view in the transaction that records the version, so that readers see the one before or all of this one.
 */
export function postgresTable(options: TableOptions): Dataset {
  const { asset, schema, table, versions: keptIn, server: serverName, engine } = options
  const name = `${quoteName(schema)}.${quoteName(table)}`
  let opened: Promise<PostgresServer> | undefined
  const open = (): Promise<PostgresServer> => (opened ??= engine(serverName).then(postgresServer))
  const tableOf = (version: string): string =>
    `${quoteName(keptIn)}.${quoteName(`${shortName(table)}_${version.toLowerCase()}`)}`
  const exists = async (run: Run, what: string): Promise<boolean> =>
    (await run('select to_regclass($1)', [what]))[0]![0] !== null

  async function read(run: Run, { number, id }: { number: number; id: string }): Promise<StoredVersion> {
    const found = await ledger(run, keptIn, name).read(number)
    if (found?.id === id) return found
    throw new LevadaError(
      'DATA_MISSING',
      `Version ${number} (${id}) of '${asset}' is not kept in ${name} any more.`,
      {
        hint: 'Run again, with the current version.',
      },
    )
  }

  /** The tables that hold partitions, each with the partitions that count. */
  function locationOf(
    system: string,
    partitionBy: readonly string[],
    partitions: readonly StoredPartition[],
  ): Location {
    const parts = [...Map.groupBy(partitions, ({ version }) => version)].map(
      ([version, group]): Location => ({
        kind: 'table',
        system,
        name: tableOf(version),
        ...(partitionBy.length > 0 && { predicate: predicateOf(partitionBy, group) }),
      }),
    )
    return parts.length === 1 ? parts[0]! : { kind: 'union', parts }
  }

  /** What readers get: the rows of all partitions, and NULL in columns that are younger than them. */
  function viewText(
    columns: readonly Column[],
    partitionBy: readonly string[],
    partitions: readonly StoredPartition[],
  ): string {
    const list = (stored: readonly Column[] | undefined): string =>
      columns
        .map((column) => {
          const there = stored?.some(({ name: known }) => known === column.name)
          const value = there ? quoteName(column.name) : 'null'
          return `cast(${value} as ${columnSql(column.type)}) as ${quoteName(column.name)}`
        })
        .join(', ')
    const selects = [...Map.groupBy(partitions, ({ version }) => version)].map(([version, group]) => {
      const where = partitionBy.length > 0 ? ` where ${predicateOf(partitionBy, group)}` : ''
      return `select ${list(group[0]!.columns)} from ${tableOf(version)}${where}`
    })
    return selects.join(' union all ') || `select ${list(undefined)} where false`
  }

  /** The versions of the asset for one who publishes: nobody else does until the end of the transaction. */
  async function claimable(run: Run): Promise<Versions> {
    await run('select pg_advisory_xact_lock(hashtext($1))', [`levada:${name}`])
    const book = ledger(run, keptIn, name)
    return {
      ...book,
      async claim(next) {
        if (!(await book.record(next))) return false
        await run(`create schema if not exists ${quoteName(schema)}`)
        await replaceView(run, asset, name, viewText(next.columns, next.partitionBy, next.partitions))
        return true
      },
    }
  }

  return {
    type: 'postgres.table',
    address: `${serverName}:${schema}.${table}`,
    capabilities: { write: true, partitioned: true, versioned: true, staging: true, restorable: true },
    emptyLocation: async () => ({ kind: 'table', system: (await open()).system, name, predicate: 'false' }),
    async head() {
      const { run } = await open()
      return ledger(run, keptIn, name).head()
    },
    async exists() {
      const { run } = await open()
      return exists(run, name)
    },
    async locate(version, partitions) {
      const { run, system } = await open()
      const found = version ? await read(run, version) : await ledger(run, keptIn, name).head()
      if (found)
        return locationOf(
          system,
          found.partitionBy,
          partitions ? selectedPartitions(asset, found, partitions) : found.partitions,
        )
      if (await exists(run, name)) {
        const keys =
          partitions &&
          predicateOf(
            Object.keys(partitions[0] ?? {}),
            partitions.map((key) => ({ key })),
          )
        return { kind: 'table', system, name, ...(keys !== undefined && { predicate: keys }) }
      }
      throw new LevadaError(
        'DATA_MISSING',
        `'${asset}': table ${name} does not exist on server '${serverName}'.`,
      )
    },
    async restore(version, id, request) {
      const { run, transaction } = await open()
      const earlier = await read(run, version)
      return transaction(async (own) => restoreVersion(await claimable(own), asset, earlier, id, request))
    },
    async stage(request) {
      const { transaction, run, system } = await open()
      const { version, columns, partitionBy } = request
      const base = request.base && (await read(run, request.base))
      if (base && request.replace) checkDimensions(asset, base, partitionBy)
      const target = tableOf(version)
      await transaction(async (own) => {
        const book = ledger(own, keptIn, name)
        await book.prepare()
        if (!(await book.head()) && (await exists(own, name)))
          throw new LevadaError(
            'FOREIGN_ASSET',
            `'${asset}': ${name} exists on server '${serverName}' and was not made by Levada.`,
            {
              hint: 'Choose another schema or table in catalog.yml, or declare it as a source.',
            },
          )
        const list = columns.map((column) => `${quoteName(column.name)} ${columnSql(column.type)}`)
        await own(`create table ${target} (${list.join(', ')})`)
        await own(`insert into ${quoteName(keptIn)}.tables (name, asset) values ($1, $2)`, [target, name])
      })
      let staged: readonly StoredPartition[] | undefined
      let published = false
      const sealed = (): readonly StoredPartition[] => {
        if (!staged) throw new TypeError('seal() comes first')
        return staged
      }
      const proposal = () => ({ asset, stage: request, base, staged: sealed() })
      return {
        target: { kind: 'table', system, name: target, partitionBy },
        async seal(written) {
          await run(`analyze ${target}`)
          staged = written.partitions.map((partition) => ({ ...partition, version, columns }))
        },
        increment: () => locationOf(system, partitionBy, sealed()),
        candidate: () => locationOf(system, partitionBy, mergedPartitions(proposal(), base)),
        async publish(publishing) {
          const made = await transaction(async (own) =>
            publishVersion(await claimable(own), proposal(), publishing),
          )
          published = true
          await cleanUp(run).catch(() => undefined)
          return made
        },
        async discard() {
          if (published) return
          await transaction(async (own) => {
            await own(`drop table if exists ${target}`)
            await own(`delete from ${quoteName(keptIn)}.tables where name = $1`, [target])
          })
        },
      }
    },
  }

  /** Removes tables that no kept version names: those of the newest two and of all younger than a day stay. */
  async function cleanUp(run: Run): Promise<void> {
    const rows = await run(
      `with kept as (
         select version from ${quoteName(keptIn)}.versions as v
         where asset = $1 and (published_at > now() - interval '1 day'
           or number > (select max(number) - 2 from ${quoteName(keptIn)}.versions where asset = $1)))
       select name from ${quoteName(keptIn)}.tables
       where asset = $1 and created_at < now() - interval '1 day'
         and not exists (
           select 1 from kept, jsonb_array_elements(kept.version -> 'partitions') as p
           where tables.name like '%' || lower(p ->> 'version') || '"')`,
      [name],
    )
    for (const [old] of rows) {
      await run(`drop table if exists ${old}`)
      await run(`delete from ${quoteName(keptIn)}.tables where name = $1`, [old])
    }
  }

  /** A condition for rows of some partitions. */
  function predicateOf(
    partitionBy: readonly string[],
    partitions: readonly { readonly key: PartitionKey }[],
  ): string {
    if (partitionBy.length === 0) return 'true'
    if (partitions.length === 0) return 'false'
    const types = partitionBy.map(
      (dimension) => options.columns.find((column) => column.name === dimension)?.type,
    )
    const tuple = ({ key }: { readonly key: PartitionKey }): string =>
      `(${partitionBy
        .map((dimension, i) => {
          const type = types[i]
          return type
            ? `cast(${quoteText(key[dimension]!)} as ${columnSql(type)})`
            : quoteText(key[dimension]!)
        })
        .join(', ')})`
    return `(${partitionBy.map(quoteName).join(', ')}) in (${partitions.map(tuple).join(', ')})`
  }
}
