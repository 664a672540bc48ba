import { relative } from 'node:path'
import { newAsset, newExpects, type NewFile } from '@levada/core/run'
import { appDirOf, printJson, type AppOptions } from '../app.ts'
import { paint, plural } from '../style.ts'

interface NewAssetOptions extends AppOptions {
  readonly from: string
}
interface NewExpectsOptions extends AppOptions {
  readonly columns?: string | undefined
}

export async function newAssetFile(name: string | undefined, options: NewAssetOptions): Promise<number> {
  const made = await newAsset({
    from: options.from,
    appDir: appDirOf(options),
    start: process.cwd(),
    ...(name !== undefined && { name }),
    ...(options.env !== undefined && { env: options.env }),
  })
  if (options.json) {
    const { leftOut, ...rest } = made
    printJson({ ...rest, left_out: leftOut })
    return 0
  }
  const { asset, rows, leftOut, catalog } = made
  console.log(`${stateText(made)} ${asset} as ${plural(rows, 'row')} have it`)
  for (const why of leftOut) console.log(`${paint('yellow', '!')} left out: ${why}`)
  if (catalog) {
    const file = relative(process.cwd(), catalog.file)
    console.log(catalog.written ? `${paint('green', 'written')}   ${file}` : `\nIts place, for ${file}:\n`)
    console.log(catalog.line)
  }
  return 0
}

export async function newExpectsFile(asset: string, options: NewExpectsOptions): Promise<number> {
  const made = await newExpects({
    asset,
    start: process.cwd(),
    ...(options.app !== undefined && { appDir: appDirOf(options) }),
    ...(options.columns !== undefined && { columns: options.columns.split(',').map((name) => name.trim()) }),
  })
  if (options.json) printJson(made)
  else console.log(`${stateText(made)} ${asset} from the contract of ${made.from}`)
  return 0
}

const stateText = ({ state, file }: NewFile): string =>
  `${state === 'written' ? paint('green', 'written  ') : 'unchanged'} ${relative(process.cwd(), file)}:`
