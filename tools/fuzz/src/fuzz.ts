import type { Bench } from './bench.ts'
import type { Mutated, Mutator } from './case.ts'
import { contractMutators } from './contract.ts'
import { dataMutators } from './data/mutators.ts'
import { judgeAll, type Failure, type Report } from './judge-all.ts'
import { judge } from './judge.ts'
import { random } from './random.ts'
import { sqlMutators } from './sql/mutators.ts'
import { weighted } from './weighted.ts'
import { wordMutators } from './words.ts'
import { yamlMutators } from './yaml/mutators.ts'

/** What each kind of input gets of the cases; kinds that run nothing get more. */
const kinds: readonly (readonly [weight: number, mutators: readonly Mutator[]])[] = [
  [45, yamlMutators],
  [15, sqlMutators],
  [15, dataMutators],
  [20, wordMutators],
  [5, contractMutators],
]
const mutators: readonly Mutator[] = kinds.flatMap(([, all]) => all)

/** No case takes longer, or something hangs. */
export const timeoutMs = 20_000

export interface Case {
  readonly seed: number
  readonly number: number
  readonly mutator: string
  readonly mutated: Mutated
  /** Asked of in all ways there are, which takes longer. */
  readonly thorough: boolean
}

/** Case `number` of a seed. The first cases go through all mutators, so that each appears; the others are drawn. */
export function caseOf(seed: number, number: number): Case {
  const source = random(seed, number)
  const drawn = weighted(
    weighted(kinds, source.int(2 ** 20) / 2 ** 20).map((mutator) => [mutator.weight, mutator] as const),
    source.int(2 ** 20) / 2 ** 20,
  )
  const { name, mutate } = mutators[number] ?? drawn
  const mutated = mutate(source)
  return { seed, number, mutator: name, mutated, thorough: source.chance(0.2) }
}

/** Why a case has not passed; undefined when it has. */
export async function runCase(bench: Bench, { mutated, thorough }: Case): Promise<string | undefined> {
  const like = mutated.expect.kind === 'same' ? await bench.resultWithout(mutated) : ''
  const strays: unknown[] = []
  const onStray = (error: unknown): void => void strays.push(error)
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<undefined>((resolve) => {
    timer = setTimeout(resolve, timeoutMs, undefined)
  })
  process.on('unhandledRejection', onStray)
  try {
    const outcome = await Promise.race([bench.run(mutated, thorough), late])
    if (strays.length > 0) return `an error that nobody handles: ${String(strays[0])}`
    return outcome ? judge(mutated.expect, outcome, like) : `it was not done within ${timeoutMs / 1000} s`
  } finally {
    clearTimeout(timer)
    process.off('unhandledRejection', onStray)
  }
}

/** Runs cases one after the other; a fault is told when it is found. */
export const fuzz = (
  bench: Bench,
  cases: Iterable<Case>,
  told: { begin?: (each: Case) => void; failed?: (failure: Failure<Case>) => void } = {},
): Promise<Report<Case>> => judgeAll(cases, (each) => runCase(bench, each), told)
