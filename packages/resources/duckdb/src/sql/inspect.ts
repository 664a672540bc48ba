/** One thing that a SELECT reads, with its 0-based byte offset when DuckDB tells. */
export interface Reading {
  readonly kind: 'table' | 'function' | 'parameter' | 'show'
  /** As written, with schema and catalog when there are some. */
  readonly name: string
  readonly qualified: boolean
  readonly at: number | undefined
}

type Tree = Readonly<Record<string, unknown>>
const isTree = (value: unknown): value is Tree =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
const text = (value: unknown): string => (typeof value === 'string' ? value : '')
const location = ({ query_location: at }: Tree): number | undefined =>
  typeof at === 'number' && at < Number.MAX_SAFE_INTEGER ? at : undefined

interface CteEntry {
  readonly key: string
  readonly value: { readonly query?: { readonly node?: Tree } }
}

/** Everything that a statement serialised by `json_serialize_sql` reads, without its own CTEs. */
export function readingsOf(statement: unknown): readonly Reading[] {
  const found: Reading[] = []

  function walk(value: unknown, ctes: ReadonlySet<string>): void {
    if (Array.isArray(value)) for (const item of value) walk(item, ctes)
    if (!isTree(value)) return
    const at = location(value)
    if (value['type'] === 'BASE_TABLE') {
      const parts = [
        text(value['catalog_name']),
        text(value['schema_name']),
        text(value['table_name']),
      ].filter((part) => part !== '')
      const qualified = parts.length > 1
      if (qualified || !ctes.has(text(value['table_name']).toLowerCase())) {
        found.push({ kind: 'table', name: parts.join('.'), qualified, at })
      }
    } else if (value['type'] === 'TABLE_FUNCTION') {
      const call = isTree(value['function']) ? value['function'] : {}
      found.push({
        kind: 'function',
        name: text(call['function_name']).toLowerCase(),
        qualified: text(call['schema']) !== '',
        at,
      })
    } else if (value['type'] === 'SHOW_REF') {
      found.push({ kind: 'show', name: text(value['show_type']), qualified: false, at })
    } else if (value['class'] === 'PARAMETER') {
      found.push({ kind: 'parameter', name: text(value['identifier']), qualified: false, at })
    }
    const { cte_map: map, ...rest } = value
    const inner = isTree(map) ? walkCtes(map, ctes) : ctes
    for (const child of Object.values(rest)) walk(child, inner)
  }

  /** A CTE sees those before it, and itself when it is recursive: otherwise its own name is the table it hides. */
  function walkCtes(map: Tree, ctes: ReadonlySet<string>): ReadonlySet<string> {
    const seen = new Set(ctes)
    for (const { key, value } of (map['map'] ?? []) as readonly CteEntry[]) {
      const name = key.toLowerCase()
      const recursive = value.query?.node?.['type'] === 'RECURSIVE_CTE_NODE'
      walk(value, recursive ? new Set([...seen, name]) : seen)
      seen.add(name)
    }
    return seen
  }

  walk(statement, new Set())
  return found
}

/** Table functions that compute only; all others read files, the catalog or settings. */
export const harmlessFunctions: ReadonlySet<string> = new Set([
  'unnest',
  'range',
  'generate_series',
  'repeat',
  'repeat_row',
  'json_each',
  'json_tree',
])
