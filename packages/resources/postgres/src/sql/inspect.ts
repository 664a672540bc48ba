import {
  checkNul,
  didYouMean,
  findInCode,
  LevadaError,
  notSelectAt,
  paramUses,
  placeIn,
  reservedWordHint,
  rewriteParams,
  startOf,
  trimStatement,
  unitOffset,
  unitOffsetOfPoint,
  type Query,
  type SqlText,
} from '@levada/core/spi'
import { hasSqlDetails, parse } from 'libpg-query'

/** A table that a SELECT reads, with its 0-based offset in the text. */
export interface TableUse {
  readonly name: string
  readonly qualified: boolean
  readonly at: number
  /** Whether the author named it otherwise: `from orders as o`. */
  readonly alias: boolean
}

/** What calls a function, or may: `t.wipe` is a call when there is no such column. */
export interface CallUse {
  readonly kind: 'function' | 'operator' | 'column'
  /** The name, behind its schema if it has one. */
  readonly path: readonly string[]
  readonly inFrom: boolean
  /** The number of arguments. */
  readonly args: number
  readonly at: number
}

interface Inspected {
  readonly tables: readonly TableUse[]
  readonly calls: readonly CallUse[]
  /** What makes it more than a query, if anything. */
  readonly effect: { readonly what: string; readonly at: number } | undefined
}

type Tree = Readonly<Record<string, unknown>>
const isTree = (value: unknown): value is Tree =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
const trees = (value: unknown): readonly Tree[] => (Array.isArray(value) ? value.filter(isTree) : [])
const under = (value: unknown, key: string): Tree | undefined =>
  isTree(value) && isTree(value[key]) ? value[key] : undefined
const textOf = (node: Tree): string => {
  const sval = under(node, 'String')?.['sval']
  return typeof sval === 'string' ? sval : ''
}

/** Functions that reach outside of a query: files, other databases, settings, sequences, queries in a text. */
const reaching =
  /^(pg_(read|ls|stat_file|write|terminate|cancel|reload|rotate|switch|logical|replication|advisory|try_advisory|notify|export|import|sleep).*|lo_.*|dblink.*|(query|table|schema|database|cursor)_to_xml.*|nextval|setval|set_config|txid_current|pg_current_xact_id)$/

/** Functions in FROM that compute only from their arguments; all others read something. */
const harmless =
  /^(unnest|generate_series|generate_subscripts|json(b)?_(each|each_text|array_elements|array_elements_text|object_keys|populate_record|populate_recordset|to_record|to_recordset|path_query)|regexp_(matches|split_to_table)|string_to_table)$/

function inspectTree(root: unknown): Inspected {
  const tables: TableUse[] = []
  const calls: CallUse[] = []
  let effect: Inspected['effect']

  function walk(value: unknown, ctes: ReadonlySet<string>, inFrom = false): void {
    if (Array.isArray(value)) for (const item of value) walk(item, ctes, inFrom)
    if (!isTree(value)) return
    for (const [key, child] of Object.entries(value)) {
      if (!isTree(child)) walk(child, ctes)
      else if (key === 'SelectStmt' || key === 'larg' || key === 'rarg') walkSelect(child, ctes)
      else if (key === 'RangeVar') addTable(child, ctes)
      else if (key === 'RangeFunction') walk(child, ctes, true)
      else if (key === 'FuncCall') {
        addCall(child, inFrom)
        walk(child, ctes)
      } else if (key === 'ColumnRef') addCalls('column', trees(child['fields']).slice(1), child)
      else {
        if (key === 'A_Indirection') addCalls('column', trees(child['indirection']), child)
        const operator = child[key === 'A_Expr' ? 'name' : key === 'SubLink' ? 'operName' : 'useOp']
        if (Array.isArray(operator)) add('operator', trees(operator).map(textOf), child)
        walk(child, ctes, inFrom && key === 'List')
      }
    }
  }

  function walkSelect(select: Tree, ctes: ReadonlySet<string>): void {
    const { withClause, ...rest } = select
    if (isTree(select['intoClause'])) effect ??= { what: 'SELECT INTO', at: 0 }
    if (select['lockingClause']) effect ??= { what: 'SELECT … FOR UPDATE', at: 0 }
    walk(rest, isTree(withClause) ? walkWith(withClause, ctes) : ctes)
  }

  /** A CTE sees those before it, and all of them when the clause is recursive. */
  function walkWith(clause: Tree, ctes: ReadonlySet<string>): ReadonlySet<string> {
    const inner = trees(clause['ctes']).map((cte) => under(cte, 'CommonTableExpr') ?? {})
    const nameOf = (cte: Tree): string => String(cte['ctename'])
    const seen = new Set(clause['recursive'] === true ? [...ctes, ...inner.map(nameOf)] : ctes)
    for (const cte of inner) {
      const change = ['InsertStmt', 'UpdateStmt', 'DeleteStmt', 'MergeStmt'].find((kind) =>
        under(cte['ctequery'], kind),
      )
      if (change)
        effect ??= { what: change.replace('Stmt', '').toUpperCase(), at: Number(cte['location'] ?? 0) }
      walk(cte['ctequery'], seen)
      seen.add(nameOf(cte))
    }
    return seen
  }

  function addTable(table: Tree, ctes: ReadonlySet<string>): void {
    const parts = [table['catalogname'], table['schemaname'], table['relname']].filter(
      (part): part is string => typeof part === 'string' && part !== '',
    )
    if (parts.length === 1 && ctes.has(parts[0]!)) return
    tables.push({
      name: parts.join('.'),
      qualified: parts.length > 1,
      at: Number(table['location'] ?? 0),
      alias: isTree(table['alias']),
    })
  }

  function add(kind: CallUse['kind'], path: readonly string[], at: Tree, args = 0, inFrom = false): void {
    calls.push({ kind, path, inFrom, args, at: Number(at['location'] ?? 0) })
  }

  /** Each of several names alone. */
  function addCalls(kind: CallUse['kind'], names: readonly Tree[], at: Tree): void {
    for (const name of names.map(textOf)) if (name !== '') add(kind, [name], at)
  }

  function addCall(call: Tree, inFrom: boolean): void {
    const args = trees(call['args']).length
    const ordered = call['agg_within_group'] === true ? trees(call['agg_order']).length : 0
    add('function', trees(call['funcname']).map(textOf), call, args + ordered, inFrom)
  }

  walk(root, new Set())
  return { tables, calls, effect }
}

/**
 * What one SELECT reads; offsets are those of the author's text.
 * @throws SQL_SYNTAX, SQL_NOT_SELECT, SQL_PARAM_UNDECLARED
 */
export async function inspect(name: string, sql: SqlText): Promise<Inspected> {
  checkNul(name, sql)
  const author = trimStatement(sql.text)
  checkNameless(name, sql)
  // The parser knows $1 only.
  const { text, original } = rewriteParams(author, () => '$1')
  const notSelect = (what: string, at?: number): LevadaError =>
    new LevadaError('SQL_NOT_SELECT', `${name}: ${what}`, {
      place: at === undefined ? startOf(sql) : placeIn(sql, at),
    })
  if (/^(\s|--[^\n]*(\n|$)|\/\*[^]*?\*\/)*$/.test(text)) throw notSelect('the text holds no SELECT.')
  let statements: readonly unknown[]
  try {
    statements = ((await parse(text)) as { stmts?: readonly unknown[] }).stmts ?? []
  } catch (error) {
    if (!hasSqlDetails(error) || !error.sqlDetails) throw error
    const at = original(unitOffsetOfPoint(text, error.sqlDetails.cursorPosition))
    const { message } = error.sqlDetails
    throw new LevadaError('SQL_SYNTAX', `${name}: ${message}.`, {
      place: placeIn(sql, at),
      ...reservedWordHint(message),
    })
  }
  if (statements.length !== 1)
    throw notSelect(
      `the text holds ${statements.length} statements instead of one SELECT.`,
      notSelectAt(sql.text),
    )
  const only = (statements[0] as { readonly stmt?: unknown }).stmt
  if (!under(only, 'SelectStmt')) throw notSelect('the text is not a SELECT.')
  const found = inspectTree(only)
  const back = <T extends { readonly at: number }>(use: T): T => ({
    ...use,
    at: original(unitOffset(text, use.at)),
  })
  if (found.effect) throw notSelect(`${found.effect.what} is not a SELECT.`, back(found.effect).at)
  return { tables: found.tables.map(back), calls: found.calls.map(back), effect: undefined }
}

/** Refuses `$1`, which would be the value of some `$name`. @throws SQL_PARAM_UNDECLARED */
function checkNameless(name: string, sql: SqlText): void {
  const at = findInCode(sql.text, /(?<![\w$\u0080-\uffff])\$\d/y)
  if (at === undefined) return
  const shown = /^\$\d+/.exec(sql.text.slice(at))![0]
  throw new LevadaError(
    'SQL_PARAM_UNDECLARED',
    `${name}: parameter '${shown}' has no name; parameters are written $name.`,
    { place: placeIn(sql, at) },
  )
}

/** The input that a table of the text means: unquoted names are lower case for PostgreSQL, so case is forgiven. */
export function inputNamed(query: Query, name: string): string | undefined {
  if (Object.hasOwn(query.inputs, name)) return name
  const found = Object.keys(query.inputs).filter((alias) => alias.toLowerCase() === name.toLowerCase())
  return found.length === 1 ? found[0] : undefined
}

/**
 * Refuses everything that a query does not declare.
 * @throws SQL_SYNTAX, SQL_NOT_SELECT, SQL_TABLE_UNDECLARED, SQL_PARAM_UNDECLARED
 */
export async function inspectQuery(query: Query): Promise<Pick<Inspected, 'tables' | 'calls'>> {
  const { name, sql, inputs, params } = query
  const { tables, calls } = await inspect(name, sql)
  for (const use of paramUses(sql.text)) {
    if (Object.hasOwn(params, use.name)) continue
    throw new LevadaError(
      'SQL_PARAM_UNDECLARED',
      `${name}: parameter '${use.name}' is not declared.${didYouMean(use.name, Object.keys(params))}`,
      { place: placeIn(sql, use.start) },
    )
  }
  for (const table of tables) {
    if (inputNamed(query, table.name) !== undefined) continue
    throw new LevadaError(
      'SQL_TABLE_UNDECLARED',
      `${name}: table '${table.name}' is not an input of it.${didYouMean(table.name, Object.keys(inputs))}`,
      { place: placeIn(sql, table.at) },
    )
  }
  const call = calls.find(({ kind, path, inFrom }) => {
    const called = path.at(-1)!.toLowerCase()
    return kind === 'function' && (reaching.test(called) || (inFrom && !harmless.test(called)))
  })
  if (call)
    throw new LevadaError(
      'SQL_TABLE_UNDECLARED',
      `${name}: function '${call.path.at(-1)}' reads or changes something else than the inputs.`,
      { place: placeIn(sql, call.at) },
    )
  return { tables, calls }
}
