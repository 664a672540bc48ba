// What real dbt said and left behind: its log and its artifacts tell the same.
import { existsSync, globSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { expect, test } from 'vitest'
import { manifestOf, parseArtifact, runResultsOf } from '../src/artifacts.ts'
import { createEventParser, type DbtEvent } from '../src/events.ts'
import { createSummary } from '../src/result.ts'

const recorded = join(import.meta.dirname, 'recorded')
const cases = globSync('*/*/log.jsonl', { cwd: recorded }).map(dirname).toSorted()
const read = (name: string, file: string): string => readFileSync(join(recorded, name, file), 'utf8')

function eventsOf(name: string): readonly DbtEvent[] {
  const parser = createEventParser()
  return [...parser.push(Buffer.from(read(name, 'log.jsonl'))), ...parser.end()]
}

test('there are recordings', () => expect(cases.length).toBeGreaterThan(10))

test.each(cases)('%s', (name) => {
  const summary = createSummary()
  const events = eventsOf(name)
  for (const event of events) summary.add(event)
  const texts = events.filter(({ kind }) => kind === 'text')
  // Words that dbt does not know are refused before any event.
  if (texts.length === events.length) return expect(summary.said()[0]).toMatch(/^Usage: /)
  expect(texts).toEqual([])
  expect(summary.version).toMatch(/^[12]\./)
  expect(summary.completed).toBeTypeOf('boolean')
  // Results of sources are in sources.json; what else is there is of the build before.
  if (!name.includes('/freshness') && existsSync(join(recorded, name, 'run_results.json'))) {
    const { nodes } = runResultsOf(parseArtifact(read(name, 'run_results.json'), name))
    const written = nodes.map(({ id, status }) => [id, status])
    const told = nodes.map(({ id, status }) => [id, summary.nodes.get(id)?.status ?? status])
    expect(told).toEqual(written)
    const ids = new Set(nodes.map(({ id }) => id))
    // 2.x writes nothing of what it compiles.
    if (ids.size > 0) for (const id of summary.nodes.keys()) expect(ids).toContain(id)
  }
  if (existsSync(join(recorded, name, 'manifest.json'))) {
    const manifest = manifestOf(parseArtifact(read(name, 'manifest.json'), name))
    for (const { id, resourceType } of summary.nodes.values())
      if (resourceType !== 'exposure') expect(manifest.nodes.get(id)).toMatchObject({ id, resourceType })
  }
})
