/** One of the items, each as likely as its weight says; `at` is from 0 to 1. */
export function weighted<T>(items: readonly (readonly [weight: number, item: T])[], at: number): T {
  let left = at * items.reduce((sum, [weight]) => sum + weight, 0)
  return (items.find(([weight]) => (left -= weight) < 0) ?? items.at(-1)!)[1]
}
