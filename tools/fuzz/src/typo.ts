import type { Random } from './random.ts'

/** A name with one mistake, as fingers make them. */
export function typo(name: string, random: Random, taken: readonly string[] = []): string {
  for (;;) {
    const at = 1 + random.int(name.length - 1)
    const letter = random.pick([...'abcdefghijklmnopqrstuvwxyz'])
    const wrong = random.pick([
      name.slice(0, at) + name.slice(at + 1),
      name.slice(0, at) + letter + name.slice(at),
      name.slice(0, at) + letter + name.slice(at + 1),
    ])
    if (wrong !== name && !taken.includes(wrong)) return wrong
  }
}
