/** What a node computes with: equal parts make equal rows of equal inputs. Parts are digests unless they say otherwise. */
export interface Fingerprint {
  /** The node's fingerprint of `contract.json`: its SQL or modules, and what it declares. */
  readonly code: string
  /** Columns and partitions of the asset. */
  readonly schema: string
  /** The checks of the asset. */
  readonly checks: string
  /** The type of its engine, in words. */
  readonly engine: string
  /** The node's own params, by name. */
  readonly params: Readonly<Record<string, string>>
  /** Packages that it may use, by name: their versions, in words. */
  readonly packages: Readonly<Record<string, string>>
}

/** What a stored partition was made from. */
export interface Provenance {
  readonly fingerprint: Fingerprint
  /** The state of every input as far as it was read for the partition, by asset key; '' where it could not be told. */
  readonly inputs: Readonly<Record<string, string>>
}

/** How all of an asset was last written in one piece. */
export interface WholeProvenance extends Provenance {
  /** The version that did. Partitions of other versions were written by themselves since. */
  readonly version: string
  /** Whether there are such partitions, or empty ones. */
  readonly mixed: boolean
  /**
   * What inputs held for the partitions that are listed nowhere, neither with rows nor as empty: they have no rows either. Left out
   * where that is not known of them.
   */
  readonly others?: Provenance['inputs']
}
