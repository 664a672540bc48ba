import { checkPartitioning, isLevadaError, jsonFault, LevadaError, positionAt } from '@levada/core/spi'
import { contractSchema } from './contract-schema.ts'
import type { Column, Contract } from './model.ts'

/** A contract of 100 assets with 100 columns has about 2 MB. */
export const maxContractBytes: number = 10 * 1024 * 1024
const maxDepth = 64

/**
 * Reads the text of a contract.json. Nothing of it is run, and nothing of it is read beyond its limits.
 * @param where names it in messages: a folder, `@acme/orders@1.2.0`
 * @param file the file that it is, where there is one
 * @throws CONTRACT_INVALID, and PROTOCOL when it is of another format or protocol
 */
export function parseContract(text: string, where: string, file: string = where): Contract {
  checkSize(text.length, where)
  const at = jsonFault(text)
  if (at !== undefined)
    throw new LevadaError('CONTRACT_INVALID', `The contract of ${where} is not valid JSON.`, {
      place: { file, ...positionAt(text, at), text },
    })
  if (depthOf(text) > maxDepth)
    throw invalid(where, `is nested more than ${maxDepth} levels deep, which no schema is`)
  const value: unknown = JSON.parse(text)
  if (typeof value !== 'object' || value === null || Array.isArray(value) || !('format' in value))
    throw invalid(where, 'is no contract: it has no format')
  checkVersions(value as { readonly format: unknown; readonly protocol?: unknown }, where)
  const parsed = contractSchema.safeParse(value)
  if (!parsed.success) {
    const { issues } = parsed.error
    const [first] = issues
    const path = first!.path.map(String).join(' › ')
    const more = issues.length > 1 ? ` (and ${issues.length - 1} more)` : ''
    throw invalid(where, `is not of format 1: ${path === '' ? '' : `${path}: `}${first!.message}${more}`)
  }
  const problem = contradiction(parsed.data)
  if (problem !== undefined) throw invalid(where, `contradicts itself: ${problem}`)
  return parsed.data
}

/** @throws CONTRACT_INVALID */
export function checkSize(bytes: number, where: string): void {
  if (bytes > maxContractBytes)
    throw invalid(
      where,
      `has ${(bytes / 1024 / 1024).toFixed(1)} MB; more than ${maxContractBytes / 1024 / 1024} MB are not read`,
    )
}

const invalid = (where: string, what: string): LevadaError =>
  new LevadaError('CONTRACT_INVALID', `The contract of ${where} ${what}.`)

/** Brackets that are open at once, outside of texts. */
function depthOf(text: string): number {
  let [depth, most] = [0, 0]
  for (const [part] of text.matchAll(/"(?:[^"\\]|\\.)*"|[[\]{}]/g)) {
    if (part === '[' || part === '{') most = Math.max(most, ++depth)
    else if (part === ']' || part === '}') depth--
  }
  return most
}

function checkVersions(
  { format, protocol }: { readonly format: unknown; readonly protocol?: unknown },
  where: string,
): void {
  const has = `The contract of ${where} has format ${JSON.stringify(format)}`
  if (typeof format !== 'number' || !Number.isInteger(format) || format < 0)
    throw invalid(where, `has format ${JSON.stringify(format)}; formats are numbers`)
  if (format === 0)
    throw new LevadaError('PROTOCOL', `${has}, which was before the first release.`, {
      hint: 'Run levada generate in its package; compare with a version that has format 1.',
    })
  if (format > 1)
    throw new LevadaError('PROTOCOL', `${has}; this version of Levada reads format 1.`, {
      hint: 'Install a newer @levada/cli.',
    })
  if (protocol !== 'pipeline@1')
    throw new LevadaError(
      'PROTOCOL',
      `The contract of ${where} speaks ${JSON.stringify(protocol)}; this version of Levada speaks pipeline@1.`,
    )
}

/** What no declaration of the asset would have been allowed, as an unknown time zone or bounds that are none. */
function partitionFault(
  asset: string,
  columns: readonly Column[],
  partitions: Contract['provides'][string]['partitions'],
): string | undefined {
  try {
    checkPartitioning(asset, columns, partitions)
    return undefined
  } catch (error) {
    if (!isLevadaError(error)) throw error
    return error.message.replace(/\.$/, '')
  }
}

/** What no pipeline could have generated. */
function contradiction({ provides, sources, requires, nodes }: Contract): string | undefined {
  const assets = [...Object.entries(provides), ...Object.entries(sources)]
  for (const [asset, { columns, key, partitions, appendsBy }] of assets) {
    const names = new Set(columns.map(({ name }) => name))
    if (names.size < columns.length) return `'${asset}' has a column twice`
    const unknown = [
      ...key,
      ...partitions.map(({ column }) => column),
      ...(appendsBy ? [appendsBy] : []),
    ].find((name) => !names.has(name))
    if (unknown !== undefined)
      return `'${asset}' has no column '${unknown}', which its key, partitions or order name`
    const odd = partitions.find(({ kind, values }) => (kind === 'static') !== (values !== undefined))
    if (odd)
      return `'${asset}' has ${odd.kind} partitions by ${odd.column} ${odd.values ? 'with' : 'without'} values`
    const wrong = partitionFault(asset, columns, partitions)
    if (wrong !== undefined) return wrong
  }
  const made = new Set(nodes.flatMap(({ outputs }) => outputs))
  const orphan = Object.keys(provides).find((asset) => !made.has(asset))
  if (orphan !== undefined) return `no node writes '${orphan}', which it provides`
  for (const { name, inputs, outputs } of nodes) {
    const foreign = outputs.find((asset) => !Object.hasOwn(provides, asset))
    if (foreign !== undefined) return `node '${name}' writes '${foreign}', which it does not provide`
    const unread = inputs.find(
      (asset) => ![provides, sources, requires].some((part) => Object.hasOwn(part, asset)),
    )
    if (unread !== undefined) return `node '${name}' reads '${unread}', which it does not name`
  }
  return undefined
}
