import type { Held, Staging } from '@levada/core/spi'
import { codeOf, type Case } from '../runner.ts'
import { daily, mon, provenanceOf, publishing, row, tue, wed, whole, type Lab, type Shape } from './lab.ts'

const one = [row({}, 1, 'first')]
const two = [row({}, 2, 'second'), row({}, 3)]

/** What a staging holds, as another process would read it. */
const heldBy = (staging: Staging): Held => JSON.parse(JSON.stringify(staging.hold!())) as Held
const reopened = async (lab: Lab, shape: Shape, held: Held): Promise<Staging | undefined> =>
  (await lab.open(shape)).reopen!(held)

/** For datasets that let another process publish what one has staged. */
export const holdingCases: readonly Case<Lab>[] = [
  {
    title: 'what one instance has sealed another one publishes, as it was staged',
    async run(lab) {
      await lab.publish(whole, one)
      const held = heldBy(await lab.stage(whole, two, { version: 'mine' }))
      lab.expect(held.version).toEqual('mine')
      lab.expect(await lab.current(whole)).toEqual(one)
      const staging = await reopened(lab, whole, held)
      lab.expect(await lab.read(whole, staging!.increment())).toEqual(two)
      const version = await staging!.publish({ ...publishing, provenance: provenanceOf('first') })
      lab.expect([version.id, version.number, version.rows]).toEqual(['mine', 2, 2])
      lab.expect(await lab.current(whole)).toEqual(two)
      lab.expect(await (await lab.open(whole)).head()).toEqual(version)
    },
  },
  {
    title: 'a result without rows is held, too',
    async run(lab) {
      await lab.publish(whole, one)
      const held = heldBy(await lab.stage(whole, []))
      await (await reopened(lab, whole, held))!.publish(publishing)
      lab.expect(await lab.current(whole)).toEqual([])
    },
  },
  {
    title: 'what is held replaces all, or CONFLICT when somebody published meanwhile',
    async run(lab) {
      await lab.publish(whole, one)
      const held = heldBy(await lab.stage(whole, two))
      await lab.publish(whole, [row({}, 9)])
      const staging = await reopened(lab, whole, held)
      lab.expect(await codeOf(staging!.publish(publishing))).toEqual('CONFLICT')
      lab.expect(await lab.current(whole)).toEqual([row({}, 9)])
    },
  },
  {
    title: 'reopen() of what was discarded finds nothing, and discards of what is reopened last',
    async run(lab) {
      const staging = await lab.stage(whole, two)
      const held = heldBy(staging)
      await staging.discard()
      lab.expect(await reopened(lab, whole, held)).toEqual(undefined)
      const other = heldBy(await lab.stage(whole, two))
      await (await reopened(lab, whole, other))!.discard()
      lab.expect(await reopened(lab, whole, other)).toEqual(undefined)
      lab.expect(await (await lab.open(whole)).exists()).toEqual(false)
    },
  },
]

/** The same where there are partitions. */
export const partitionedHoldingCases: readonly Case<Lab>[] = [
  {
    title: 'what is held replaces the partitions that were asked for',
    async run(lab) {
      await lab.publish(daily, [row(mon, 1), row(tue, 2)])
      const held = heldBy(await lab.stage(daily, [row(tue, 3)], { replace: [tue, wed] }))
      // Another one writes a partition of its own meanwhile.
      await lab.publish(daily, [row(mon, 4)], { replace: [mon] })
      await (await reopened(lab, daily, held))!.publish({ ...publishing, provenance: provenanceOf('x') })
      lab.expect(await lab.current(daily)).toEqual([row(tue, 3), row(mon, 4)])
    },
  },
]
