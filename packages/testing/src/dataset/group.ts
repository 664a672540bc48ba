import type { PublishingGroup, Staging } from '@levada/core/spi'
import { codeOf, type Case } from '../runner.ts'
import { publishing, row, whole, type Lab } from './lab.ts'

const members = (...stagings: readonly Staging[]): Parameters<PublishingGroup['publishAll']>[0] =>
  stagings.map((staging) => ({ member: staging.group!.member, request: publishing }))

/** Another asset at the same place, with rows that are staged. */
async function other(lab: Lab, version: string, id: number): Promise<Staging> {
  const dataset = await lab.open(whole, { asset: 'shop.others' })
  const base = await dataset.head()
  const staging = await dataset.stage({ version, ...whole, replace: undefined, base })
  await staging.seal(await lab.write(staging, whole, [row({}, id)]))
  return staging
}

/** For datasets that can publish several assets in one act. */
export const groupCases: readonly Case<Lab>[] = [
  {
    title: 'several assets become visible in one act, each as a version of its own',
    async run(lab) {
      const others = await lab.open(whole, { asset: 'shop.others' })
      for (const [i, number] of [1, 2].entries()) {
        const [mine, its] = [await lab.stage(whole, [row({}, i)]), await other(lab, `its-${i}`, i + 5)]
        lab.expect(its.group!.key).toEqual(mine.group!.key)
        const versions = await mine.group!.publishAll(members(its, mine))
        lab.expect(versions.map(({ id, number: n }) => [id === `its-${i}`, n])).toEqual([
          [true, number],
          [false, number],
        ])
        lab.expect(await (await lab.open(whole)).head()).toEqual(versions[1])
        lab.expect(await others.head()).toEqual(versions[0])
        lab.expect(await lab.current(whole)).toEqual([row({}, i)])
        lab.expect(await lab.read(whole, await others.locate(versions[0]))).toEqual([row({}, i + 5)])
      }
    },
  },
  {
    title: 'when one of them cannot be published, none is',
    async run(lab) {
      const others = await lab.open(whole, { asset: 'shop.others' })
      const [mine, its] = [await lab.stage(whole, [row({}, 1)]), await other(lab, 'its', 2)]
      await lab.publish(whole, [row({}, 9)])
      for (const order of [members(mine, its), members(its, mine)])
        lab.expect(await codeOf(its.group!.publishAll(order))).toEqual('CONFLICT')
      lab.expect(await others.head()).toEqual(undefined)
      lab.expect(await lab.current(whole)).toEqual([row({}, 9)])
      // What was not published is there to be.
      const version = await its.publish(publishing)
      lab.expect([version.number, (await others.head())?.id]).toEqual([1, 'its'])
      await mine.discard()
    },
  },
]
