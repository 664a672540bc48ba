/** What a run did, or is about to do, to a file of the app or to an engine. */
export interface Op {
  /** `mkdir`, `writeFile`, `sync`, `link`, `postgres query`, … */
  readonly name: string
  /** An absolute path; of a statement its beginning. */
  readonly path: string
  /** A folder that is removed is gone in part in between. */
  readonly phase: 'before' | 'during' | 'after'
  /** A file that was synced as it was written. */
  readonly durable?: true
  /** What a link or a new name stands for. */
  readonly from?: string
}
