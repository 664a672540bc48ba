// What differs from one run to the next is replaced, so that a recording changes only when dbt does.

/** What the names of folders are replaced by. */
export type Places = Readonly<Record<string, string>>

/** What is recorded of a manifest.json. */
export interface Manifest {
  readonly metadata: unknown
  readonly nodes: Readonly<Record<string, { readonly depends_on?: { readonly nodes?: readonly string[] } }>>
  readonly sources: Readonly<Record<string, unknown>>
  readonly exposures: Readonly<Record<string, unknown>>
  readonly parent_map: Readonly<Record<string, unknown>>
  readonly child_map: Readonly<Record<string, unknown>>
}

// Of events that come in hundreds and say little, the first ones are kept.
const keptOfEach = 3
const telling =
  /^(NodeStart|NodeFinished|Log|Main|Command|Skip|RunResult|End|Stats|Artifact|Resource|List|Print)/
const longestText = 500

const texts: readonly (readonly [RegExp, string])[] = [
  [/\b\d\d:\d\d:\d\d(?=\.\d| |$)/g, '00:00:00'],
  [/\b\d+\.\d+(?=s\b| ?seconds)/g, '0.10'],
  [/\b\d+(?=[mu]s\b)/g, '100'],
  [/0x[0-9a-f]{6,}/g, '0x0'],
  [/Thread-\d+/g, 'Thread-1'],
  // A report of resources, as JSON in a text.
  [/(?<="(?:process|command)_[a-z_]+": "?)[\d.]+/g, '0.1'],
  [/\/[^\s"':]+(\/lib\/python3\.\d+\/(?!site-packages))/g, '/python$1'],
  [/(tools\/python\/tmp\/[\w-]+)\.\d+\.[0-9a-f]{6}/g, '$1'],
]
const instant = /\d{4}-\d\d-\d\d([T ])\d\d:\d\d:\d\d(\.\d+)?/g
const uuid = /\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b/g
const varying = /^(elapsed|created_at|.*_(time|rss|blocks|ops|maxrss|wall_clock_time|ms|nanos))$/
const ages = /^(age|max_loaded_at_time_ago_in_s)$/

/** The lines that a command printed, as many as tell something. */
export function fixedLog(log: string, places: Places): string {
  const seen = new Map<string, number>()
  const fix = fixer(places, longestText)
  return log
    .split('\n')
    .map(parsed)
    .filter((line) => {
      if (typeof line === 'string') return true
      const { name } = line.info
      seen.set(name, (seen.get(name) ?? 0) + 1)
      return telling.test(name) || seen.get(name)! <= keptOfEach
    })
    .map((line) => (typeof line === 'string' ? fix(line) : JSON.stringify(fix(line))))
    .join('\n')
}

function parsed(line: string): string | { readonly info: { readonly name: string } } {
  try {
    const value = JSON.parse(line) as { readonly info: { readonly name: string } } | null
    return typeof value?.info?.name === 'string' ? value : line
  } catch {
    return line
  }
}

export function fixedJson(value: unknown, places: Places): string {
  return JSON.stringify(fixer(places, Infinity)(value))
}

/** The nodes of these ids and what they read, without macros. */
export function trimManifest(manifest: Manifest, ids: readonly string[]): Manifest {
  const kept = new Set(ids.flatMap((id) => [id, ...(manifest.nodes[id]?.depends_on?.nodes ?? [])]))
  const only = <T>(all: Readonly<Record<string, T>>): Readonly<Record<string, T>> =>
    Object.fromEntries(Object.entries(all).filter(([id]) => kept.has(id)))
  return {
    metadata: manifest.metadata,
    nodes: only(manifest.nodes),
    sources: only(manifest.sources),
    exposures: manifest.exposures,
    parent_map: only(manifest.parent_map),
    child_map: only(manifest.child_map),
  }
}

function fixer(places: Places, longest: number): (value: unknown, key?: string) => unknown {
  const ids: string[] = []
  const fixId = (id: string): string => {
    if (!ids.includes(id)) ids.push(id)
    return `00000000-0000-4000-8000-${String(ids.indexOf(id) + 1).padStart(12, '0')}`
  }
  function fixText(text: string): string {
    let result = text
    for (const [folder, name] of Object.entries(places)) result = result.replaceAll(folder, name)
    result = result
      .replace(
        instant,
        (_, between: string, fraction = '') => `2026-01-01${between}00:00:00${fraction.replace(/\d/g, '0')}`,
      )
      .replace(uuid, fixId)
    for (const [pattern, by] of texts) result = result.replace(pattern, by)
    return result.length > longest ? `${result.slice(0, longest)}…` : result
  }
  function fixNumber(value: number, key: string): number {
    if (ages.test(key)) return Math.round(value / 86_400) * 86_400
    if (key === 'pid') return 1
    return varying.test(key) ? 0.1 : value
  }
  return function fix(value: unknown, key = ''): unknown {
    if (typeof value === 'string') return varying.test(key) && Number(value) ? '0.1' : fixText(value)
    if (typeof value === 'number') return fixNumber(value, key)
    if (Array.isArray(value)) return value.map((each) => fix(each))
    if (typeof value === 'object' && value !== null)
      return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, fix(each, name)]))
    return value
  }
}
