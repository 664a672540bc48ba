import type { AnyAsset, Asset } from '../asset/index.ts'
import type { ResourceNeed } from '../resource/index.ts'
import type { AnyNode, ValueSchema } from './node.ts'

/** What a pipeline package publishes about itself: plain object types, no schema library. */
export interface Ports {
  readonly name: string
  readonly requires?: object
  readonly provides?: object
  readonly sources?: object
  readonly params?: object
  readonly resources?: object
  readonly tags?: string
}

/**
 * A pipeline, ready to be composed. `'~ports'` exists for the compiler only. No class and no unique symbol, so two copies
 * of core stay compatible. `P` has to be a named interface: with a literal the compiler instantiates every pipeline again
 * for each element. `in out` makes `const pipeline: FlightsPipeline = definePipeline(…)` exact, so stale ports do not compile.
 */
export interface Pipeline<in out P extends Ports> {
  readonly '~levada': 'pipeline@1'
  readonly name: P['name']
  readonly nodes: readonly AnyNode[]
  readonly '~ports': P
  /**
   * The same pipeline another time in one app, or with other names for its assets, those that it needs included. Everything
   * follows: nodes, checks and what it requires of other pipelines. Where many packages of an app do, give each use a named
   * interface, `interface Ref extends Renamed<Ports, 'ref', { 'geo.airports': 'ref.airports' }> {}`, and annotate with it.
   *
   * @throws PIPELINE_INVALID, ASSET_NAME
   * @example
   * pipelines: [airports, airports.with({ name: 'ref-airports', assets: { 'geo.airports': 'ref.airports' } })]
   */
  with<const M extends { readonly [A in AssetsOf<P>]?: AssetName } = {}, const N extends string = P['name']>(renaming: {
    readonly name?: N
    /** Names that are right keep their own type; otherwise those that there are, for the compiler's own error in place. */
    readonly assets?: [Exclude<keyof M, AssetsOf<P>>] extends [never] ? M : { readonly [A in AssetsOf<P>]?: AssetName }
  }): Pipeline<Renamed<P, N, M>>
}

type Section<P, S extends keyof Ports> = P extends { readonly [_ in S]: infer X } ? X : {}
type AssetsOf<P extends Ports> = (keyof Section<P, 'requires'> | keyof Section<P, 'provides'> | keyof Section<P, 'sources'>) & string
type AssetName = `${string}.${string}`
type RenamedKeys<S, M> = { [A in keyof S as A extends keyof M ? M[A] & string : A]: S[A] }
/** The ports of a pipeline under other names: `N` its own, `M` those of its assets. */
export interface Renamed<P extends Ports, N extends string, M> {
  name: N
  requires: RenamedKeys<Section<P, 'requires'>, M>
  provides: RenamedKeys<Section<P, 'provides'>, M>
  sources: RenamedKeys<Section<P, 'sources'>, M>
  params: Section<P, 'params'>
  resources: Section<P, 'resources'>
  tags: P extends { readonly tags: infer G extends string } ? G : never
}

/** A pipeline whose ports are of no interest: for code, not for composition. */
export interface AnyPipeline {
  readonly '~levada': 'pipeline@1'
  readonly name: string
  readonly nodes: readonly AnyNode[]
}

// What the nodes of a pipeline need and give. `[A in Union as A['name']]` files each asset once, in linear time.
type Index = `${number}`
export type ReadsOf<N> = N extends { readonly '~reads': infer Q extends AnyAsset } ? Q : never
export type WritesOf<N> = N extends { readonly '~outputs': infer O extends AnyAsset } ? O : never
/** The assets that the checks of an asset read. */
export type RelatedOf<A> = A extends { readonly '~related': infer Q extends AnyAsset } ? Q : never
export type SourcesOf<N> = Extract<ReadsOf<N>, { readonly role: 'source' }>
export type InputsOf<N> = ReadsOf<N> | RelatedOf<WritesOf<N>> | RelatedOf<SourcesOf<N>>
export type TagsOf<A> = A extends Asset<string, unknown, infer G, unknown> ? G : never

export type Needs<In extends AnyAsset, Out extends AnyAsset> = {
  [A in In as A extends { readonly role: 'source' } ? never : A['name'] extends Out['name'] ? never : A['name']]: A extends AnyAsset
    ? (row: A['~row']) => void
    : never
}
/** Several `expects` of one asset: all of them have to hold. */
export type Intersect<M> = { [K in keyof M]: M[K] extends (row: infer R) => void ? { [C in keyof R]: R[C] } : never }
export type Merge<U> = [U] extends [never] ? {} : (U extends unknown ? (u: U) => void : never) extends (u: infer I) => void ? I : never
export type ParamsOf<N> = N extends { readonly '~params': infer P } ? P : never
export type ResourcesOf<N> = N extends { readonly '~resources': infer S } ? S : never
/** A parameter that an app may leave out. */
type Optional<S> = S extends ValueSchema ? (undefined extends S['_zod']['input'] ? true : false) : false
export type ParamTypes<M> = { [K in keyof M as Optional<M[K]> extends true ? never : K]: M[K] extends ValueSchema ? M[K]['_zod']['output'] : never } & {
  [K in keyof M as Optional<M[K]> extends true ? K : never]?: M[K] extends ValueSchema ? Exclude<M[K]['_zod']['output'], undefined> : never
}
export type ResourceTypes<M> = { [K in keyof M]: M[K] extends ResourceNeed<infer T> ? T : never }

type WritersOf<T> = { [I in keyof T as I extends Index ? (WritesOf<T[I]> extends infer A extends AnyAsset ? A['name'] : never) : never]: I }
type NameOf<N> = N extends { readonly name: infer K extends string } ? K : never
/** Two nodes that write one asset each get the other's name as their error. */
export type CheckNodes<T extends readonly AnyNode[], O = WritersOf<T>> = {
  [I in keyof T]: {
    [A in WritesOf<T[I]> as A['name']]: [O[A['name'] & keyof O]] extends [I]
      ? never
      : `node '${NameOf<T[I]>}' writes '${A['name']}', but so does node '${NameOf<T[Exclude<O[A['name'] & keyof O], I> & keyof T]>}'`
  } extends infer M
    ? [M[keyof M]] extends [never]
      ? T[I]
      : M[keyof M]
    : never
}
