import fc from 'fast-check'
import { expect, test } from 'vitest'
import { parseSelection, printSelection, type Factor, type Selection } from '../../src/app/index.ts'
import { isLevadaError } from '../../src/errors/index.ts'
import { select } from '../../src/plan/index.ts'
import { graphOf, pipelineOf } from './kit.ts'

const levels = fc.oneof(fc.constant(0), fc.constant(Infinity), fc.integer({ min: 1, max: 999_999 }))
const value = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 8 })
const name = fc.stringMatching(/^[a-z_.*?/][\w.*?/-]{0,8}$/)
const around = fc.oneof(
  fc.record({ up: levels, down: levels, around: fc.constant(false) }),
  fc.constant({ up: 0, down: 0, around: true }),
)
const plain = { up: 0, down: 0, around: false }
const factor: fc.Arbitrary<Factor> = fc.oneof(
  fc.tuple(name, around).map(([text, ways]): Factor => ({ method: 'name', value: text, ...ways })),
  fc
    .tuple(fc.constantFrom('pipeline', 'tag', 'domain', 'owner', 'resource', 'job'), value, around)
    .map(([method, text, ways]): Factor => ({ method: method as 'tag', value: text, ...ways })),
  fc
    .constantFrom('changed', 'missing', 'failed', 'stale')
    .map((text): Factor => ({ method: 'state', value: text, ...plain })),
  fc
    .tuple(fc.constantFrom('from', 'to'), value)
    .map(([method, text]): Factor => ({ method: method as 'from', value: text, ...plain })),
)
const term = fc.array(factor, { minLength: 1, maxLength: 3 })
const away = term.filter((factors) => factors.length > 1 || !['from', 'to'].includes(factors[0]!.method))
const selection: fc.Arbitrary<Selection> = fc.record({
  terms: fc.array(term, { maxLength: 4 }),
  exclude: fc.array(away, { maxLength: 2 }),
})

test('law: what is printed of a selection reads as the same selection', () => {
  fc.assert(
    fc.property(selection, (any) => {
      expect(parseSelection(printSelection(any))).toEqual(any)
    }),
  )
})

test('law: any text is read, or refused at a place in it', () => {
  const pieces = fc.constantFrom(
    '+',
    '@',
    ',',
    ' ',
    ':',
    '"',
    '--exclude',
    'x.a',
    'tag:',
    '2',
    'from:',
    '*',
    '$',
    '\\',
    '\n',
  )
  const texts = fc.oneof(
    fc.string(),
    fc.array(pieces, { maxLength: 9 }).map((all) => all.join('')),
  )
  fc.assert(
    fc.property(texts, (text) => {
      try {
        const read = parseSelection(text)
        expect(parseSelection(printSelection(read))).toEqual(read)
      } catch (error) {
        if (!isLevadaError(error)) throw error
        expect(error.code).toBe('SELECTION_SYNTAX')
        expect(error.place!.column).toBeGreaterThanOrEqual(1)
        expect(error.place!.column).toBeLessThanOrEqual(text.length + 1)
      }
    }),
    { numRuns: 500 },
  )
})

interface Line {
  readonly name: string
  readonly reads: readonly string[]
  readonly writes: readonly string[]
}

/** Nodes n0, n1, …: each writes one or two assets and reads some that were written before, or a source. */
const graphs = fc
  .array(fc.record({ reads: fc.array(fc.nat(), { maxLength: 3 }), two: fc.boolean() }), {
    minLength: 1,
    maxLength: 9,
  })
  .map((shapes) => {
    const written: string[] = []
    return shapes.map(({ reads, two }, i): Line => {
      const known = ['x.raw', ...written]
      const line = {
        name: `n${i}`,
        reads: [...new Set(reads.map((n) => known[n % known.length]!))],
        writes: two ? [`x.a${i}`, `x.b${i}`] : [`x.a${i}`],
      }
      written.push(...line.writes)
      return line
    })
  })

/** What a factor names, by following edges one at a time over sets of names. */
function naive(
  lines: readonly Line[],
  asset: string,
  { up, down, around: both }: Pick<Factor, 'up' | 'down' | 'around'>,
): Set<string> {
  const maker = (name: string): readonly Line[] => lines.filter(({ writes }) => writes.includes(name))
  const found = new Set(maker(asset))
  let assets = new Set([asset])
  for (let level = both ? Infinity : down; level > 0 && assets.size > 0; level--) {
    const readers = lines.filter(({ reads }) => reads.some((name) => assets.has(name)))
    for (const each of readers) found.add(each)
    assets = new Set(readers.flatMap(({ writes }) => writes))
  }
  let makers = new Set(both ? found : maker(asset))
  for (let level = both ? Infinity : up; level > 0 && makers.size > 0; level--) {
    makers = new Set([...makers].flatMap(({ reads }) => reads.flatMap(maker)))
    for (const each of makers) found.add(each)
  }
  return new Set([...found].map((each) => each.name))
}

test('law: a selection of a random graph is what sets of names give', async () => {
  const ways = fc.oneof(
    fc.record({
      up: fc.constantFrom(0, 1, 2, Infinity),
      down: fc.constantFrom(0, 1, 2, Infinity),
      around: fc.constant(false),
    }),
    fc.constant({ up: 0, down: 0, around: true }),
  )
  const factors = fc.array(fc.array(fc.tuple(fc.nat(), ways), { minLength: 1, maxLength: 2 }), {
    minLength: 1,
    maxLength: 3,
  })
  await fc.assert(
    fc.asyncProperty(graphs, factors, fc.option(fc.tuple(fc.nat(), ways)), async (lines, terms, exclude) => {
      const assets = ['x.raw', ...lines.flatMap(({ writes }) => writes)]
      const asset = (n: number): string => assets[n % assets.length]!
      const graph = graphOf(
        pipelineOf(
          'p',
          lines.map(({ name: id, reads, writes }) => `${id}: ${reads.join(', ')} -> ${writes.join(', ')}`),
          { sources: ['x.raw'] },
        ),
      )
      fc.pre(graph.assets.has('x.raw'))
      const text = printSelection({
        terms: terms.map((all) => all.map(([n, way]) => ({ method: 'name', value: asset(n), ...way }))),
        exclude: exclude ? [[{ method: 'name', value: asset(exclude[0]), ...exclude[1] }]] : [],
      })
      const sets = terms.map((all) =>
        all.map(([n, way]) => naive(lines, asset(n), way)).reduce((a, b) => a.intersection(b)),
      )
      const expected = sets
        .reduce((a, b) => a.union(b))
        .difference(exclude ? naive(lines, asset(exclude[0]), exclude[1]) : new Set())
      const { nodes } = await select(graph, text)
      expect([text, new Set([...nodes].map((each) => each.node.name))]).toEqual([text, expected])
    }),
    { numRuns: 300 },
  )
})
