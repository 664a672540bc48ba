import { join } from 'node:path'
import type { AssetContract } from '../app/index.ts'
import { didYouMean, LevadaError, throwAll } from '../errors/index.ts'
import { inComment, quote, type Column } from '../schema/index.ts'
import { constName, coreImport, keyText, zodText } from './code-text.ts'
import { checkName } from './check-name.ts'
import { contractsAround, type Found } from './contracts.ts'
import { packageAround, writeNew } from './new-file.ts'
import type { NewExpects, NewExpectsOptions } from './scaffold.ts'

export function writeExpects({ asset, columns, appDir, start }: NewExpectsOptions): NewExpects {
  checkName(asset)
  const dir = packageAround(start)
  const { found, declared } = contractOf(contractsAround(dir, appDir), asset)
  const staying = declared.columns.filter(({ deprecated }) => !deprecated)
  const wanted =
    columns !== undefined
      ? chosen(asset, declared.columns, columns)
      : staying.length > 0
        ? staying
        : declared.columns
  const text = expectsText(asset, found.name, declared, wanted)
  const [, table] = asset.split('.')
  return {
    ...writeNew(join(dir, 'src', `expects-${table!.replaceAll('_', '-')}.ts`), text),
    from: found.name,
  }
}

/** Who provides an asset, or else who reads it as a source. @throws ASSET_UNKNOWN, or what is wrong with a contract */
function contractOf(
  { found: contracts, faults }: ReturnType<typeof contractsAround>,
  asset: string,
): { readonly found: Found; readonly declared: AssetContract } {
  for (const section of ['provides', 'sources'] as const)
    for (const found of contracts) {
      const declared = found.contract[section][asset]
      if (declared) return { found, declared }
    }
  // It may be the one.
  throwAll(faults)
  const known = contracts.flatMap(({ contract }) => [
    ...Object.keys(contract.provides),
    ...Object.keys(contract.sources),
  ])
  const where = contracts.map(({ name }) => name).join(', ')
  throw new LevadaError(
    'ASSET_UNKNOWN',
    contracts.length === 0
      ? `No contract was found that could have '${asset}'.`
      : `No contract of ${where} has '${asset}'.${didYouMean(asset, known)}`,
    { hint: 'Install the package that provides it; in a workspace, run levada generate in it.' },
  )
}

/** In the order of the contract, so that the order of the words makes no other file. @throws COLUMN_UNKNOWN */
function chosen(asset: string, columns: readonly Column[], names: readonly string[]): readonly Column[] {
  const known = columns.map(({ name }) => name)
  const wrong = names.find((name) => !known.includes(name))
  if (wrong !== undefined)
    throw new LevadaError(
      'COLUMN_UNKNOWN',
      `'${asset}' has no column '${wrong}'.${didYouMean(wrong, known)}`,
      {
        hint: `It has ${known.join(', ')}.`,
      },
    )
  return columns.filter(({ name }) => names.includes(name))
}

function expectsText(
  asset: string,
  from: string,
  { description }: AssetContract,
  columns: readonly Column[],
): string {
  const fields = columns.map((column) => `    ${keyText(column.name)}: ${zodText(column)},\n`).join('')
  const doc = description === undefined ? '' : `/** ${inComment(description)} */\n`
  const body = `${doc}export const ${constName(asset.split('.')[1]!)} = expects(
  ${quote(asset)},
  z.object({
${fields}  }),
)
`
  return `// Written by \`levada new expects\` from the contract of ${inComment(from)}.
// It is yours to edit: once edited it is not written again.
${coreImport(body, ['col', 'expects'])}
${body}`
}
