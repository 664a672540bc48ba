// Packages that must not compile. `// error: text` stands above the line that the compiler has to mark.
import { append, asset, between, col, daily, definePipeline, expects, hourly, mapped, merge, monthly, node, relationship, resource, source, sql, sqlNode, staticValues, unique, view, weekly, window, type Pipeline } from '@levada/core'
import { z } from 'zod'

const schema = z.object({ id: z.string(), day: col.date(), at: col.timestamp(), n: z.number().nullable() })
const out = asset('t.out', { schema, key: ['id'], partitions: [daily('day')], tags: ['nightly'], checks: [between('n', 0, 1), unique(['id', 'day'])] })
const raw = source('t.raw', { schema: z.object({ line: z.string() }) })
const need = expects('u.need', z.object({ id: z.string() }))

// a key, a partition, a check that names a column which the schema lacks
asset('t.a', { schema,
  // error: Type '"ids"' is not assignable to type '"at" | "day" | "id" | "n"'
  key: ['ids'] })
asset('t.a', { schema,
  // error: Type '"dya"' is not assignable to type '"at" | "day"'
  partitions: [daily('dya')] })
// a partition by a column that does not fit its kind: no time, no hour, no plain value
asset('t.a', { schema,
  // error: Type '"id"' is not assignable to type '"at" | "day"'
  partitions: [monthly('id')] })
asset('t.a', { schema,
  // error: Type '"day"' is not assignable to type '"at"'
  partitions: [hourly('day')] })
asset('t.a', { schema,
  // error: Type '"n"' is not assignable to type
  partitions: [staticValues('n', ['1'])] })
asset('t.fits', { schema, partitions: [weekly('day'), hourly('at'), staticValues('id', ['a'])] })
// what is new by a column that is not there, and of a source
asset('t.a', { schema,
  // error: Type '"loaded"' is not assignable to type '"at" | "day" | "id" | "n"'
  incremental: append({ by: 'loaded' }) })
asset('t.a', { schema, key: ['id'],
  // error: Type '"gone"' is not assignable to type '"at" | "day" | "id" | "n"'
  incremental: merge({ by: 'at', lookBack: { days: 7 }, deleted: 'gone' }) })
source('t.a', { schema,
  // error: Type 'Incremental<"at">' is not assignable to type
  incremental: append({ by: 'at' }) })
asset('t.fits', { schema, key: ['id'], incremental: merge({ by: 'at', lookBack: { days: 7 } }) })
// an input of which a dimension is mapped that it has no column for
mapped(out,
  // error: 'dya' does not exist in type
  { dya: window(-6, 0) })
asset('t.a', { schema,
  // error: Type '"m"' is not assignable to type '"at" | "day" | "id" | "n"'
  checks: [between('m', 0, 1)] })
asset('t.a', { schema,
  // error: Argument of type '"di"' is not assignable to parameter of type '"id" | readonly "id"[]'
  checks: [relationship('id', need, 'di')] })
asset('t.a', {
  // error: column 'x' is optional(); a column always exists: use nullable()
  schema: z.object({ x: z.string().optional() }) })
// error: is not assignable to
expects('t.b', z.string())

// a wrong input, column and output in a function node
node('n1', { inputs: { raw }, outputs: { out },
  // error: Property 'rawr' does not exist on type
  async run({ rawr }) {} })
node('n2', { inputs: { raw }, outputs: { out }, async run({ raw }, { outputs }) {
  for await (const row of raw.rows()) {
    // error: Property 'lin' does not exist on type '{ line: string; }'. Did you mean 'line'?
    row.lin
  }
  // error: Property 'oout' does not exist on type
  outputs.oout
  // error: Type 'string' is not assignable to type 'number'
  await outputs.out.write({ id: 'a', day: '2001-01-01', at: '2001-01-01T00:00:00', n: 'x' })
  // error: Property 'n' is missing in type
  await outputs.out.write({ id: 'a', day: '2001-01-01', at: '2001-01-01T00:00:00' })
  // error: 'm' does not exist in type
  await outputs.out.write({ id: 'a', day: '2001-01-01', at: '2001-01-01T00:00:00', n: 1, m: 2 })
} })
node('n3', { outputs: {
  // error: is not assignable to type 'Owned<string, unknown
  need }, run() {} })
const untyped = view('untyped', { inputs: { raw }, sql: sql`select line from raw` })
node('n4', { inputs: {
  // error: view 'untyped' has no schema; a function node needs one
  untyped }, run() {} })
interface Notifier { send(text: string): Promise<void> }
node('n5', { params: { low: z.int() }, resources: { notify: resource<Notifier>('@acme/notify#Notifier') }, async run(_, { params, resources }) {
  // error: Property 'lo' does not exist on type
  params.lo
  // error: Argument of type 'number' is not assignable to parameter of type 'string'
  await resources.notify.send(params.low)
} })

// names inside sql`…`
sqlNode('n6', { inputs: { need }, output: out, params: { low: z.int() },
  // error: Property 'needs' does not exist on type
  sql: ({ needs }, { low }) => sql`select ${low}` })
sqlNode('n7', { inputs: { need }, output: out,
  // error: Property 'idd' does not exist on type
  sql: ({ need }) => sql`select ${need.$.idd} from ${need}` })
sqlNode('n8', { inputs: { need }, output: out, params: { low: z.int() },
  // error: Property 'lo' does not exist on type
  sql: ({ need }, { lo }) => sql`select * from ${need} where ${lo} > 1` })
sqlNode('n9', { inputs: { need }, output: out,
  // error: is not assignable to parameter of type
  sql: ({ need }) => sql`select * from ${need} where id = ${'spliced'}` })

// two nodes that write one asset: both are marked
const w1 = node('w1', { outputs: { out }, run() {} })
const w2 = node('w2', { outputs: { out }, run() {} })
definePipeline('p', { nodes: [
  // error: node 'w1' writes 't.out', but so does node 'w2'
  w1,
  // error: node 'w2' writes 't.out', but so does node 'w1'
  w2] })

// ports: two expectations of one asset add up, a relationship and a view below count, a loose schema leaves no index signature
const loose = expects('geo.airports', z.looseObject({ iata: z.string() }))
const more = expects('geo.airports', z.object({ lat: z.number() }))
const linked = asset('t.linked', { schema: z.object({ id: z.string() }), checks: [relationship('id', need, 'id')] })
const viewed = view('viewed', { inputs: { loose }, params: { cap: z.int().default(3) }, sql: sql`select * from loose` })
const both = definePipeline('both', { nodes: [
  sqlNode('a', { inputs: { viewed, more }, output: out, params: { low: z.number() }, sql: sql`select 1` }),
  node('b', { outputs: { linked }, run() {} }),
] })
interface BothPorts {
  name: 'both'
  requires: { 'geo.airports': { iata: string; lat: number }; 'u.need': { id: string } }
  provides: { 't.out': { id: string; day: string; at: string; n: number | null }; 't.linked': { id: string } }
  sources: {}
  params: { low: number; cap?: number }
  resources: {}
  tags: 'nightly'
}
export const exact: Pipeline<BothPorts> = both
interface StalePorts extends Omit<BothPorts, 'requires'> {
  requires: { 'geo.airports': { iata: string }; 'u.need': { id: string } }
}
// error: Property 'lat' is missing in type '{ iata: string; }' but required in type
export const stale: Pipeline<StalePorts> = both

// a brand is nothing that ports could say
const marked = asset('t.b', { schema: z.object({ id: z.string().brand<'Id'>() }) })
const branded = definePipeline('branded', { nodes: [node('b', { outputs: { marked }, run() {} })] })
interface BrandedPorts { name: 'branded'; requires: {}; provides: { 't.b': { id: string } }; sources: {}; params: {}; resources: {}; tags: never }
// error: Type 'string' is not assignable to type 'string & $brand<"Id">'
export const plain: Pipeline<BrandedPorts> = branded
// what is said of columns leaves their types, but for an open enum, which is text to those who read it
const said = asset('t.said', { schema: z.object({ a: z.int().meta({ unit: 'm' }), b: col.deprecated(z.bigint().nullable(), { since: '1.0.0' }), c: z.string().default('x'), d: col.openEnum(['x', 'y']) }) })
interface SaidPorts { name: 'said'; requires: {}; provides: { 't.said': { a: number; b: bigint | null; c: string; d: 'x' | 'y' | (string & {}) } }; sources: {}; params: {}; resources: {}; tags: never }
export const saidPorts: Pipeline<SaidPorts> = definePipeline('said', { nodes: [node('s', { outputs: { said }, run() {} })] })
node('n10', { outputs: { said }, async run(_, { outputs }) {
  // error: Property 'c' is missing in type
  await outputs.said.write({ a: 1, b: null, d: 'z' })
} })
// error: Object literal may only specify known properties
col.deprecated(z.int(), { since: '1.0.0', removed: '2.0.0' })

// an asset that is declared where it is written has the tags that it says, none here
const inline = definePipeline('inline', { nodes: [node('i', { outputs: { i: asset('t.i', { schema: z.object({ id: z.string() }) }) }, run() {} })] })
interface InlinePorts { name: 'inline'; requires: {}; provides: { 't.i': { id: string } }; sources: {}; params: {}; resources: {}; tags: never }
export const inlinePorts: Pipeline<InlinePorts> = inline
