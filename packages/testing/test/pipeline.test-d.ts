// What must not compile, with what the compiler says.
import { definePipeline, node, resource, source, sql, sqlNode, asset } from '@levada/core'
import { expectTypeOf, test } from 'vitest'
import { z } from 'zod'
import { expectRows, fake, runNode, runPipeline } from '../src/pipeline-kit.ts'

interface Notifier {
  send(text: string): Promise<void>
}
const raw = source('shop.raw', { schema: z.object({ id: z.int(), state: z.enum(['paid', 'cancelled']) }) })
const orders = asset('shop.orders', { schema: z.object({ id: z.int(), amount: z.number() }), key: ['id'] })
const stage = sqlNode('stage', {
  inputs: { raw },
  output: orders,
  params: { least: z.int() },
  sql: sql`select id, 1.0 as amount from raw`,
})
const tell = node('tell', {
  inputs: { orders },
  resources: { notify: resource<Notifier>('@acme/notify#Notifier') },
  run: () => {},
})
const shop = definePipeline('shop', { nodes: [stage, tell] })
const params = { least: 1 }
const row = { id: 1, state: 'paid' } as const

test('what must not compile', async () => {
  const run = await runPipeline(shop, {
    params,
    inputs: { 'shop.raw': fake([{ id: 1 }]) },
    resources: { notify: { send: async () => {} } },
  })
  const [call] = run.calls.notify
  expectTypeOf(call!.args[0]).toEqualTypeOf<string>()
  expectRows(run.rows('shop.orders'), [{ id: 1 }], { columns: ['id'] })
  void runNode(shop, 'shop.orders', { inputs: { 'shop.raw': [row] } })

  // @ts-expect-error ''shop.rwa'' does not exist in type 'Given<…>'
  void runPipeline(shop, { params, inputs: { 'shop.rwa': [row] } })
  // @ts-expect-error ''shop.orders'' does not exist in type 'Given<…>': the run makes it
  void runPipeline(shop, { params, inputs: { 'shop.orders': [] } })
  // @ts-expect-error 'ident' does not exist in type '{ id: number; … }'
  void runPipeline(shop, { params, inputs: { 'shop.raw': [{ ...row, ident: 1 }] } })
  // @ts-expect-error Property 'state' is missing in type '{ id: number; }'
  void runPipeline(shop, { params, inputs: { 'shop.raw': [{ id: 1 }] } })
  // @ts-expect-error Type '"payd"' is not assignable to type '"paid" | "cancelled"'. Did you mean '"paid"'?
  void runPipeline(shop, { params, inputs: { 'shop.raw': fake([{ state: 'payd' }]) } })
  // @ts-expect-error 'ids' does not exist in type 'Partial<NoInfer<…>>'. Did you mean to write 'id'?
  void runPipeline(shop, { params, inputs: { 'shop.raw': fake([{ ids: 1 }]) } })
  // @ts-expect-error Property 'params' is missing
  void runPipeline(shop, { inputs: {} })
  // @ts-expect-error 'lest' does not exist in type '{ least: number; }'. Did you mean to write 'least'?
  void runPipeline(shop, { params: { lest: 1 } })
  // @ts-expect-error 'notfy' does not exist in type '{ readonly notify?: Partial<Notifier>; }'
  void runPipeline(shop, { params, resources: { notfy: {} } })
  // @ts-expect-error 'sends' does not exist in type 'Partial<Notifier>'. Did you mean to write 'send'?
  void runPipeline(shop, { params, resources: { notify: { sends: async () => {} } } })
  // @ts-expect-error '"shop.ordres"' is not assignable to parameter of type '"shop.raw" | "shop.orders"'
  run.rows('shop.ordres')
  // @ts-expect-error Property 'amount' is missing in type '{ id: number; }'
  expectRows(run.rows('shop.orders'), [{ id: 1 }])
  // @ts-expect-error Type '"idd"' is not assignable to type '"id" | "amount"'. Did you mean '"id"'?
  expectRows(run.rows('shop.orders'), [], { columns: ['idd'] })
})
