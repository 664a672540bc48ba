export interface MadeRow {
  readonly id: number
  readonly day: string
  readonly origin: string
  readonly delay: number | null
  readonly distance: number | null
}

const days = Array.from({ length: 182 }, (_, i) =>
  new Date(978_307_200_000 + i * 86_400_000).toISOString().slice(0, 10),
)
const origins = Array.from({ length: 200 }, (_, i) => `A${String(i).padStart(3, '0')}`)

/** Row number `i` of what both sides write; one in ten delays and distances is NULL. */
export const madeRow = (i: number): MadeRow => ({
  id: i,
  day: days[i % days.length]!,
  origin: origins[(i * 7) % origins.length]!,
  delay: i % 10 === 3 ? null : (i % 300) - 60,
  distance: i % 10 === 7 ? null : (i % 2500) + 0.5,
})
