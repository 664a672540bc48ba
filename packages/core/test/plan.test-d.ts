import type { App, Pipeline } from '@levada/core'
import type { openApp } from '@levada/core/run'
import { expectTypeOf, test } from 'vitest'

interface Flights {
  name: 'flights'
  provides: { 'aviation.flights': { origin: string } }
  sources: { 'landing.raw_flights': { line: string } }
  resources: { notify: object }
  tags: 'daily'
}
interface Airports {
  name: 'airports'
  provides: { 'geo.airports': { iata: string } }
  tags: 'reference'
}
type Open = typeof openApp<readonly [Pipeline<Flights>, Pipeline<Airports>]>
declare const session: Awaited<ReturnType<Open>>

test('session.plan takes the names of the app', () => {
  type Part = Exclude<NonNullable<Parameters<typeof session.plan>[0]>, string | readonly unknown[]>
  expectTypeOf<Part['asset']>().toEqualTypeOf<
    'aviation.flights' | 'landing.raw_flights' | 'geo.airports' | undefined
  >()
  expectTypeOf<Part['pipeline']>().toEqualTypeOf<'flights' | 'airports' | undefined>()
  expectTypeOf<Part['tag']>().toEqualTypeOf<'daily' | 'reference' | undefined>()
  expectTypeOf<Part['domain']>().toEqualTypeOf<'aviation' | 'landing' | 'geo' | undefined>()
  expectTypeOf<Part['resource']>().toEqualTypeOf<'notify' | undefined>()
  expectTypeOf<Part['from']>().toEqualTypeOf<Part['asset']>()
})

test('session.plan refuses another name, and takes any text', () => {
  const plan = (): unknown[] => [
    session.plan(),
    session.plan('2+aviation.flights+,tag:daily'),
    session.plan([{ asset: 'geo.airports', down: 1 }, 'x.y'], {
      exclude: { tag: 'reference', and: { domain: 'geo' } },
    }),
    // @ts-expect-error an asset that the app does not have
    session.plan({ asset: 'aviation.flightz' }),
    // @ts-expect-error an unknown tag, deep inside
    session.plan([{ asset: 'geo.airports', and: { tag: 'dayly' } }]),
    // @ts-expect-error an unknown pipeline
    session.plan('', { exclude: [{ pipeline: 'delays' }] }),
    // @ts-expect-error a state that there is not
    session.plan({ state: 'new' }),
  ]
  expectTypeOf(plan).returns.toEqualTypeOf<unknown[]>()
})

test('an app that nothing is known of takes any name', () => {
  type Any = Awaited<ReturnType<typeof openApp>>
  const plan = (any: Any): unknown => any.plan({ asset: 'x.y', down: true })
  expectTypeOf(plan).returns.toBeUnknown()
  expectTypeOf<App['jobs'][string]['select']>().not.toBeAny()
})
