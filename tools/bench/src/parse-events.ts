// parse-events.ts ours | parse LINES: makes events of so many lines of dbt's log, or only parses their JSON, and prints the CPU time of that
// in milliseconds.
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { createEventParser } from '@levada/resource-dbt'

const recorded = join(import.meta.dirname, '../../../packages/resources/dbt/test/recorded')
const [side, wanted] = [process.argv[2], Number(process.argv[3])]

/** How often `dbt build` of 1.11 says what on apps/dbt-orders, counted in its log; recordings leave out most of what repeats. */
const mix: Readonly<Record<string, number>> = {
  ConnectionUsed: 143,
  SQLQuery: 143,
  SQLQueryStatus: 143,
  NewConnectionOpening: 52,
  ConnectionClosed: 52,
  ConnectionReused: 47,
  NodeStart: 39,
  NodeCompiling: 39,
  NodeExecuting: 39,
  NodeFinished: 39,
  LogStartLine: 38,
  JinjaLogDebug: 38,
  WritingInjectedSQLForNode: 35,
  Rollback: 31,
  LogTestResult: 27,
  SQLCommit: 17,
  LogModelResult: 7,
  Formatting: 6,
  ArtifactWritten: 5,
}

/** The recorded lines by event, and each event as often as it is said, spread over the log. */
function lines(): readonly string[] {
  const byName = new Map<string, string[]>()
  const files = readdirSync(recorded, { recursive: true, encoding: 'utf8' })
  for (const file of files.filter((each) => /^1\..*log\.jsonl$/.test(each)).toSorted())
    for (const line of readFileSync(join(recorded, file), 'utf8').trimEnd().split('\n')) {
      const name = /"name": ?"(\w+)", ?"pid"/.exec(line)?.[1]
      if (name !== undefined && mix[name] !== undefined) byName.set(name, [...(byName.get(name) ?? []), line])
    }
  const said = Object.entries(mix).flatMap(([name, count]) =>
    Array.from({ length: count }, (_, i) => ({
      at: (i + 0.5) / count,
      line: byName.get(name)![i % byName.get(name)!.length]!,
    })),
  )
  const log = said.toSorted((a, b) => a.at - b.at).map(({ line }) => line)
  return Array.from({ length: wanted }, (_, i) => log[i % log.length]!)
}
const bytes = Buffer.from(`${lines().join('\n')}\n`)
const chunkSize = 65_536

function ours(): number {
  const parser = createEventParser()
  let count = 0
  for (let from = 0; from < bytes.length; from += chunkSize)
    count += parser.push(bytes.subarray(from, from + chunkSize)).length
  return count + parser.end().length
}

function parse(): number {
  let count = 0
  for (const line of bytes.toString('utf8').split('\n')) {
    if (line === '') continue
    JSON.parse(line)
    count++
  }
  return count
}

const started = process.cpuUsage()
const count = side === 'ours' ? ours() : parse()
const { user, system } = process.cpuUsage(started)
if (count !== wanted) throw new Error(`${count} events of ${wanted} lines`)
console.log((user + system) / 1000)
