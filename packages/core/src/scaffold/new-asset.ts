import { existsSync } from 'node:fs'
import { basename, join, relative } from 'node:path'
import { LevadaError } from '../errors/index.ts'
import { loadApp } from '../run/find-app.ts'
import { openApp, type Session } from '../run/session.ts'
import { assetText } from './asset-text.ts'
import { checkName } from './check-name.ts'
import { packageAround, writeNew } from './new-file.ts'
import { profile } from './profile.ts'
import { readingFrom, type From } from './read-from.ts'
import type { NewAsset, NewAssetOptions } from './scaffold.ts'

export async function writeAsset({
  name,
  from: text,
  appDir,
  app: given,
  start,
  env,
  params,
}: NewAssetOptions): Promise<NewAsset> {
  const dir = packageAround(start)
  if (name !== undefined) checkName(name)
  await using app = (await openApp(given ?? (await loadApp(appDir)), {
    appDir,
    ...(env !== undefined && { env }),
    ...(params && { params }),
  })) as Session
  return await readingFrom(app, text, async (from) => {
    const asset = name ?? nameFor(dir, from)
    const found = await profile(from)
    const place = from.file ? relative(dir, from.file.path) : 'a query'
    const file = join(dir, 'src', `${asset.split('.')[1]!.replaceAll('_', '-')}.ts`)
    return {
      ...writeNew(file, assetText(asset, from.file ? 'source' : 'asset', place, found)),
      asset,
      rows: found.rows,
      leftOut: found.leftOut,
      ...(from.file && { catalog: catalogLine(asset, from.file, appDir, given !== undefined) }),
    }
  })
}

/** The folder is the domain. @throws USAGE, ASSET_NAME */
function nameFor(dir: string, { file }: From): string {
  if (!file)
    throw new LevadaError('USAGE', 'The result of a query has no name.', {
      hint: 'Name the asset: levada new asset <domain.name> --from "select …".',
    })
  const plain = (text: string): string =>
    text
      .toLowerCase()
      .replaceAll(/[^a-z0-9]+/g, '_')
      .replaceAll(/^[_0-9]+|_+$/g, '')
  const name = `${plain(basename(dir))}.${plain(basename(file.path).replace(/\.[a-z]+(\.gz)?$/i, ''))}`
  checkName(name)
  return name
}

/** Says where the file is. A file catalog.yml that is there is somebody's work, and stays as it is. */
function catalogLine(
  asset: string,
  { path, format, options }: NonNullable<From['file']>,
  appDir: string,
  noApp: boolean,
): NonNullable<NewAsset['catalog']> {
  const { delimiter = ',' } = options
  const tab = /\.tsv(\.gz)?$/i.test(path)
  const special = delimiter !== ',' && !tab ? `, delimiter: ${JSON.stringify(delimiter)}` : ''
  const shown = relative(appDir, path).replaceAll('\\', '/')
  const line = `${asset}: { type: ${format}, path: ${JSON.stringify(shown)}${special} }`
  const file = join(appDir, 'conf/base/catalog.yml')
  if (noApp || existsSync(file)) return { file, line, written: false }
  return { file, line, written: writeNew(file, `${line}\n`).state === 'written' }
}
