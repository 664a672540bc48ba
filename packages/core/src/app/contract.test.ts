import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { asset, daily, expects, relationship, source } from '../asset/index.ts'
import { definePipeline, node, sql, sqlNode, view } from '../pipeline/index.ts'
import { resource } from '../resource/index.ts'
import { col } from '../schema/index.ts'
import { contractOf, outlineOf, portsText } from './index.ts'

interface Notifier {
  send(text: string): void
}
const raw = source('shop.raw', { schema: z.object({ id: z.int() }) })
const cities = expects('geo.cities', z.object({ name: z.string().describe('dropped') }))
const zips = expects('geo.cities', z.object({ name: z.string(), zip: z.string().nullable() }))
const orders = asset('shop.orders', {
  description: 'Orders.',
  schema: z.object({ id: z.int(), day: col.date(), note: col.json() }),
  key: ['id'],
  partitions: [daily('day')],
  tags: ['b', 'a'],
  checks: [relationship('id', cities, 'name')],
})
const seen = view('seen', { inputs: { raw, zips }, params: { cap: z.int().default(3) }, sql: sql`select 1` })
const facts = {
  dialects: ['postgres', 'duckdb'],
  fingerprints: new Map([
    ['one', 'f1'],
    ['two', 'f2'],
  ]),
}
const pipeline = (reversed = false) => {
  const one = sqlNode('one', {
    inputs: { seen },
    output: orders,
    params: { low: z.number() },
    sql: sql`select 1`,
  })
  const two = node('two', {
    inputs: { orders },
    resources: { notify: resource<Notifier>('@acme/notify#Notifier') },
    run() {},
  })
  return definePipeline('shop', { nodes: (reversed ? [two, one] : [one, two]) as never })
}

describe('contractOf', () => {
  test('derives what is provided, required and taken, through views and checks', () => {
    const contract = contractOf(pipeline(), facts)
    expect(contract).toMatchObject({
      format: 1,
      protocol: 'pipeline@1',
      name: 'shop',
      dialects: ['duckdb', 'postgres'],
    })
    expect(Object.keys(contract.provides)).toEqual(['shop.orders'])
    expect(Object.keys(contract.sources)).toEqual(['shop.raw'])
    expect(contract.requires).toEqual({
      'geo.cities': {
        columns: [
          { name: 'name', type: { kind: 'string' }, nullable: false },
          { name: 'zip', type: { kind: 'string' }, nullable: true },
        ],
      },
    })
    expect(contract.params).toEqual({
      cap: { type: { kind: 'int' }, nullable: false, required: false, default: 3 },
      low: { type: { kind: 'float' }, nullable: false, required: true },
    })
    expect(contract.resources).toEqual({ notify: { type: '@acme/notify#Notifier' } })
    expect(contract.nodes).toEqual([
      {
        name: 'one',
        kind: 'sql',
        inputs: ['geo.cities', 'shop.raw'],
        outputs: ['shop.orders'],
        fingerprint: 'f1',
      },
      { name: 'two', kind: 'function', inputs: ['shop.orders'], outputs: [], fingerprint: 'f2' },
    ])
  })

  test('has the same bytes whatever the order of the source', () => {
    expect(JSON.stringify(contractOf(pipeline(true), facts))).toBe(
      JSON.stringify(contractOf(pipeline(), facts)),
    )
  })

  test('refuses two expectations that contradict each other', () => {
    const other = expects('geo.cities', z.object({ name: z.int() }))
    const bad = definePipeline('p', { nodes: [node('n', { inputs: { cities, other }, run() {} })] })
    expect(() => outlineOf(bad)).toThrow(
      expect.objectContaining({
        code: 'GENERATE',
        message: "'geo.cities'.name is expected as string and as int.",
      }),
    )
  })

  test('refuses two expectations in two units', () => {
    const minutes = expects('geo.trips', z.object({ length: z.int().meta({ unit: 'minutes' }) }))
    const hours = expects('geo.trips', z.object({ length: z.int().meta({ unit: 'hours' }) }))
    const bad = definePipeline('p', { nodes: [node('n', { inputs: { minutes, hours }, run() {} })] })
    expect(() => outlineOf(bad)).toThrow(
      "'geo.trips'.length is expected as int in minutes and as int in hours.",
    )
  })

  test('says which param cannot stand in a contract', () => {
    const bad = definePipeline('p', {
      nodes: [node('n', { inputs: { raw }, params: { at: z.date() }, run() {} })],
    })
    expect(() => outlineOf(bad)).toThrow('Param p.at: z.date() loses microseconds')
  })

  test('holds what values of a param are taken, and not what its type says', () => {
    const limitsOf = (schema: z.ZodType): unknown =>
      outlineOf(
        definePipeline('p', { nodes: [node('n', { inputs: { raw }, params: { at: schema }, run() {} })] }),
      ).params['at']!.limits
    expect(limitsOf(z.int())).toBeUndefined()
    expect(limitsOf(col.decimal(9, 2))).toBeUndefined()
    expect(limitsOf(z.iso.date().nullable().default('2001-01-01'))).toBeUndefined()
    expect(limitsOf(z.int().min(0).lt(10).default(5))).toEqual({ minimum: 0, exclusiveMaximum: 10 })
    expect(limitsOf(z.bigint().gt(9_007_199_254_740_993n))).toEqual({ exclusiveMinimum: '9007199254740993' })
    expect(limitsOf(z.string().regex(/^a/).length(2).optional())).toEqual({
      length: 2,
      'pattern /^a/': 'regex',
    })
    expect(limitsOf(z.email())).toEqual({ format: 'email' })
    expect(limitsOf(z.array(z.string().min(1)).max(3))).toEqual({ '[].minLength': 1, maxLength: 3 })
    expect(limitsOf(z.object({ step: z.number().multipleOf(2) }))).toEqual({ 'step.multipleOf': 2 })
    const other = node('m', { inputs: { raw }, params: { low: z.int().max(2) }, run() {} })
    const one = node('n', { inputs: { raw }, params: { low: z.int() }, run() {} })
    expect(() => outlineOf(definePipeline('p', { nodes: [one, other] }))).toThrow(
      "Pipeline 'p' declares param 'low' as int and as int, maximum 2.",
    )
  })

  test('takes a deprecation of an asset, and what an expectation cannot declare is refused', () => {
    const old = asset('p.old', {
      schema: z.object({ id: z.int() }),
      deprecated: { since: '1.2.0', use: 'p.new' },
    })
    const made = outlineOf(definePipeline('p', { nodes: [node('n', { outputs: { old }, run() {} })] }))
    expect(made.provides['p.old']!.deprecated).toEqual({ since: '1.2.0', use: 'p.new' })
    expect(() => expects('p.old', z.object({ id: z.int().default(1) }))).toThrow(
      'Column p.old.id: a default is for the provider to declare.',
    )
    expect(() => asset('p.x', { schema: z.object({ id: z.int() }), deprecated: { since: 'soon' } })).toThrow(
      expect.objectContaining({ code: 'GENERATE' }),
    )
  })
})

test('portsText writes plain interfaces', () => {
  expect(portsText(outlineOf(pipeline())))
    .toBe(`// Generated by \`levada generate\` from the source of this package; do not edit.
import type { JsonValue, Pipeline } from '@levada/core'
import type { Notifier } from '@acme/notify'

/** \`shop.orders\`: Orders. */
export interface Orders {
  id: number
  day: string
  note: JsonValue
}

/** \`shop.raw\` */
export interface Raw {
  id: number
}

/** \`geo.cities\` */
export interface NeedsCities {
  name: string
  zip: string | null
}

export interface Ports {
  name: 'shop'
  requires: {
    'geo.cities': NeedsCities
  }
  provides: {
    'shop.orders': Orders
  }
  sources: {
    'shop.raw': Raw
  }
  params: { cap?: number; low: number }
  resources: { notify: Notifier }
  tags: 'a' | 'b'
}

export type ShopPipeline = Pipeline<Ports>
`)
})

test('portsText tells consumers in the compiler what will go, what numbers count, and that an enum is open', () => {
  const old = asset('p.old', {
    description: 'As it was.',
    schema: z.object({
      length: z.int().meta({ unit: 'minutes' }),
      kind: col.openEnum(['a', 'b']).nullable(),
      gone: col.deprecated(z.int().describe('Long ago'), { since: '2.1.0', remove: '3.0.0', use: 'length' }),
    }),
    deprecated: { since: '2.0.0', use: 'p.new' },
  })
  const text = portsText(
    outlineOf(definePipeline('p', { nodes: [node('n', { outputs: { old }, run() {} })] })),
  )
  expect(text).toContain(`/** \`p.old\`: As it was. @deprecated since 2.0.0: use p.new. */
export interface Old {
  /** In minutes. */
  length: number
  kind: 'a' | 'b' | (string & {}) | null
  /** Long ago. @deprecated since 2.1.0, removed in 3.0.0: use length. */
  gone: number
}`)
})
