import { codeOf, type Case } from '../runner.ts'
import { publishing, row, whole, type Lab } from './lab.ts'

const one = [row({}, 1, 'first')]
const two = [row({}, 2, 'second'), row({}, 3)]

/** How writes become visible. Nothing here needs partitions. */
export const publishingCases: readonly Case<Lab>[] = [
  {
    title: 'a staged write is visible to nobody',
    async run(lab) {
      await lab.stage(whole, one)
      const dataset = await lab.open(whole)
      lab.expect(await dataset.exists()).toEqual(false)
      lab.expect(await codeOf(dataset.locate(undefined))).toEqual('DATA_MISSING')
    },
  },
  {
    title: 'a staged write hides nothing of what is published',
    async run(lab) {
      await lab.publish(whole, one)
      const staging = await lab.stage(whole, two)
      lab.expect(await lab.current(whole)).toEqual(one)
      await staging.publish(publishing)
      lab.expect(await lab.current(whole)).toEqual(two)
    },
  },
  {
    title: 'publish() makes all rows visible to other instances',
    async run(lab) {
      await lab.publish(whole, two)
      lab.expect(await (await lab.open(whole)).exists()).toEqual(true)
      lab.expect(await lab.current(whole)).toEqual(two)
    },
  },
  {
    title: 'a result without rows is published as such',
    async run(lab) {
      await lab.publish(whole, one)
      await lab.publish(whole, [])
      lab.expect(await (await lab.open(whole)).exists()).toEqual(true)
      lab.expect(await lab.current(whole)).toEqual([])
    },
  },
  {
    title: 'discard() forgets the write',
    async run(lab) {
      await lab.publish(whole, one)
      await (await lab.stage(whole, two)).discard()
      lab.expect(await lab.current(whole)).toEqual(one)
      await lab.publish(whole, two)
      lab.expect(await lab.current(whole)).toEqual(two)
    },
  },
  {
    title: 'discard() after publish() keeps what is published',
    async run(lab) {
      const staging = await lab.stage(whole, one)
      await staging.publish(publishing)
      await staging.discard()
      lab.expect(await lab.current(whole)).toEqual(one)
    },
  },
]
