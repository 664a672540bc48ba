import { parseArgs } from 'node:util'
import { runCase } from './case.ts'

// npm run reference -- --seed 1 --cases 500: where Levada plans otherwise than the planner by brute force, it says so and ends with 1.
const { values } = parseArgs({
  options: {
    seed: { type: 'string', default: '1' },
    cases: { type: 'string', default: '500' },
    from: { type: 'string', default: '0' },
  },
})
const [seed, cases, from] = [Number(values.seed), Number(values.cases), Number(values.from)]
for (let number = from; number < from + cases; number++) {
  const difference = await runCase(seed, number)
  if (difference === undefined) continue
  console.error(difference)
  process.exit(1)
}
console.log(`${cases} of ${cases} cases are planned as by brute force (seed ${seed})`)
