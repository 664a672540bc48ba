import type { LeaseHolder } from '@levada/core/spi'
import type { Case } from '../runner.ts'
import { row, whole, type Lab } from './lab.ts'

const holder = (runId: string): LeaseHolder => ({
  app: 'shop',
  runId,
  host: 'here',
  pid: 1,
  since: '2001-03-05T00:00:00.000Z',
})

/** For datasets with leases. */
export const leaseCases: readonly Case<Lab>[] = [
  {
    title: 'a lease is held by one, and others are told who that is, until it is released',
    async run(lab) {
      const [one, other] = [await lab.open(whole), await lab.open(whole)]
      const { lease } = await one.lease!(holder('first'))
      const { inUse } = await other.lease!(holder('second'))
      lab.expect(inUse?.holder).toEqual(holder('first'))
      // Publishing asks nobody but compare-and-swap.
      await lab.publish(whole, [row({}, 1)])
      await lease!.release()
      const next = await other.lease!(holder('second'))
      lab.expect(next.inUse).toEqual(undefined)
      lab.expect(await next.lease!.lost()).toEqual(undefined)
      await next.lease!.release()
    },
  },
  {
    title: 'a beat is seen by others, and is that of one lease only',
    async run(lab) {
      const [one, other] = [await lab.open(whole), await lab.open(whole)]
      const { lease } = await one.lease!(holder('first'))
      const seen = async () => (await other.lease!(holder('second'))).inUse!
      const before = await seen()
      lab.expect((await seen()).pulse).toEqual(before.pulse)
      await lease!.beat()
      const after = await seen()
      lab.expect(after.token).toEqual(before.token)
      lab.expect(after.pulse === before.pulse).toEqual(false)
      await lease!.release()
    },
  },
  {
    title: 'a lease is taken over by who names it; its former holder knows, and takes nothing back',
    async run(lab) {
      const [one, other] = [await lab.open(whole), await lab.open(whole)]
      const first = (await one.lease!(holder('first'))).lease!
      const { token } = (await other.lease!(holder('second'))).inUse!
      lab.expect((await other.lease!(holder('second'), 'another token')).lease).toEqual(undefined)
      const second = (await other.lease!(holder('second'), token)).lease!
      lab.expect(await first.lost()).toEqual({ by: holder('second') })
      const before = (await one.lease!(holder('third'))).inUse!
      lab.expect(before.holder).toEqual(holder('second'))
      await first.beat().catch(() => undefined)
      await first.release()
      lab.expect((await one.lease!(holder('third'))).inUse?.pulse).toEqual(before.pulse)
      lab.expect(await second.lost()).toEqual(undefined)
      await second.release()
      lab.expect(await first.lost()).toEqual({ by: undefined })
    },
  },
  {
    title: 'of several who take a lease at once, one gets it',
    async run(lab) {
      const datasets = await Promise.all(Array.from({ length: 5 }, () => lab.open(whole)))
      const answers = await Promise.all(datasets.map((each, i) => each.lease!(holder(`run-${i}`))))
      lab.expect(answers.filter(({ lease }) => lease).length).toEqual(1)
      const { token } = answers.find(({ inUse }) => inUse)!.inUse!
      const over = await Promise.all(datasets.map((each, i) => each.lease!(holder(`over-${i}`), token)))
      lab.expect(over.filter(({ lease }) => lease).length).toEqual(1)
    },
  },
]
