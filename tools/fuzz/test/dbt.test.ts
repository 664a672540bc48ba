import { createEventParser, type EventParser } from '@levada/resource-dbt'
import { expect, test } from 'vitest'
import { judgeArtifact, readers, type MutatedArtifact } from '../src/dbt/artifacts.ts'
import { judgeEvents, linesOf, mutateEvents, type Line } from '../src/dbt/events.ts'
import { dbtCases, runDbtCase } from '../src/dbt/fuzz.ts'
import { readRecordings } from '../src/dbt/recordings.ts'
import { judgeAll } from '../src/judge-all.ts'
import { random } from '../src/random.ts'

test('500 seeded cases of what dbt writes pass: nothing throws, and what is intact is read', async () => {
  const make = dbtCases(7)
  const { failures, rows } = await judgeAll(Array.from({ length: 500 }).keys().map(make), runDbtCase)
  expect(
    failures.map(
      ({ failed: { number, mutator, recording, done }, why }) =>
        `${number} ${mutator}: ${recording}, ${done}: ${why}`,
    ),
  ).toEqual([])
  expect(rows.size).toBeGreaterThan(25)
})

test('a case of dbt is the same whenever it is made', () => {
  for (const number of [0, 40, 170]) {
    const [one, other] = [dbtCases(3)(number), dbtCases(3)(number)]
    expect(other.done).toBe(one.done)
    expect(Buffer.from(other.input()).equals(Buffer.from(one.input()))).toBe(true)
  }
})

const log = readRecordings().find(({ name }) => name.endsWith('log.jsonl'))!.bytes
const lines = linesOf(log)

test('the recordings hold what is to be kept intact', () => {
  const kinds = new Set(
    readRecordings()
      .filter(({ name }) => name.endsWith('.jsonl'))
      .flatMap(({ bytes }) => linesOf(bytes))
      .map(({ expect }) => (expect === 'anything' ? '' : expect.event.kind)),
  )
  expect([...kinds]).toEqual(
    expect.arrayContaining(['version', 'node_started', 'node_finished', 'completed', 'log', 'other']),
  )
})

/** A parser that a plant makes wrong. */
const planted = (plant: (parser: EventParser) => Partial<EventParser>): EventParser => {
  const parser = createEventParser()
  return { ...parser, ...plant(parser) }
}
const streamOf = (some: readonly Line[], name: string, seed = 1) => mutateEvents(some, name, random(seed, 1))

test.each<[string, () => EventParser]>([
  ['loses what is left at the end', () => planted(() => ({ end: () => [] }))],
  [
    'loses an event',
    () =>
      planted((parser) => ({
        push: (chunk) => parser.push(chunk).filter(({ kind }) => kind !== 'node_finished'),
      })),
  ],
  [
    'tells one twice',
    () => planted((parser) => ({ push: (chunk) => parser.push(chunk).flatMap((event) => [event, event]) })),
  ],
  [
    'takes each chunk for whole lines',
    () => ({
      push: (chunk) => {
        const parser = createEventParser()
        return [...parser.push(chunk), ...parser.end()]
      },
      end: () => [],
    }),
  ],
])('the judge of events finds a parser that %s', (_, make) => {
  const found = Array.from({ length: 20 }, (_, seed) =>
    judgeEvents(streamOf(lines, 'lines in another order', seed), make()),
  )
  expect(found.some((why) => why !== undefined)).toBe(true)
  expect(judgeEvents(streamOf(lines, 'lines in another order'), createEventParser())).toBeUndefined()
})

test('the judge of artifacts finds a reader that throws, loses, changes or says nothing', () => {
  const artifact: MutatedArtifact = {
    file: 'run_results.json',
    content: '{"results":[{"unique_id":"model.shop.orders","status":"success"}]}',
    done: '',
    expect: {
      facts: readers['run_results.json']!(
        '{"results":[{"unique_id":"model.shop.orders","status":"success"}]}',
        '',
      ),
      but: [],
    },
  }
  expect(judgeArtifact(artifact)).toBeUndefined()
  expect(judgeArtifact(artifact, () => new Map())).toContain('model.shop.orders is lost')
  expect(judgeArtifact(artifact, () => new Map([['model.shop.orders', {}]]))).toContain('in place of')
  expect(
    judgeArtifact(artifact, () => {
      throw new TypeError('x is undefined')
    }),
  ).toContain('it throws TypeError')
  const broken: MutatedArtifact = { ...artifact, content: '{', expect: 'error' }
  expect(judgeArtifact(broken)).toBeUndefined()
  expect(judgeArtifact(broken, () => new Map())).toBe('nothing is told')
})
