import type { Expectation, Mutated, Mutator, Where } from './case.ts'
import { positionOf } from './place.ts'
import { projectFiles } from './project-files.ts'
import type { Random } from './random.ts'

const folder = 'node_modules/@market/sales'
const file = `${folder}/contract.json`

let contract = ''
/** What contract.json of the pipeline `sales` has to be. */
export function setContract(text: string): void {
  contract = text
}

/** The package, as it is installed from a registry: without its source. */
const made = (text: string, done: string, expect: Expectation): Mutated => ({
  files: {
    ...projectFiles(),
    'package.json': '{ "name": "market", "dependencies": { "@market/sales": "1.0.0", "zod": "4.0.0" } }\n',
    [`${folder}/package.json`]: '{ "name": "@market/sales", "version": "1.0.0" }\n',
    [file]: text,
  },
  done,
  expect,
  env: 'dev',
  checkOnly: true,
})
const fails = (codes: string | readonly string[], where: Where): Expectation => ({
  kind: 'error',
  error: { codes: [codes].flat(), where: [where], says: ['contract.json'] },
})
const lineAt = (text: string, offset: number): Where => ({ file, line: positionOf(text, offset).line })

/** Offsets of all places that a pattern finds. */
const offsets = (pattern: RegExp): number[] => [...contract.matchAll(pattern)].map(({ index }) => index)
const splice = (at: number, length: number, text: string): string =>
  contract.slice(0, at) + text + contract.slice(at + length)

type Make = (random: Random) => Mutated
const mutators: Record<string, readonly [number, Make]> = {
  'as it is': [2, () => made(contract, 'nothing', { kind: 'same' })],
  truncated: [
    4,
    (random) => {
      const text = contract.slice(0, random.int(contract.length - 3))
      return made(text, 'the end is cut off', fails('STALE_PORTS', { file }))
    },
  ],
  'no JSON': [
    3,
    (random) => {
      const at = random.pick(offsets(/"/g).filter((_, i) => i % 2 === 0))
      const text = splice(at, 0, random.pick(['oops ', '}', ']', "'"]))
      return made(text, 'no JSON', fails('STALE_PORTS', lineAt(text, at)))
    },
  ],
  'stale value': [
    5,
    (random) => {
      const [pattern, length, other] = random.pick([
        [/(?<="nullable": )(true|false)/g, 0, ' '],
        [/(?<="kind": ")\w+(?=")/g, 0, 'x'],
        [/(?<="name": ")\w+(?=",\n {10})/g, 0, 'x'],
      ] as const)
      const at = random.pick(offsets(pattern))
      const text = splice(at, length, other)
      return made(text, `${JSON.stringify(other)} at ${at}`, fails('STALE_PORTS', lineAt(text, at)))
    },
  ],
  'unknown key': [
    3,
    (random) => {
      const at = random.pick(offsets(/^ +"\w+":/gm))
      const text = splice(at, 0, `    "more": ${random.pick(['1', 'null', '{}'])},\n`)
      return made(text, 'a key more', fails('STALE_PORTS', lineAt(text, at)))
    },
  ],
  'format of the future': [
    3,
    (random) => {
      const [at] = offsets(/(?<="format": )1/g)
      const text = splice(at!, 1, random.pick(['0', '2', '99']))
      return made(text, 'another format', fails('PROTOCOL', lineAt(text, at!)))
    },
  ],
  'another protocol': [
    2,
    (random) => {
      const [at] = offsets(/(?<="protocol": )"pipeline@1"/g)
      const text = splice(at!, '"pipeline@1"'.length, `"pipeline@${2 + random.int(9)}"`)
      return made(text, 'another protocol', fails('PROTOCOL', lineAt(text, at!)))
    },
  ],
  'no contract': [
    1,
    (random) => {
      const text = random.pick(['[]\n', 'null\n', '1\n', '"x"\n', '{}\n', ''])
      return made(text, JSON.stringify(text), fails('STALE_PORTS', { file, line: 1 }))
    },
  ],
}

export const contractMutators: readonly Mutator[] = Object.entries(mutators).map(
  ([name, [weight, mutate]]) => ({
    name: `contract: ${name}`,
    weight,
    mutate,
  }),
)
