import type { Column, ColumnType, Contract } from '../src/model.ts'

export type Asset = Contract['provides'][string]

export const column = (
  name: string,
  type: ColumnType | 'int' | 'string' | 'float' | 'bigint' | 'date',
  more: Partial<Column> = {},
): Column => ({
  name,
  type: typeof type === 'string' ? { kind: type } : type,
  nullable: false,
  ...more,
})

/** The implied checks are left out: they follow from the columns. */
export const asset = (columns: readonly Column[], more: Partial<Asset> = {}): Asset => ({
  tags: [],
  columns,
  key: [],
  partitions: [],
  checks: [],
  ...more,
})

export const check = (
  name: string,
  columns: readonly string[],
  rule: Readonly<Record<string, unknown>>,
  more: Partial<Asset['checks'][number]> = {},
): Asset['checks'][number] => ({ name, columns, rule, severity: 'error', mostly: 1, ...more })

/** A contract whose nodes are as its assets need them. */
export function contract(parts: Partial<Contract> = {}): Contract {
  const whole = {
    format: 1 as const,
    protocol: 'pipeline@1' as const,
    name: 'shop',
    dialects: [],
    provides: {},
    sources: {},
    requires: {},
    params: {},
    resources: {},
    ...parts,
  }
  const outputs = Object.keys(whole.provides)
  const inputs = [...Object.keys(whole.sources), ...Object.keys(whole.requires)]
  return {
    ...whole,
    nodes: parts.nodes ?? [{ name: 'make', kind: 'sql', inputs, outputs, fingerprint: 'f1' }],
  }
}

export const provides = (columns: readonly Column[], more: Partial<Asset> = {}): Contract =>
  contract({ provides: { 'shop.orders': asset(columns, more) } })
export const requires = (columns: readonly Column[]): Contract =>
  contract({ requires: { 'shop.orders': { columns } } })
export const source = (columns: readonly Column[], more: Partial<Asset> = {}): Contract =>
  contract({ sources: { 'shop.orders': asset(columns, more) } })
