/** Numbers that are taken with the lowest first: a binary heap. */
export interface LowestFirst {
  readonly add: (number: number) => void
  readonly take: () => number | undefined
  readonly peek: () => number | undefined
}

export function lowestFirst(): LowestFirst {
  const heap: number[] = []
  return {
    peek: () => heap[0],
    add(number) {
      let at = heap.push(number) - 1
      for (let up = (at - 1) >> 1; at > 0 && heap[up]! > number; up = (at - 1) >> 1) {
        heap[at] = heap[up]!
        at = up
      }
      heap[at] = number
    },
    take() {
      const [lowest] = heap
      const last = heap.pop()
      if (last === undefined || heap.length === 0) return lowest
      let at = 0
      for (let down = 1; down < heap.length; down = 2 * at + 1) {
        if (down + 1 < heap.length && heap[down + 1]! < heap[down]!) down++
        if (heap[down]! >= last) break
        heap[at] = heap[down]!
        at = down
      }
      heap[at] = last
      return lowest
    },
  }
}
