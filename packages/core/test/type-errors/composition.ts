// Apps that must not compile. `// error: text` stands above the line that the compiler has to mark, with that text in its message.
import { defineApp, defineResource, external, type Pipeline, type Ports, type Renamed } from '@levada/core'
import { z } from 'zod'

interface Flights {
  name: 'flights'
  requires: {}
  provides: { 'aviation.flights': { origin: string; delay: number | null; status: 'landed' | 'cancelled' | 'diverted' } }
  sources: { 'aviation.raw_flights': { line: string } }
  params: { min_distance: number; window?: number }
  resources: {}
  tags: 'daily'
}
interface Airports {
  name: 'airports'
  provides: { 'geo.airports': { iata: string; lat: number } }
  tags: 'reference'
}
interface Delays {
  name: 'delays'
  requires: { 'aviation.flights': { origin: string; delay: number; status: 'landed' | 'cancelled'; gate: string; note?: string } }
  provides: { 'delays.airport': { iata: string } }
}
interface Weather {
  name: 'weather'
  requires: { 'met.stations': { id: string } }
}
interface Rival {
  name: 'rival'
  provides: { 'aviation.flights': { origin: string } }
}
interface Fine {
  name: 'fine'
  requires: { 'aviation.flights': { origin: string; status: string; gate?: string }; 'geo.airports': { iata: string }; 'aviation.raw_flights': { line: string } }
}
interface Map {
  name: 'map'
  requires: { 'geo.airports': { lat: string } }
}
interface Alerts {
  name: 'alerts'
  resources: { notify: { send(text: string): void } }
}
declare const flights: Pipeline<Flights>
declare const airports: Pipeline<Airports>
declare const delays: Pipeline<Delays>
declare const weather: Pipeline<Weather>
declare const rival: Pipeline<Rival>
declare const fine: Pipeline<Fine>
declare const map: Pipeline<Map>
declare const alerts: Pipeline<Alerts>
declare const erased: Pipeline<Ports>
declare const other: { readonly '~levada': 'pipeline@2'; readonly name: 'next' }
declare const on: boolean
const notify = defineResource('console', { config: z.object({}), setup: () => ({ send: (_: string) => {} }) })

// What fits: fewer columns, a wider type, an optional column that is not there, a source, falsy entries, an external.
defineApp({ name: 'ok', pipelines: [flights, airports, fine, false, null, undefined] })
defineApp({ name: 'ok', pipelines: [airports, fine, flights], params: { flights: { min_distance: 1 } }, jobs: { a: { select: 'tag:daily' }, b: { select: ['+geo.airports', 'pipeline:fine'] } } })
defineApp({ name: 'ok', pipelines: [flights, fine], externals: [external(airports)] })
defineApp({ name: 'ok', pipelines: [alerts], resources: { notify } })

// missing provider
defineApp({ name: 'a', pipelines: [flights,
  // error: weather: needs 'met.stations', but no pipeline, source or external provides it
  weather] })
// a provider that may be absent
defineApp({ name: 'a', pipelines: [flights, on && airports,
  // error: fine: needs 'geo.airports', but its provider 'airports' may be absent
  fine] })
// two providers: both are marked
defineApp({ name: 'a', pipelines: [
  // error: flights: provides 'aviation.flights', but so does 'rival'
  flights,
  // error: rival: provides 'aviation.flights', but so does 'flights'
  rival] })
// a provider beside an external
defineApp({ name: 'a', externals: [external(rival)], pipelines: [
  // error: flights: provides 'aviation.flights', but so does an external
  flights] })
// one pipeline twice
defineApp({ name: 'a', pipelines: [
  // error: airports: another pipeline has the same name
  airports,
  // error: airports: another pipeline has the same name
  airports] })
// nullable where non-null is required, a wider enum, a missing column, all at once; and a second offender in the same app
defineApp({ name: 'a', pipelines: [flights, airports,
  // error: delays: needs 'aviation.flights'.delay: number, but 'flights' provides number | null; needs 'aviation.flights'.gate: string, but 'flights' has no such column; needs 'aviation.flights'.status: 'cancelled' | 'landed', but 'flights' provides 'cancelled' | 'diverted' | 'landed'
  delays,
  // error: map: needs 'geo.airports'.lat: string, but 'airports' provides number
  map] })
// resources
defineApp({ name: 'a', pipelines: [
  // error: alerts: needs resource 'notify', but the app gives none
  alerts] })
defineApp({ name: 'a', resources: { notify: defineResource('wrong', { config: z.object({}), setup: () => ({ post: 1 }) }) }, pipelines: [
  // error: alerts: needs resource 'notify', but the app gives another type
  alerts] })
// a param of the wrong type, an unknown one, one of an unknown pipeline
defineApp({ name: 'a', pipelines: [flights], params: { flights: {
  // error: Type 'string' is not assignable to type 'number'
  min_distance: 'far' } } })
defineApp({ name: 'a', pipelines: [flights], params: { flights: { min_distance: 1,
  // error: Did you mean to write 'window'?
  windw: 2 } } })
defineApp({ name: 'a', pipelines: [flights], params: {
  // error: Did you mean to write 'flights'?
  flight: {} } })
// an unknown asset, tag and pipeline in a job
defineApp({ name: 'a', pipelines: [flights], jobs: { j: {
  // error: Did you mean '"aviation.flights"'?
  select: 'aviation.flightz' } } })
defineApp({ name: 'a', pipelines: [flights], jobs: { j: {
  // error: Did you mean '"tag:daily"'?
  select: 'tag:dayly' } } })
defineApp({ name: 'a', pipelines: [flights], jobs: { j: {
  // error: Did you mean '"pipeline:flights"'?
  select: 'pipeline:flight' } } })
// the same as objects, which say more; a name that is none is marked at its place
defineApp({ name: 'ok', pipelines: [flights, alerts, airports], resources: { notify }, jobs: {
  a: { select: [{ asset: 'aviation.flights', up: 2, down: true }, { tag: 'daily', and: { pipeline: 'flights' } }, 'tag:reference', 'job:b'] },
  b: { select: { domain: 'geo', around: true }, exclude: [{ match: 'geo.x*' }, { resource: 'notify' }, { state: 'failed' }, { owner: 'us' }] },
} })
defineApp({ name: 'a', pipelines: [flights], jobs: { j: {
  // error: Did you mean '"aviation.flights"'?
  select: { asset: 'aviation.flightz', down: true } } } })
defineApp({ name: 'a', pipelines: [flights, airports], jobs: { j: { select: ['tag:daily', { asset: 'geo.airports',
  // error: Did you mean '"reference"'?
  and: { tag: 'referense' } }] } } })
defineApp({ name: 'a', pipelines: [flights, airports], jobs: { j: { select: 'tag:daily',
  // error: Did you mean '"airports"'?
  exclude: { pipeline: 'airprts' } } } })
defineApp({ name: 'a', pipelines: [flights, airports], jobs: { j: {
  // error: Did you mean '"aviation"'?
  select: { domain: 'aviaton' } } } })
defineApp({ name: 'a', pipelines: [alerts], resources: { notify }, jobs: { j: {
  // error: Type '"notfy"' is not assignable to type '"notify"'
  select: { resource: 'notfy' } } } })
defineApp({ name: 'a', pipelines: [flights], jobs: { j: { select: {
  // error: 'tags' does not exist in type
  tags: 'daily' } } } })
// not checkable, not a pipeline, of another core
defineApp({ name: 'a', pipelines: [
  // error: its ports are not known: give the pipeline its own type, not Pipeline<Ports>
  erased] })
const list = [airports]
defineApp({ name: 'a',
  // error: write the pipelines out one by one
  pipelines: list })
defineApp({ name: 'a', pipelines: [
  // error: this is not a pipeline: expected the default export of a pipeline package
  { name: 'x' }] })
defineApp({ name: 'a', pipelines: [
  // error: 'next' is a pipeline@2 of another core; this app's core reads pipeline@1
  other] })

// with(): one package twice, a requirement met by another asset, a named use
const ref = airports.with({ name: 'ref-airports', assets: { 'geo.airports': 'ref.airports' } })
defineApp({ name: 'ok', pipelines: [airports, ref, fine, flights], jobs: { a: { select: ['ref.airports', 'pipeline:ref-airports', 'tag:reference'] } } })
defineApp({ name: 'ok', pipelines: [ref, flights, fine.with({ assets: { 'geo.airports': 'ref.airports' } })] })
defineApp({ name: 'ok', pipelines: [flights.with({ name: 'b' })], params: { b: { min_distance: 1 } } })
interface RefAirports extends Renamed<Airports, 'ref-airports', { 'geo.airports': 'ref.airports' }> {}
const named: Pipeline<RefAirports> = airports.with({ name: 'ref-airports', assets: { 'geo.airports': 'ref.airports' } })
defineApp({ name: 'ok', pipelines: [named, airports], externals: [external(rival.with({ assets: { 'aviation.flights': 'rival.flights' } }))] })
// what is renamed is no longer there, and what it reads has to be
defineApp({ name: 'a', pipelines: [ref, flights,
  // error: fine: needs 'geo.airports', but no pipeline, source or external provides it
  fine] })
defineApp({ name: 'a', pipelines: [airports, flights,
  // error: fine: needs 'ref.places', but no pipeline, source or external provides it
  fine.with({ assets: { 'geo.airports': 'ref.places' } })] })
// twice under one name, and one asset of both
defineApp({ name: 'a', pipelines: [
  // error: airports: another pipeline has the same name
  airports,
  // error: airports: another pipeline has the same name
  airports.with({ assets: { 'geo.airports': 'ref.airports' } })] })
defineApp({ name: 'a', pipelines: [
  // error: airports: provides 'geo.airports', but so does 'again'
  airports,
  // error: again: provides 'geo.airports', but so does 'airports'
  airports.with({ name: 'again' })] })
// rows still have to fit
defineApp({ name: 'a', pipelines: [ref,
  // error: map: needs 'ref.airports'.lat: string, but 'ref-airports' provides number
  map.with({ assets: { 'geo.airports': 'ref.airports' } })] })
// an asset that it does not have, a name that is none
airports.with({ assets: {
  // error: ''geo.airportz'' does not exist in type '{ readonly "geo.airports"?: `${string}.${string}`; }'
  'geo.airportz': 'ref.airports' } })
airports.with({ assets: {
  // error: is not assignable to type '`${string}.${string}`'
  'geo.airports': 'places' } })
// an open enum may have more values later, so nobody may need these only
interface Open {
  name: 'open'
  provides: { 'o.t': { status: 'a' | 'b' | (string & {}) } }
}
interface Closed {
  name: 'closed'
  requires: { 'o.t': { status: 'a' | 'b' } }
}
interface Tolerant {
  name: 'tolerant'
  requires: { 'o.t': { status: 'a' | (string & {}) } }
}
declare const open: Pipeline<Open>
declare const closed: Pipeline<Closed>
declare const tolerant: Pipeline<Tolerant>
defineApp({ name: 'ok', pipelines: [open, tolerant] })
defineApp({ name: 'a', pipelines: [open,
  // error: closed: needs 'o.t'.status: 'a' | 'b', but 'open' provides
  closed] })
