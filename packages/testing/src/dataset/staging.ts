import type { StoredPartition } from '@levada/core/spi'
import type { Case } from '../runner.ts'
import { daily, mon, row, tue, wed, whole, type Lab } from './lab.ts'

/** For datasets whose rows can be checked before anybody sees them. */
export const stagingCases: readonly Case<Lab>[] = [
  {
    title: 'increment() and candidate() of a full write are its rows',
    async run(lab) {
      await lab.publish(whole, [row({}, 1)])
      const staging = await lab.stage(whole, [row({}, 2)])
      lab.expect(await lab.read(whole, staging.increment())).toEqual([row({}, 2)])
      lab.expect(await lab.read(whole, staging.candidate())).toEqual([row({}, 2)])
    },
  },
]

export const stagedPartitionCases: readonly Case<Lab>[] = [
  {
    title: 'increment() is the rows of the step, candidate() what readers would see',
    async run(lab) {
      await lab.publish(daily, [row(mon, 1, 'old'), row(tue, 2, 'old')])
      const mine = [row(tue, 3, 'new'), row(wed, 4, 'new')]
      const staging = await lab.stage(daily, mine, { replace: [tue, wed] })
      lab.expect(await lab.read(daily, staging.increment())).toEqual(mine)
      lab.expect(await lab.read(daily, staging.candidate())).toEqual([row(mon, 1, 'old'), ...mine])
    },
  },
  {
    title: 'candidate() leaves out published partitions that it is told not to keep',
    async run(lab) {
      await lab.publish(daily, [row(mon, 1), row(tue, 2)])
      const staging = await lab.stage(daily, [row(wed, 3)], { replace: [wed] })
      const keeps = ({ key }: StoredPartition): boolean => key['day'] !== mon['day']
      lab.expect(await lab.read(daily, staging.candidate(keeps))).toEqual([row(tue, 2), row(wed, 3)])
      lab.expect((await lab.read(daily, staging.candidate())).length).toEqual(3)
    },
  },
  {
    title: 'candidate() lacks a replaced partition without rows',
    async run(lab) {
      await lab.publish(daily, [row(mon, 1), row(tue, 2)])
      const staging = await lab.stage(daily, [], { replace: [tue] })
      lab.expect(await lab.read(daily, staging.increment())).toEqual([])
      lab.expect(await lab.read(daily, staging.candidate())).toEqual([row(mon, 1)])
    },
  },
]
