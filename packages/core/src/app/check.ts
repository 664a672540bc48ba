// What an app's compile-time check is made of: types only. The traps that shaped it are in docs/adr/0003-composition-types.md.
import type { Ports } from '../pipeline/index.ts'
import type { ResourceDefinition } from '../resource/index.ts'
import type { External } from './external.ts'
import type { Names, Selector } from './selector.ts'

type Falsy = false | null | undefined | 0 | ''
type Index = `${number}`
type PortsAt<E> = E extends { readonly '~levada': 'pipeline@1'; readonly '~ports': infer P extends Ports }
  ? P
  : never
type Section<P, S extends keyof Ports> = P extends { readonly [_ in S]: infer X } ? X : {}

/**
 * asset -> index of the pipeline(s) that has it. One pass: `as` files I under each of its keys, and unites the I that
 * collide. `keyof` of such a map is not cached by the compiler, so it is taken once, into World, never inside a conditional.
 */
type OwnersOf<T, S extends 'provides' | 'sources'> = {
  [I in keyof T as I extends Index ? keyof Section<PortsAt<T[I]>, S> : never]: I & Index
}
type NamesOf<T> = { [I in keyof T as I extends Index ? PortsAt<T[I]>['name'] : never]: I & Index }

interface AnyWorld {
  readonly pipelines: readonly unknown[]
  readonly names: Record<string, Index>
  readonly provides: Record<string, Index>
  readonly provided: PropertyKey
  readonly sources: Record<string, Index>
  readonly sourced: PropertyKey
  readonly externals: Record<string, unknown>
  readonly external: PropertyKey
  readonly resources: object
}
export interface World<T extends readonly unknown[], X extends Record<string, unknown>, Res extends object> {
  readonly pipelines: T
  readonly names: NamesOf<T>
  readonly provides: OwnersOf<T, 'provides'>
  readonly provided: keyof OwnersOf<T, 'provides'>
  readonly sources: OwnersOf<T, 'sources'>
  readonly sourced: keyof OwnersOf<T, 'sources'>
  readonly externals: X
  readonly external: keyof X
  readonly resources: Res
}

type MaybeAbsent<E> = [Extract<E, Falsy>] extends [never] ? false : true

// The text of an error; only ever evaluated for something that is wrong.
type Show<T> = [T] extends [never]
  ? 'never'
  : unknown extends T
    ? 'unknown'
    : [T] extends [boolean | null | undefined]
      ? ShowSimple<T>
      : Join<T>
type ShowSimple<T> = [Exclude<T, null | undefined>] extends [never]
  ? Nulls<T>
  : boolean extends T
    ? `boolean${Suffix<T>}`
    : Join<T>
type Nulls<T> = null extends T ? 'null' : 'undefined'
type Suffix<T> = `${null extends T ? ' | null' : ''}${undefined extends T ? ' | undefined' : ''}`
type Join<T> = `${JoinUnion<ShowBoolean<Exclude<T, null | undefined>>>}${Suffix<T>}`
type ShowBoolean<T> = boolean extends T ? Exclude<T, boolean> | { readonly '~show': 'boolean' } : T
type ShowOne<T> = T extends { readonly '~show': infer S extends string }
  ? S
  : T extends string
    ? string extends T
      ? 'string'
      : `'${T}'`
    : T extends number
      ? number extends T
        ? 'number'
        : `${T}`
      : T extends bigint
        ? bigint extends T
          ? 'bigint'
          : `${T}n`
        : T extends boolean
          ? `${T}`
          : T extends readonly (infer U)[]
            ? `${Show<U>}[]`
            : 'object'
type Last<U> = (U extends unknown ? (f: () => U) => void : never) extends (f: infer I) => void
  ? I extends () => infer L
    ? L
    : never
  : never
type JoinUnion<U, L = Last<U>> = [U] extends [never]
  ? ''
  : [Exclude<U, L>] extends [never]
    ? ShowOne<L>
    : `${JoinUnion<Exclude<U, L>>} | ${ShowOne<L>}`
type JoinLines<U, N extends unknown[] = [], L = Last<U>> = [U] extends [never]
  ? ''
  : N['length'] extends 8
    ? '; and more'
    : [Exclude<U, L>] extends [never]
      ? L & string
      : `${JoinLines<Exclude<U, L>, [...N, 0]>}; ${L & string}`

type Str<T> = T & string
type ColumnProblem<K, Need, Have, By> = {
  [C in keyof Need]-?: C extends keyof Have
    ? Have[C] extends Need[C]
      ? never
      : `needs '${Str<K>}'.${Str<C>}: ${Show<Need[C]>}, but '${Str<By>}' provides ${Show<Have[C]>}`
    : {} extends Pick<Need, C>
      ? never
      : `needs '${Str<K>}'.${Str<C>}: ${Show<Need[C]>}, but '${Str<By>}' has no such column`
}[keyof Need]
type RowProblem<K, Need, Have, By> = Have extends Need ? never : ColumnProblem<K, Need, Have, By>
type Row<P, S extends keyof Ports, K> = Section<P, S>[K & keyof Section<P, S>]

type RequireProblem<W extends AnyWorld, K extends string, Need> = K extends W['external']
  ? RowProblem<K, Need, W['externals'][K], 'externals'>
  : K extends W['provided']
    ? ProviderProblem<K, Need, ElementAt<W, W['provides'][K]>, 'provides'>
    : K extends W['sourced']
      ? ProviderProblem<K, Need, ElementAt<W, W['sources'][K]>, 'sources'>
      : `needs '${K}', but no pipeline, source or external provides it`
type ElementAt<W extends AnyWorld, I extends Index> = W['pipelines'] extends { readonly [_ in I]: infer E }
  ? E
  : never
type ProviderProblem<K extends string, Need, E, S extends 'provides' | 'sources'> =
  MaybeAbsent<E> extends true
    ? `needs '${K}', but its provider '${PortsAt<E>['name']}' may be absent`
    : RowFrom<K, Need, PortsAt<E>, S>
/** Distributes: of `cond ? a : b` both have to fit; of two providers each does, and that there are two they say themselves. */
type RowFrom<K, Need, P, S extends 'provides' | 'sources'> = P extends Ports
  ? RowProblem<K, Need, Row<P, S, K>, P['name']>
  : never

type ResourceProblem<Need, Have> = {
  [K in keyof Need]-?: K extends keyof Have
    ? Have[K] extends Need[K]
      ? never
      : `needs resource '${Str<K>}', but the app gives another type`
    : `needs resource '${Str<K>}', but the app gives none`
}[keyof Need]

type NameProblem<P extends Ports, I, J> = string extends P['name']
  ? 'its ports are not known: give the pipeline its own type, not Pipeline<Ports>'
  : [J] extends [I]
    ? never
    : `another pipeline has the same name`
type ProvideProblem<W extends AnyWorld, I, K extends string> = K extends W['external']
  ? `provides '${K}', but so does an external`
  : [W['provides'][K]] extends [I]
    ? never
    : `provides '${K}', but so does '${PortsAt<ElementAt<W, Exclude<W['provides'][K], I>>>['name']}'`

type Problems<W extends AnyWorld, I, P extends Ports> =
  | NameProblem<P, I, W['names'][P['name']]>
  | {
      [K in keyof Section<P, 'requires'>]: RequireProblem<W, Str<K>, Section<P, 'requires'>[K]>
    }[keyof Section<P, 'requires'>]
  | { [K in keyof Section<P, 'provides'>]: ProvideProblem<W, I, Str<K>> }[keyof Section<P, 'provides'>]
  | ResourceProblem<Section<P, 'resources'>, W['resources']>

type NotPipeline<E> = E extends {
  readonly '~levada': infer V extends string
  readonly name: infer N extends string
}
  ? `'${N}' is a ${V} of another core; this app's core reads pipeline@1`
  : 'this is not a pipeline: expected the default export of a pipeline package'

type CheckAt<T, I extends keyof T, W extends AnyWorld> = number extends W['pipelines']['length']
  ? 'write the pipelines out one by one (cond && pipeline); a spread or an array variable cannot be checked'
  : [PortsAt<T[I]>] extends [never]
    ? T[I] extends Falsy
      ? T[I]
      : NotPipeline<T[I]>
    : Found<W, I, PortsAt<T[I]>> extends infer E
      ? [E] extends [never]
        ? T[I]
        : E
      : never
/** Distributes, so that in `cond ? a : b` both have to fit. */
type Found<W extends AnyWorld, I, P> = P extends Ports
  ? [Problems<W, I, P>] extends [never]
    ? never
    : `${P['name']}: ${JoinLines<Problems<W, I, P>>}`
  : never

/** The pipelines as they have to be: each element's own type, or the text of what is wrong with it. */
export type CheckPipelines<T extends readonly unknown[], W extends AnyWorld> = {
  [I in keyof T]: CheckAt<T, I, W>
}

export type ExternalRows<X extends readonly External[]> = X extends readonly []
  ? {}
  : { [K in keyof Merge<X[number]['~provides']>]: Merge<X[number]['~provides']>[K] }
export type ResourceValues<R> = {
  readonly [N in keyof R]: R[N] extends ResourceDefinition<infer T> ? T : never
}

type ParamsOf<T> = {
  readonly [I in keyof T as I extends Index ? PortsAt<T[I]>['name'] : never]?: Partial<
    Section<PortsAt<T[I]>, 'params'>
  >
}
/** Given params that fit keep their own type; otherwise the declared one, for the compiler's own error in place. */
export type CheckParams<Given, T> = Given extends ParamsOf<T> ? CheckKeys<Given, ParamsOf<T>> : ParamsOf<T>
type CheckKeys<Given, All> = [
  {
    [N in keyof Given]: N extends keyof All ? Exclude<keyof Given[N], keyof NonNullable<All[N]>> : N
  }[keyof Given],
] extends [never]
  ? Given
  : All

type AssetNames<T, X extends readonly External[]> = (
  | keyof OwnersOf<T, 'provides'>
  | keyof OwnersOf<T, 'sources'>
  // keyof never is every key
  | ([X[number]] extends [never] ? never : keyof Merge<X[number]['~provides']>)
) &
  string
type AllTags<T extends readonly unknown[]> =
  PortsAt<T[number]> extends infer P
    ? P extends { readonly tags: infer G extends string }
      ? G
      : never
    : never
type AllNames<T extends readonly unknown[]> = PortsAt<T[number]>['name']
/** What a job may select: literal types and one plain object, so that the compiler says "Did you mean". */
export type JobSelector<T extends readonly unknown[], X extends readonly External[]> =
  | AssetNames<T, X>
  | `+${AssetNames<T, X>}`
  | `${AssetNames<T, X>}+`
  | `+${AssetNames<T, X>}+`
  | `tag:${AllTags<T>}`
  | `pipeline:${AllNames<T>}`
  | `job:${string}`
  | Selector<NamesIn<T, AssetNames<T, X>>>

interface NamesIn<T extends readonly unknown[], A extends string> {
  readonly asset: A
  readonly pipeline: AllNames<T>
  readonly tag: AllTags<T>
  readonly domain: DomainOf<A>
  readonly resource: ResourceNames<T[number]> & string
}
type DomainOf<A> = A extends `${infer D}.${string}` ? D : never
type ResourceNames<E> = E extends unknown ? keyof Section<PortsAt<E>, 'resources'> : never

/** The names that a selection of an app may say; any where its pipelines are not known. */
export type AppNames<T extends readonly unknown[]> = number extends T['length']
  ? Names
  : NamesIn<T, keyof AppRows<T> & string>

/** asset -> row, of all that an app's pipelines provide or read as sources. */
export type AppRows<T> = {
  [P in PortsAt<T[keyof T & Index]> as P['name']]: Section<P, 'provides'> & Section<P, 'sources'>
} extends infer M
  ? Merge<M[keyof M]>
  : never
type Merge<U> = [U] extends [never]
  ? {}
  : (U extends unknown ? (u: U) => void : never) extends (u: infer I) => void
    ? I
    : never
