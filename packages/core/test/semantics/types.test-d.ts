// What must not compile, and the pairs of rows that do. The numbers are those of docs/semantics.md.
import {
  asset,
  between,
  col,
  defineApp,
  definePipeline,
  expects,
  node,
  sql,
  sqlNode,
  type Pipeline,
} from '@levada/core'
import { expectTypeOf, test } from 'vitest'
import { z } from 'zod'

const schema = z.object({ id: z.int(), name: z.string() })
const out = asset('x.out', { schema })
const other = asset('x.other', { schema })

interface Provider<Row> {
  name: 'provider'
  provides: { 'x.rows': Row }
}
interface Consumer<Row> {
  name: 'consumer'
  requires: { 'x.rows': Row }
}
/** Whether a column that is offered fits the one that is needed, by the check of the app. */
type Composes<Need, Have> = [Pipeline<Consumer<{ c: Need }>>] extends [
  Parameters<
    typeof defineApp<readonly [Pipeline<Provider<{ c: Have }>>, Pipeline<Consumer<{ c: Need }>>]>
  >[0]['pipelines'][1],
]
  ? true
  : false
interface X {
  a: number
}
interface Y extends X {
  b: string
}

test('V1: what is offered has to be what is needed, or narrower', () => {
  expectTypeOf<Composes<X, X>>().toEqualTypeOf<true>()
  expectTypeOf<Composes<X, Y>>().toEqualTypeOf<true>()
  expectTypeOf<Composes<Y, X>>().toEqualTypeOf<false>()
  expectTypeOf<Composes<unknown, Y>>().toEqualTypeOf<true>()
  expectTypeOf<Composes<Y, unknown>>().toEqualTypeOf<false>()
  expectTypeOf<Composes<number, bigint>>().toEqualTypeOf<false>()
  expectTypeOf<Composes<readonly unknown[], readonly number[]>>().toEqualTypeOf<true>()
  expectTypeOf<Composes<readonly number[], readonly string[]>>().toEqualTypeOf<false>()
  expectTypeOf<Composes<string | number, string>>().toEqualTypeOf<true>()
  expectTypeOf<Composes<boolean | string, number>>().toEqualTypeOf<false>()
  expectTypeOf<Composes<string | null, string>>().toEqualTypeOf<true>()
  expectTypeOf<Composes<string, string | null>>().toEqualTypeOf<false>()
  expectTypeOf<Composes<'a' | 'b', 'a'>>().toEqualTypeOf<true>()
  expectTypeOf<Composes<'a', 'a' | 'b'>>().toEqualTypeOf<false>()
})

test('A10: nodes that are no list do not compile', () => {
  // @ts-expect-error null is no list
  expectTypeOf(() => definePipeline('p', { nodes: null })).toBeFunction()
})

test('C7: an asset of two pipelines does not compile, at both', () => {
  const [a, b] = [
    definePipeline('a', { nodes: [sqlNode('n', { output: out, sql: sql`select 1` })] }),
    definePipeline('b', { nodes: [sqlNode('n', { output: out, sql: sql`select 1` })] }),
  ] as const
  const app = () =>
    defineApp({
      name: 'app',
      pipelines: [
        // @ts-expect-error a: provides 'x.out', but so does 'b'
        a,
        // @ts-expect-error b: provides 'x.out', but so does 'a'
        b,
      ],
    })
  expectTypeOf(app).toBeFunction()
})

test('A14: a pipeline that is listed twice does not compile, at both places', () => {
  const a = definePipeline('a', { nodes: [sqlNode('n', { output: out, sql: sql`select 1` })] })
  const app = () =>
    defineApp({
      name: 'app',
      pipelines: [
        // @ts-expect-error a: another pipeline has the same name
        a,
        // @ts-expect-error a: another pipeline has the same name
        a,
      ],
    })
  expectTypeOf(app).toBeFunction()
})

test('D13, D14: a name that there is not cannot be given another', () => {
  const a = definePipeline('a', { nodes: [sqlNode('n', { output: out, sql: sql`select 1` })] })
  const uses = () => [
    a.with({ assets: { 'x.out': 'y.out' } }),
    // @ts-expect-error 'x.ot' does not exist
    a.with({ assets: { 'x.ot': 'y.out' } }),
  ]
  expectTypeOf(uses).toBeFunction()
})

test('F4: a node sees the inputs that it declares, and no other', () => {
  const one = () =>
    node('n', {
      inputs: { left: out, right: other },
      async run({ left, right }) {
        expectTypeOf(left.rows()).toEqualTypeOf<AsyncIterable<{ id: number; name: string }>>()
        expectTypeOf(right.count()).toEqualTypeOf<Promise<number>>()
      },
    })
  const wrong = () =>
    node('n', {
      inputs: { left: out },
      // @ts-expect-error there is no input of this name
      run({ middle }) {
        return void middle
      },
    })
  expectTypeOf([one, wrong]).toBeArray()
})

test('N5: a check has no switch', () => {
  // @ts-expect-error there is no such option
  expectTypeOf(() => between('id', 0, 1, { enabled: false })).toBeFunction()
})

test('N8: a check of a column that there is not does not compile', () => {
  // @ts-expect-error the column is called id
  expectTypeOf(() => asset('x.y', { schema, checks: [between('di', 0, 1)] })).toBeFunction()
})

test('V1: rows of a pipeline are what its schema says, and never any', () => {
  const rows = expects(
    'x.rows',
    z.object({ day: col.date(), n: z.bigint(), kind: z.enum(['a', 'b']).nullable() }),
  )
  expectTypeOf(rows['~row']).toEqualTypeOf<{ day: string; n: bigint; kind: 'a' | 'b' | null }>()
  expectTypeOf(rows['~row']).not.toBeAny()
})
