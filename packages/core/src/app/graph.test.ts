import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { asset, expects } from '../asset/index.ts'
import { definePipeline, node } from '../pipeline/index.ts'
import { col } from '../schema/index.ts'
import { composeGraph, defineApp, external } from './index.ts'

const out = (name: string, shape: Record<string, z.ZodType>) =>
  asset(name as 'x.y', { schema: z.object(shape) as never })
const pipeline = (name: string, inputs: object, outputs: object) =>
  definePipeline(name, {
    nodes: [node('n', { inputs: inputs as never, outputs: outputs as never, run() {} })] as never,
  })
const compose = (...pipelines: unknown[]) =>
  composeGraph(defineApp({ name: 'app', pipelines: pipelines as never }))

describe('composeGraph', () => {
  test('reports all that does not fit, at once', () => {
    const a = pipeline(
      'a',
      {},
      { o: out('x.a', { int: z.int(), text: z.string(), day: col.date(), maybe: z.string().nullable() }) },
    )
    const b = pipeline(
      'b',
      {
        i: expects(
          'x.a',
          z.object({ int: z.bigint(), text: col.date(), maybe: z.string(), txet: z.string() }),
        ),
      },
      {},
    )
    const c = pipeline(
      'c',
      { i: expects('x.gone', z.object({ id: z.int() })) },
      { o: out('x.a', { id: z.int() }) },
    )
    const messages = (() => {
      try {
        compose(a, b, c)
        return []
      } catch (error) {
        return (error as AggregateError).errors.map((each: Error) => each.message)
      }
    })()
    expect(messages).toEqual([
      "'x.a' is provided by 'a' and by 'c'.",
      "b: needs 'x.a'.int: bigint, but 'a' provides int.",
      "b: needs 'x.a'.text: date, but 'a' provides string.",
      "b: needs 'x.a'.maybe: string, but 'a' provides string | null.",
      "b: needs 'x.a'.txet: string, but 'a' has no such column (did you mean 'text'?).",
      "c: needs 'x.gone', but no pipeline, source or external provides it.",
    ])
  })

  test('accepts what loses nothing: int for float, enum for string, fewer values, non-null for nullable, optional columns, digits that are checked', () => {
    const a = pipeline(
      'a',
      {},
      { o: out('x.a', { n: z.int(), e: z.enum(['p']), s: z.string(), d: col.decimal(12, 2) }) },
    )
    const b = pipeline(
      'b',
      {
        i: expects(
          'x.a',
          z.object({
            n: z.number().nullable(),
            e: z.enum(['p', 'q']),
            d: col.decimal(9, 2),
            s: z.string().optional(),
            t: z.int().optional(),
          }),
        ),
      },
      {},
    )
    const c = pipeline('c', { i: expects('x.a', z.object({ e: z.string() })) }, {})
    expect(compose(a, b, c).nodes.map(({ id }) => id)).toEqual(['a/n', 'b/n', 'c/n'])
  })

  test('an external provides without being run; beside a provider it is one too many', () => {
    const weather = pipeline('weather', {}, { o: out('met.rain', { mm: z.number() }) })
    const user = pipeline('user', { i: expects('met.rain', z.object({ mm: z.number() })) }, {})
    const graph = composeGraph(
      defineApp({ name: 'app', pipelines: [user] as never, externals: [external(weather as never)] }),
    )
    expect(graph.nodes.map(({ id }) => id)).toEqual(['user/n'])
    expect(graph.assets.get('met.rain')!.role).toBe('external')
    expect(() =>
      composeGraph(
        defineApp({ name: 'app', pipelines: [weather] as never, externals: [external(weather as never)] }),
      ),
    ).toThrow("'met.rain' is provided by 'weather' and by 'weather'.")
  })

  test('names the circle', () => {
    const a = pipeline(
      'a',
      { i: expects('x.b', z.object({ id: z.int() })) },
      { o: out('x.a', { id: z.int() }) },
    )
    const b = pipeline(
      'b',
      { i: expects('x.a', z.object({ id: z.int() })) },
      { o: out('x.b', { id: z.int() }) },
    )
    expect(() => compose(a, b)).toThrow(
      expect.objectContaining({ code: 'CYCLE', message: expect.stringContaining('a/n → b/n → a/n') }),
    )
  })

  test('another protocol is refused with its name', () => {
    expect(() =>
      defineApp({ name: 'app', pipelines: [{ '~levada': 'pipeline@2', name: 'next' }] as never }),
    ).toThrow(expect.objectContaining({ code: 'PROTOCOL' }))
  })
})
