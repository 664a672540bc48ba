import type { EngineCapabilities } from '@levada/core/spi'
import { codeOf, type Case } from '../runner.ts'
import { id } from './columns.ts'
import { failure, given, query, type EngineLab } from './lab.ts'

const count = { name: 'n', type: { kind: 'int' }, nullable: false } as const
const t = given(
  [id],
  Array.from({ length: 5000 }, (_, i) => ({ id: i })),
)
/** Minutes of work. */
const slow = query('select count(*) as n from t a, t b, t c where a.id * b.id + c.id < -1', { t })

async function seconds(work: Promise<unknown>): Promise<number> {
  const start = performance.now()
  await work
  return (performance.now() - start) / 1000
}

export const cancellingCases = ({ cancellable }: EngineCapabilities): readonly Case<EngineLab>[] =>
  cancellable === true
    ? [
        {
          title: 'cancellable: a statement stops soon after its signal',
          async run(lab) {
            const signal = AbortSignal.timeout(200)
            const read = async (): Promise<void> => {
              const cursor = await lab.session.read(slow, [count], { signal })
              for await (const _ of cursor.rows());
            }
            const code = failure(read()).then((error) => error.code)
            lab.expect((await seconds(code)) < 5).toEqual(true)
            lab.expect(await code).toEqual('CANCELLED')
            lab
              .expect(await lab.rows(query('select count(*) as n from t', { t }), [count]))
              .toEqual([{ n: 5000 }])
          },
        },
        {
          title: 'cancellable: a write stops soon after its signal',
          async run(lab) {
            for (const { target } of await lab.places([count])) {
              const code = failure(
                lab.session.write(slow, [count], target, { signal: AbortSignal.timeout(100) }),
              )
              lab.expect((await seconds(code)) < 5).toEqual(true)
              lab.expect((await code).code).toEqual('CANCELLED')
            }
          },
        },
        {
          title: 'cancellable: nothing begins after the signal',
          async run(lab) {
            const signal = AbortSignal.abort()
            lab.expect((await failure(lab.session.read(slow, [count], { signal }))).code).toEqual('CANCELLED')
          },
        },
      ]
    : [
        {
          title: 'cancellable: denied, a signal stops nothing',
          async run(lab) {
            const read = async (): Promise<void> => {
              const fast = query('select count(*) as n from t', { t })
              const cursor = await lab.session.read(fast, [count], { signal: AbortSignal.abort() })
              for await (const _ of cursor.rows());
            }
            lab.expect(await codeOf(read())).toEqual('no error')
          },
        },
      ]
