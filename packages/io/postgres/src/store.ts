import {
  checkDimensions,
  defaultRetention,
  heldProposal,
  holdProposal,
  keptVersions,
  LevadaError,
  mergedPartitions,
  partsOf,
  publishVersion,
  restoreVersion,
  selectedPartitions,
  type CatalogContext,
  type Cleaning,
  type CleaningRequest,
  type Column,
  type Dataset,
  type Held,
  type HeldWrite,
  type Location,
  type PartitionKey,
  type PublishingGroup,
  type PublishRequest,
  type StageRequest,
  type Staging,
  type StoredPartition,
  type StoredVersion,
  type Version,
  type Versions,
  type WriteTarget,
  type Written,
} from '@levada/core/spi'
import {
  absentSql,
  columnSql,
  partitionSql,
  postgresServer,
  quoteName,
  quoteText,
  type PostgresServer,
  type Run,
} from '@levada/resource-postgres'
import { grantOn, grantsOn } from './grants.ts'
import { takeLease } from './leases.ts'
import { standingAt } from './own-view.ts'
import { replaceView } from './replace-view.ts'
import { defaultScanMb, tableState } from './table-state.ts'
import { ledger, makeSchema, type Ledger } from './versions.ts'

export interface StoreOptions extends Omit<CatalogContext, 'root' | 'env'> {
  /** The type in the catalog. */
  readonly type: string
  readonly schema: string
  /** The public name. */
  readonly table: string
  /** The schema of versions. */
  readonly versions: string
  /** The entry of resources.yml. */
  readonly server: string
  /** Up to how many megabytes a table of somebody else is read through to tell whether it changed. @default 64 */
  readonly scanMb?: number
}

/** Rows in a table that is named after the version that wrote them, or the query that computes them. */
export interface Stored extends StoredPartition {
  readonly query?: string
}

/** Of what partitions are. */
interface Dimensions {
  readonly partitionBy: readonly string[]
  readonly grains?: StageRequest['grains']
}

/** What kinds of datasets differ in: where a step writes, and what is kept of it. */
export interface StagedWrite {
  readonly target: WriteTarget
  readonly seal: (written: Written) => Promise<readonly Stored[]>
  readonly discard: () => Promise<void>
}

/** A staged write, as one of several that are published in one transaction. */
interface Member {
  readonly name: string
  readonly publish: (run: Run, request: PublishRequest) => Promise<Version>
  readonly published: (version: Version, request: PublishRequest) => Promise<void>
}

export interface PostgresStore {
  /** The public name, quoted. */
  readonly name: string
  /** The schema of versions, quoted. */
  readonly keptIn: string
  readonly open: () => Promise<PostgresServer>
  /** The table of rows that a version wrote, quoted. */
  readonly tableOf: (version: string) => string
  /** All of a dataset but what it can do and how it is written. */
  readonly dataset: Omit<Dataset, 'capabilities' | 'stage'> & Required<Pick<Dataset, 'standing'>>
  /** `prepare` runs with the ledger at hand, in one transaction. */
  readonly stage: (
    request: StageRequest,
    prepare: (run: Run) => Promise<void>,
    write: StagedWrite,
  ) => Promise<Staging>
  /** What another process has staged, if its table is there. */
  readonly reopen: (
    held: Held,
    write: (request: StageRequest) => Promise<StagedWrite>,
  ) => Promise<Staging | undefined>
}

/** Names end after 63 bytes; the version makes them unlike any other. */
const shortName = (table: string): string =>
  table
    .toLowerCase()
    .replaceAll(/[^a-z0-9_]/g, '_')
    .slice(0, 24)

/** As people write it; quoted where another reading is possible. */
const shown = (name: string): string => (/^[\w$]+$/.test(name) ? name : quoteName(name))

/**
 * A view of the public name over what versions are made of, and a ledger of them beside it; publishing replaces the view in
 * the transaction that records the version, so that readers see the one before or all of this one.
 */
export function postgresStore(options: StoreOptions): PostgresStore {
  const {
    type,
    asset,
    schema,
    table,
    versions: keptIn,
    server: serverName,
    engine,
    retention = defaultRetention,
  } = options
  const name = `${quoteName(schema)}.${quoteName(table)}`
  let opened: Promise<PostgresServer> | undefined
  const open = (): Promise<PostgresServer> => (opened ??= engine(serverName).then(postgresServer))
  const tableOf = (version: string): string =>
    `${quoteName(keptIn)}.${quoteName(`${shortName(table)}_${version.toLowerCase()}`)}`
  const bookOf = (run: Run): Ledger => ledger(run, keptIn, name, options.notice)
  const isThere = async (run: Run, relation: string): Promise<boolean> =>
    (await run('select to_regclass($1)', [relation]))[0]![0] !== null
  const exists = (run: Run): Promise<boolean> => isThere(run, name)
  const tablesOf = (version: StoredVersion<Stored> | undefined): readonly string[] => [
    ...new Set(
      partsOf(version?.partitions ?? []).flatMap((part) =>
        part.query === undefined ? tableOf(part.version) : [],
      ),
    ),
  ]

  async function read(
    run: Run,
    { number, id }: { number: number; id: string },
  ): Promise<StoredVersion<Stored>> {
    const found = await bookOf(run).read(number)
    if (found?.id === id) return found
    throw new LevadaError(
      'DATA_MISSING',
      `Version ${number} (${id}) of '${asset}' is not kept in ${name} any more.`,
      { hint: 'Run again, with the current version.' },
    )
  }

  /** The tables that hold partitions, each with the partitions that count; or the query. */
  function locationOf(system: string, dimensions: Dimensions, partitions: readonly Stored[]): Location {
    const parts = [...Map.groupBy(partsOf(partitions), ({ version }) => version)].map(
      ([version, group]): Location => {
        const { query } = group[0]!
        if (query !== undefined) return { kind: 'query', system, text: query }
        const predicate = dimensions.partitionBy.length > 0 && { predicate: predicateOf(dimensions, group) }
        return { kind: 'table', system, name: tableOf(version), ...predicate }
      },
    )
    return parts.length === 1 ? parts[0]! : { kind: 'union', parts }
  }

  /** What readers get: the rows of all partitions, and the default, or NULL, in columns that are younger than them. */
  function viewText(
    columns: readonly Column[],
    dimensions: Dimensions,
    partitions: readonly Stored[],
  ): string {
    const list = (stored: readonly Column[] | undefined): string =>
      columns
        .map((column) => {
          const there = stored?.some(({ name: known }) => known === column.name)
          const value = there
            ? `cast(${quoteName(column.name)} as ${columnSql(column.type)})`
            : absentSql(column)
          return `${value} as ${quoteName(column.name)}`
        })
        .join(', ')
    const selects = [...Map.groupBy(partsOf(partitions), ({ version }) => version)].map(
      ([version, group]) => {
        const { query, columns: stored } = group[0]!
        if (query !== undefined) return query
        const where = dimensions.partitionBy.length > 0 ? ` where ${predicateOf(dimensions, group)}` : ''
        return `select ${list(stored)} from ${tableOf(version)}${where}`
      },
    )
    return selects.join(' union all ') || `select ${list(undefined)} where false`
  }

  /** @throws FOREIGN_ASSET when somebody else's table or view stands at the public name */
  async function checkOwn(run: Run, head: StoredVersion<Stored> | undefined, top: number): Promise<void> {
    const isDamaged = top > (head?.number ?? 0)
    const text = head ? viewText(head.columns, head, head.partitions) : isDamaged ? '' : undefined
    if ((await standingAt(run, keptIn, name, text)) !== 'foreign') return
    if (isDamaged)
      throw new LevadaError(
        'FOREIGN_ASSET',
        `'${asset}': version ${top} cannot be read, so that ${name} on server '${serverName}' cannot be told from what somebody else has made.`,
        { hint: `Drop ${name}, if it is this asset's: it is made again.` },
      )
    throw new LevadaError(
      'FOREIGN_ASSET',
      `'${asset}': ${name} exists on server '${serverName}' and was not made by Levada.`,
      { hint: 'Drop it, choose another schema or table in catalog.yml, or declare it as a source.' },
    )
  }

  /** Readers of a view with `security_invoker` need rights on its tables: new ones get those that all before had. */
  async function keepGrants(
    run: Run,
    head: StoredVersion<Stored> | undefined,
    next: StoredVersion<Stored>,
  ): Promise<void> {
    const before = tablesOf(head)
    const fresh = tablesOf(next).filter((table) => !before.includes(table))
    if (before.length === 0 || fresh.length === 0) return
    const grants = await grantsOn(run, before)
    for (const table of fresh) await grantOn(run, table, grants)
  }

  /** The versions of the asset for one who publishes: nobody else does until the end of the transaction. */
  async function claimable(run: Run): Promise<Versions<Stored>> {
    await run('select pg_advisory_xact_lock(hashtext($1))', [`levada:${name}`])
    const book = bookOf(run)
    return {
      ...book,
      async claim(next) {
        const [head, top] = [await book.head(), await book.top()]
        if (!(await book.record(next))) return false
        await checkOwn(run, head, top)
        await book.setAside()
        await keepGrants(run, head, next)
        await makeSchema(run, schema)
        await replaceView(run, asset, name, viewText(next.columns, next, next.partitions))
        return true
      },
    }
  }

  return {
    name,
    keptIn: quoteName(keptIn),
    open,
    tableOf,
    dataset: {
      type,
      address: `${serverName}:${shown(schema)}.${shown(table)}`,
      emptyLocation: async () => ({ kind: 'table', system: (await open()).system, name, predicate: 'false' }),
      standing: async () => ({ kind: 'table', system: (await open()).system, name }),
      async head() {
        const { run } = await open()
        return bookOf(run).head()
      },
      async version(number) {
        const { run } = await open()
        return bookOf(run).read(number)
      },
      async versions() {
        const { run } = await open()
        const { versions, damaged } = await bookOf(run).all()
        return { versions: versions.map(({ version }) => version), damaged }
      },
      clean,
      async lease(holder, over) {
        const { run, transaction } = await open()
        return takeLease({ run, transaction, schema: keptIn, name }, holder, over)
      },
      async exists() {
        const { run } = await open()
        return exists(run)
      },
      async identity() {
        const { run } = await open()
        return tableState(run, name, options.scanMb ?? defaultScanMb)
      },
      async locate(version, partitions) {
        const { run, system } = await open()
        const found = version ? await read(run, version) : await bookOf(run).head()
        if (found)
          return locationOf(
            system,
            found,
            partitions ? selectedPartitions(asset, found, partitions) : found.partitions,
          )
        if (await exists(run)) {
          const keys =
            partitions &&
            predicateOf(
              { partitionBy: Object.keys(partitions[0] ?? {}), grains: options.grains },
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
        const { transaction } = await open()
        return transaction(async (own) => {
          const versions = await claimable(own)
          const earlier = await read(own, version)
          for (const table of tablesOf(earlier))
            if (!(await isThere(own, table)))
              throw new LevadaError(
                'DATA_MISSING',
                `Version ${version.number} of '${asset}': table ${table} does not exist on server '${serverName}' any more.`,
                { hint: `Restore another version, or build it again: levada run ${asset} --force` },
              )
          return restoreVersion(versions, asset, earlier, id, request)
        })
      },
    },
    async stage(request, prepare, write) {
      const { transaction, run } = await open()
      const { columns } = request
      checkNames(asset, columns)
      const base = request.base && (await read(run, request.base))
      if (base && (request.replace || request.adds)) checkDimensions(asset, base, request)
      await transaction(async (own) => {
        const book = bookOf(own)
        await book.prepare()
        await checkOwn(own, await book.head(), await book.top())
        await prepare(own)
      })
      return stagingOf(request, base, write)
    },
    async reopen(held, write) {
      const { run } = await open()
      const book = bookOf(run)
      const proposal = await heldProposal(asset, held as HeldWrite<Stored>, book.read)
      if (!proposal || !(await isThere(run, tableOf(proposal.stage.version)))) return undefined
      const { stage, base, staged } = proposal
      return stagingOf(stage, base, await write(stage), staged)
    },
  }

  /** A write whose place is prepared. */
  async function stagingOf(
    request: StageRequest,
    base: StoredVersion<Stored> | undefined,
    { target, seal, discard }: StagedWrite,
    before?: readonly Stored[],
  ): Promise<Staging> {
    const { transaction, system } = await open()
    let staged = before
    let published = false
    const sealed = (): readonly Stored[] => {
      if (!staged) throw new TypeError('seal() comes first')
      return staged
    }
    const proposal = () => ({ asset, stage: request, base, staged: sealed() })
    const member: Member = {
      name,
      publish: async (run, publishing) => publishVersion(await claimable(run), proposal(), publishing),
      async published({ number }, publishing) {
        published = true
        const isMore = number > retention.versions
        // What cannot be removed now is removed later.
        const pinning = (async () => (isMore && (await publishing.pinned?.())) || new Set<string>())()
        await pinning.then((pinned) => clean({ pinned, remove: true })).catch(() => undefined)
      },
    }
    /** In one transaction, in the order of names, so that two of them never wait for each other. */
    const publishAll: PublishingGroup['publishAll'] = async (members) => {
      const all = members as readonly { readonly member: Member; readonly request: PublishRequest }[]
      const made = new Map<Member, Version>()
      await transaction(async (own) => {
        for (const each of all.toSorted((a, b) => (a.member.name < b.member.name ? -1 : 1)))
          made.set(each.member, await each.member.publish(own, each.request))
      })
      for (const each of all) await each.member.published(made.get(each.member)!, each.request)
      return all.map((each) => made.get(each.member)!)
    }
    return {
      target,
      seal: async (written) => void (staged = await seal(written)),
      hold: () => holdProposal(proposal()),
      increment: () => locationOf(system, request, sealed()),
      candidate: (keeps) => locationOf(system, request, mergedPartitions(proposal(), base, keeps)),
      publish: async (request) => (await publishAll([{ member, request }]))[0]!,
      group: { key: `postgres ${serverName}`, member, publishAll },
      async discard() {
        if (!published) await discard()
      },
    }
  }

  /** Forgets versions that need not stay, and drops tables that no other names, or that attempts have left more than a day ago. */
  async function clean({ pinned, remove }: CleaningRequest): Promise<Cleaning> {
    const { transaction } = await open()
    const { unused, ...found } = await transaction(async (own) => {
      await own('select pg_advisory_xact_lock(hashtext($1))', [`levada:${name}`])
      const book = bookOf(own)
      const { versions, damaged } = await book.all()
      const [[now]] = (await own('select extract(epoch from now()) * 1000')) as [[string]]
      const ages = versions.map(({ version: { number, id, runId } }, i) => ({
        number,
        id,
        runId,
        replacedAt: versions[i - 1]?.at,
      }))
      const why = keptVersions(ages, retention, Number(now), pinned)
      const kept = versions.filter(({ version }) => why.has(version.number))
      const removed = versions.flatMap(({ version }) => (why.has(version.number) ? [] : [version]))
      if (remove) {
        await book.forget(removed.map(({ number }) => number))
        await book.setAside()
      }
      return {
        kept: kept.map(({ version }) => ({ version, why: why.get(version.number)! })),
        removed,
        damaged,
        unused: damaged.length > 0 ? [] : await unusedTables(own, kept, removed),
      }
    })
    let sizeBytes = 0
    for (const { table, size } of unused) {
      sizeBytes += size
      if (remove)
        await transaction(async (own) => {
          // A reader that is late keeps it for the next time.
          await own(`set local lock_timeout = '2s'`)
          await own(`drop table if exists ${table}`)
          await own(`delete from ${quoteName(keptIn)}.tables where name = $1`, [table])
        })
    }
    return { ...found, sizeBytes, leftovers: unused.filter(({ isLeft }) => isLeft).length }
  }

  interface Unused {
    readonly table: string
    readonly size: number
    /** No version has named it. */
    readonly isLeft: boolean
  }

  async function unusedTables(
    run: Run,
    kept: readonly { readonly version: StoredVersion<Stored> }[],
    removed: readonly StoredVersion<Stored>[],
  ): Promise<readonly Unused[]> {
    if (!(await isThere(run, `${quoteName(keptIn)}.tables`))) return []
    const used = new Set(kept.flatMap(({ version }) => tablesOf(version)))
    const named = new Set(removed.flatMap(tablesOf))
    const rows = await run(
      `select name, created_at < now() - interval '1 day', coalesce(pg_total_relation_size(to_regclass(name)), 0)
       from ${quoteName(keptIn)}.tables where asset = $1`,
      [name],
    )
    return rows.flatMap(([table, isOld, size]): Unused[] => {
      if (used.has(table!) || (isOld !== 't' && !named.has(table!))) return []
      return [{ table: table!, size: Number(size), isLeft: !named.has(table!) }]
    })
  }

  /** A condition for rows of some partitions. */
  function predicateOf(
    { partitionBy, grains }: Dimensions,
    partitions: readonly { readonly key: PartitionKey }[],
  ): string {
    if (partitions.length === 0) return 'false'
    if (partitionBy.length === 0) return 'true'
    const dimensions = partitionBy.map((dimension) => {
      const column = options.columns.find((each) => each.name === dimension)
      const grain = grains?.[dimension]
      return {
        dimension,
        sql: column ? partitionSql(column.type, grain, quoteName(dimension)) : quoteName(dimension),
        type: column && !grain ? columnSql(column.type) : undefined,
      }
    })
    const tuple = ({ key }: { readonly key: PartitionKey }): string =>
      `(${dimensions
        .map(({ dimension, type }) => {
          const value = quoteText(key[dimension]!)
          return type === undefined ? value : `cast(${value} as ${type})`
        })
        .join(', ')})`
    return `(${dimensions.map(({ sql }) => sql).join(', ')}) in (${partitions.map(tuple).join(', ')})`
  }
}

/** The server cuts longer names without an error, and two may then be one. */
export const maxNameBytes = 63

/** @throws NOT_SUPPORTED */
function checkNames(asset: string, columns: readonly Column[]): void {
  const long = columns.find(({ name }) => Buffer.byteLength(name) > maxNameBytes)
  if (long)
    throw new LevadaError(
      'NOT_SUPPORTED',
      `'${asset}': the column name '${long.name}' is longer than the ${maxNameBytes} bytes that PostgreSQL keeps of it.`,
      { hint: 'Choose a shorter name, or another type of dataset.' },
    )
}
