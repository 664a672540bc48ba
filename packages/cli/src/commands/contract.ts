import {
  changesTable,
  consumersOf,
  contractsIn,
  contractsOfScope,
  diffContracts,
  openRegistry,
  readSide,
  requiredBump,
  type Consumer,
  type ContractDiff,
  type ContractSide,
} from '@levada/contract'
import { LevadaError } from '@levada/core/run'
import { printJson } from '../app.ts'
import { contractText } from '../contract-page.ts'
import { bumpSentence, changesText, storageLines, verdictText } from '../contract-text.ts'
import { paint, visible } from '../style.ts'
import { table } from '../table.ts'

interface OutputOptions {
  readonly json?: boolean | undefined
  readonly markdown?: boolean | undefined
}

export async function contractShow(what: string | undefined, options: OutputOptions): Promise<number> {
  const side = await readSide(what ?? '.')
  if (options.json) printJson(side.contract)
  else console.log(visible(`${titleOf(side)}\n\n${contractText(side.contract)}`))
  return 0
}

const titleOf = ({ package: id, label }: ContractSide): string =>
  id
    ? `${id.name} ${id.version}${label === 'this folder' || label === `${id.name}@${id.version}` ? '' : ` (${label})`}`
    : label

/** Exit code 1 when it breaks. */
export async function contractDiff(
  oldWord: string,
  newWord: string,
  options: OutputOptions,
): Promise<number> {
  const [old, now] = await Promise.all([readSide(oldWord), readSide(newWord)])
  const diff = diffContracts(old.contract, now.contract)
  const needed = requiredBump(old.package?.version ?? '1.0.0', diff.bump)
  if (options.json)
    printJson({
      old: { label: old.label, package: old.package },
      new: { label: now.label, package: now.package },
      verdict: diff.changes.length === 0 ? 'same' : diff.bump === 'major' ? 'breaking' : 'compatible',
      bump: diff.bump,
      required_bump: needed,
      changes: diff.changes,
      storage: diff.storage,
      recompute: diff.recompute,
    })
  else console.log(visible(options.markdown ? diffMarkdown(old, now, diff) : diffText(old, now, diff)))
  return diff.bump === 'major' ? 1 : 0

  function diffText(
    from: ContractSide,
    to: ContractSide,
    { changes, storage, recompute }: ContractDiff,
  ): string {
    return [
      `${titleOf(from)} → ${titleOf(to)}`,
      ...(changes.length > 0 ? ['', changesText(changes), ''] : []),
      ...storageLines(storage),
      ...(recompute.length > 0
        ? [`To be computed again: ${recompute.join(', ')}, and what is computed from it.`]
        : []),
      `${paint(diff.bump === 'major' ? 'red' : 'green', verdictText(diff))}. ${bumpSentence(needed)}`,
    ].join('\n')
  }

  function diffMarkdown(from: ContractSide, to: ContractSide, { changes, storage }: ContractDiff): string {
    return [
      `**${titleOf(from)} → ${titleOf(to)}**: ${verdictText(diff)}. ${bumpSentence(needed)}`,
      ...(changes.length > 0 ? [changesTable(changes)] : []),
      ...(storage.length > 0
        ? [
            storageLines(storage)
              .map((line) => `- ${line}`)
              .join('\n'),
          ]
        : []),
    ].join('\n\n')
  }
}

interface ConsumersOptions extends OutputOptions {
  readonly in?: readonly string[] | undefined
  readonly scope?: string | undefined
}

/** Who reads `domain.table`, or `domain.table.column`. */
export async function contractConsumers(what: string, options: ConsumersOptions): Promise<number> {
  const [, asset, path] = /^([a-z]\w*\.[a-z]\w*)(?:\.(.+))?$/.exec(what) ?? []
  if (asset === undefined)
    throw new LevadaError('USAGE', `'${what}' is no asset: write domain.name, or domain.name.column.`)
  if (options.scope !== undefined && !/^@[^/]+$/.test(options.scope))
    throw new LevadaError('USAGE', `'${options.scope}' is no scope: write @acme.`)
  const folders = options.in ?? (options.scope === undefined ? ['.'] : [])
  const published =
    options.scope === undefined ? [] : await contractsOfScope(options.scope, openRegistry(process.cwd()))
  const found = consumersOf(asset, path, [...folders.flatMap(contractsIn), ...published])
  const unique = [...new Map(found.map((each) => [each.at, each])).values()]
  if (options.json) printJson({ asset, ...(path !== undefined && { column: path }), consumers: unique })
  else if (unique.length === 0) console.log(`Nobody here reads ${what}.`)
  else console.log(visible(options.markdown ? consumersMarkdown(unique) : consumersText(unique)))
  return 0
}

const cellsOf = ({ name, app, columns, nodes, asSource }: Consumer): readonly string[] => [
  `${name}${app === undefined ? '' : ` (in the app ${app}, under another name)`}`,
  nodes.join(', ') || '(checks)',
  `${columns.join(', ')}${asSource ? ' (as a source)' : ''}`,
]
const heads = ['package', 'nodes', 'columns that it reads']
const consumersText = (consumers: readonly Consumer[]): string => table(heads, consumers.map(cellsOf))
const consumersMarkdown = (consumers: readonly Consumer[]): string =>
  [heads, heads.map(() => '---'), ...consumers.map(cellsOf)]
    .map((cells) => `| ${cells.join(' | ')} |`)
    .join('\n')
