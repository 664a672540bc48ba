/// <reference lib="esnext.disposable" preserve="true" />
import type { Batch, Capability, Location, WriteTarget, Written } from '../dataset/index.ts'
import type { Column, ColumnType, SqlType } from '../schema/index.ts'
import type { Signal } from './signal.ts'
import type { SqlText } from './sql-text.ts'

/** A parameter with its value; undefined values are bound as a NULL of the type (enough to bind without running). */
export interface BoundParam {
  readonly type: ColumnType
  readonly value: unknown
}

/** One SELECT of an author or of core over named inputs. */
export interface Query {
  readonly kind: 'query'
  /** For messages: `stage-flights`. */
  readonly name: string
  readonly sql: SqlText
  /** What every table name in the text stands for, `table` or `domain.table`. Nothing else can be read. */
  readonly inputs: Readonly<Record<string, Relation>>
  /** What every `$name` in the text stands for. */
  readonly params: Readonly<Record<string, BoundParam>>
  /** Text that core wrote itself: a SELECT without WITH or `$name` that names nothing but its inputs and answers few rows. It is not looked through. */
  readonly trusted?: boolean
}

/**
 * Rows that an engine can compute on. A relation is exactly its columns, in order and type; `columns` of a scan that are
 * `optional` and absent read as their `default`, or as NULL. The same object used twice is realised once.
 */
export type Relation =
  | { readonly kind: 'scan'; readonly location: Location; readonly columns: readonly Column[] }
  | { readonly kind: 'empty'; readonly columns: readonly Column[] }
  | {
      readonly kind: 'batches'
      readonly columns: readonly Column[]
      readonly batches: () => AsyncIterable<Batch>
    }
  | Query

export interface ResultColumn {
  readonly name: string
  readonly type: SqlType
}

export interface ReadOptions {
  readonly signal?: Signal | undefined
}

/** A result, read once: by rows or by columns. */
export interface Cursor {
  readonly columns: readonly Column[]
  /** Arrays of row objects, in the value rules of docs/column-types.md. */
  rows(): AsyncIterable<readonly Readonly<Record<string, unknown>>[]>
  batches(): AsyncIterable<Batch>
}

/** Rows on their way from JavaScript into a target. */
export interface RowWriter {
  /** @throws ROW_INVALID */
  write(rows: readonly Readonly<Record<string, unknown>>[]): Promise<void>
  finish(): Promise<Written>
  /** Stops, also when it has ended; what was written is rubbish that the staging discards. */
  abort(): Promise<void>
}

/** One connection of an engine; one step uses one and closes it. Statements are interrupted when the signal aborts (CANCELLED). */
export interface EngineSession extends AsyncDisposable {
  /** The columns that stand at a location, in its own types. @throws DATA_UNREADABLE */
  describe(location: Location): Promise<readonly ResultColumn[]>
  /**
   * Binds without running.
   * @throws SQL_SYNTAX, SQL_BIND, SQL_TABLE_UNDECLARED, SQL_PARAM_UNDECLARED, SQL_NOT_SELECT, with the place in the author's file
   */
  bind(query: Query): Promise<readonly ResultColumn[]>
  /** Reads a relation as `columns` (a cast that fails on a value that does not fit). */
  read(relation: Relation, columns: readonly Column[], options?: ReadOptions): Promise<Cursor>
  /** Writes a query's result as `columns`, each cast so that a value that does not fit fails. */
  write(
    query: Query,
    columns: readonly Column[],
    target: WriteTarget,
    options?: ReadOptions,
  ): Promise<Written>
  /** Writes rows from JavaScript. */
  writer(columns: readonly Column[], target: WriteTarget, options?: ReadOptions): Promise<RowWriter>
  /** The table names that a SELECT reads, as written, without its own CTEs. @throws SQL_SYNTAX, SQL_NOT_SELECT */
  tableNames(sql: SqlText): Promise<readonly string[]>
}

/** Binds queries that nothing will run; `levada check` binds those of a whole app with one. */
export interface Binder extends AsyncDisposable {
  /** As {@link EngineSession.bind}. */
  bind(query: Query): Promise<readonly ResultColumn[]>
}

/** How core writes the SQL of checks for an engine. Identifiers and values are always quoted by these. */
export interface Dialect {
  readonly name: string
  identifier(name: string): string
  literal(value: string | number | bigint | boolean, type: ColumnType): string
  /** A condition: the text contains a match. */
  matches(expression: string, pattern: string): string
}

/** What an engine can do, or why it cannot. */
export interface EngineCapabilities {
  /** Statements stop when the signal aborts. */
  readonly cancellable: Capability
  /** Result columns are known without running. */
  readonly bindsWithoutData: Capability
}

/** A resource that executes SQL. An engine computes; a {@link Dataset} stores. */
export interface Engine {
  readonly name: string
  readonly dialect: Dialect
  readonly capabilities: EngineCapabilities
  canScan(location: Location): boolean
  canWrite(target: WriteTarget): boolean
  /** Whether the number of rows and NULLs of a column is known there without reading rows, as from Parquet footers. */
  countsFromMetadata(location: Location): boolean
  /**
   * All that binding depends on beside the query: the version of an engine that has nothing of its own. Undefined for a
   * server, where others may change functions and types.
   */
  readonly bindsAlikeWhile?: string
  /** @throws RESOURCE_FAILED */
  open(): Promise<EngineSession>
  /** For an engine that binds many queries faster than with a session for each. @throws RESOURCE_FAILED */
  openBinder?(): Promise<Binder>
  close(): Promise<void>
}
