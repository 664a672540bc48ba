import type { Bump, Change, ContractDiff, StorageVerdict } from '@levada/contract'
import { paint, plural } from './style.ts'

const marks = { break: ['red', '✗'], warn: ['yellow', '!'], info: ['dim', '·'] } as const

/** One change: what it asks for, what became of what, and what to do. */
function changeText({ level, bump, message, rule, hint }: Change): string {
  const [colour, mark] = marks[level]
  const head = `${paint(colour, mark)} ${bump.padEnd(5)}  ${message} ${paint('dim', rule)}`
  return hint === undefined ? head : `${head}\n         ${paint('cyan', '→')} ${hint}`
}

/** Changes with what breaks first. */
export const changesText = (changes: readonly Change[]): string => sorted(changes).map(changeText).join('\n')

const rank = { break: 0, warn: 1, info: 2 } as const
const sorted = (changes: readonly Change[]): readonly Change[] =>
  changes.toSorted((a, b) => rank[a.level] - rank[b.level])

/** `compatible, backfill 182 partitions`. */
export function verdictText({ bump, changes, storage }: ContractDiff): string {
  const word = changes.length === 0 ? 'same' : bump === 'major' ? 'breaking' : 'compatible'
  return [word, ...storage.map((each) => backfillText(each))].join(', ')
}

const backfillText = ({ partitions }: StorageVerdict): string =>
  `backfill ${partitions === 'all' ? 'all partitions' : plural(partitions, 'partition')}`

/** What has to be written anew, one asset a line. */
export const storageLines = (storage: readonly StorageVerdict[]): readonly string[] =>
  storage.map((each) => `${each.asset}: ${backfillText(each)}, since ${each.reason}`)

/** How much a version has to rise, as a sentence. */
export const bumpSentence = (needed: Bump): string =>
  needed === 'none' ? 'No new version is needed.' : `A version with these changes is at least a ${needed}.`
