// diff-contracts.ts ours | parse: reads two contracts of each of 100 packages and compares them, or only parses their JSON, and prints the
// CPU time of that in milliseconds.
import { diffContracts, parseContract, type Contract } from '@levada/contract'
import { outlineOf } from '@levada/core/run'
import { largePipelines } from './large-app.ts'

const count = 100

interface Shape {
  readonly provides: Readonly<Record<string, { readonly columns: unknown[]; readonly checks: unknown[] }>>
  readonly nodes: readonly { fingerprint?: string }[]
}

/** Each as it was, and with one column less, which breaks. */
const texts = largePipelines(count).map((pipeline): readonly [string, string] => {
  const contract = JSON.parse(JSON.stringify({ ...outlineOf(pipeline), dialects: [] })) as Shape
  for (const node of contract.nodes) node.fingerprint = `sha256:${'0'.repeat(64)}`
  const old = JSON.stringify(contract, null, 2)
  const [asset] = Object.values(contract.provides)
  // With its check, that it is not null.
  asset!.columns.pop()
  asset!.checks.pop()
  return [old, JSON.stringify(contract, null, 2)]
})

const started = process.cpuUsage()
if (process.argv[2] === 'ours') {
  const read = (text: string): Contract => parseContract(text, 'contract.json')
  const changes = texts.flatMap(([old, now]) => diffContracts(read(old), read(now)).changes)
  if (changes.length !== count || changes.some(({ bump }) => bump !== 'major'))
    throw new Error(`${changes.length} changes: ${JSON.stringify(changes[0])}`)
} else {
  const parsed = texts.flatMap((pair) => pair.map((text) => JSON.parse(text) as Shape))
  if (parsed.some(({ nodes }) => nodes.length === 0)) throw new Error('A contract has no nodes')
}
const { user, system } = process.cpuUsage(started)
console.log((user + system) / 1000)
