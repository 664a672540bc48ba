import { expect } from 'vitest'
import type { CrashBench } from '../src/bench.ts'
import { placesOf, shownPlace, tallyOf, tallyText } from '../src/matrix.ts'

/** Disturbs commands at some places, prints how many there are, and expects nothing to be wrong. */
export async function expectWhole(bench: CrashBench, seed: number, some: number): Promise<void> {
  const { store, scenes } = bench
  const wrong: string[] = []
  const places = placesOf(bench, seed, some)
  const tallies = await tallyOf(bench, places, seed, (place, outcome) => {
    wrong.push(...outcome.wrong.map((text) => `${shownPlace(place)}: ${text}`))
  })
  for (const scene of scenes) console.log(`${store}, ${tallyText(scene, tallies.get(scene.name)!)}`)
  expect(wrong).toEqual([])
  const all = [...tallies.values()]
  expect(all.some(({ resumed }) => resumed > 0)).toBe(true)
  expect(all.every(({ places: some, reads }) => some === 0 || reads > 0)).toBe(true)
  expect(scenes.every(({ ops }) => ops.length > 20)).toBe(true)
}
