import { partitioningText, type Contract } from '@levada/contract'
import { showField } from '@levada/core/run'
import { paint } from './style.ts'
import { table } from './table.ts'

/** A contract as a person reads it. */
export function contractText(contract: Contract): string {
  const parts = [
    `pipeline ${contract.name}, contract format ${contract.format}${contract.dialects.length > 0 ? `, SQL of its own for ${contract.dialects.join(', ')}` : ''}`,
    ...Object.entries(contract.provides).map(([name, asset]) => assetText('provides', name, asset)),
    ...Object.entries(contract.sources).map(([name, asset]) => assetText('source', name, asset)),
    ...Object.entries(contract.requires).map(
      ([name, { columns }]) => `${paint('bold', `requires ${name}`)}\n${columnsText(columns)}`,
    ),
    section('params', Object.entries(contract.params), ([name, param]) => [
      name,
      [showField(param), ...Object.entries(param.limits ?? {}).map((limit) => limit.join(' '))].join(', '),
      param.required ? 'required' : `default ${JSON.stringify(param.default) ?? 'none'}`,
    ]),
    section('resources', Object.entries(contract.resources), ([name, { type }]) => [name, type]),
    section('nodes', contract.nodes, ({ name, kind, inputs, outputs }) => [
      name,
      kind,
      `${inputs.join(', ') || '–'} → ${outputs.join(', ') || '–'}`,
    ]),
  ]
  return parts.filter((part) => part !== '').join('\n\n')
}

type Asset = Contract['provides'][string]

function assetText(word: string, name: string, asset: Asset): string {
  const facts = [
    asset.description,
    asset.owner && `owner ${asset.owner}`,
    asset.key.length > 0 && `key ${asset.key.join(', ')}`,
    asset.partitions.length > 0 && `partitioned by ${asset.partitions.map(partitioningText).join('; ')}`,
    asset.deprecated && `deprecated since ${asset.deprecated.since}`,
  ].filter(Boolean)
  const checks = asset.checks
    .filter(({ rule }) => rule['kind'] !== 'notNull')
    .map((check) => `  ${check.severity === 'warn' ? 'warns of' : 'check'} ${check.name}`)
  return [
    paint('bold', `${word} ${name}`),
    ...facts.map((fact) => `  ${String(fact)}`),
    columnsText(asset.columns),
    ...checks,
  ].join('\n')
}

const columnsText = (columns: Asset['columns']): string =>
  indented(
    columns.map((column) => [
      column.name,
      showField(column),
      [
        column.unit && `in ${column.unit}`,
        column.default !== undefined && `default ${JSON.stringify(column.default)}`,
        column.optional && 'where it exists',
        column.deprecated && `deprecated since ${column.deprecated.since}`,
        column.description,
      ]
        .filter(Boolean)
        .join('; '),
    ]),
  )

function section<T>(head: string, list: readonly T[], cells: (item: T) => readonly string[]): string {
  return list.length === 0 ? '' : `${paint('bold', head)}\n${indented(list.map(cells))}`
}

/** Rows in columns, below a head. */
const indented = (rows: readonly (readonly string[])[]): string =>
  table(
    (rows[0] ?? []).map(() => ''),
    rows,
  )
    .split('\n')
    .slice(1)
    .map((line) => `  ${line}`)
    .join('\n')
