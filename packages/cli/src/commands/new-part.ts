import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { basename, dirname, join, relative, resolve } from 'node:path'
import {
  addApp,
  addAsset,
  addDataset,
  addNode,
  addPipeline,
  addResource,
  assetProblem,
  nameProblem,
  nodeProblem,
  type Addition,
  type Folder,
} from '@levada/create'
import {
  generatedFiles,
  isLevadaError,
  isPipelinePackage,
  LevadaError,
  loadApp,
  writeGenerated,
} from '@levada/core/run'
import { printJson } from '../app.ts'
import { paint } from '../style.ts'

interface Options {
  readonly json?: boolean | undefined
}
interface NodeOptions extends Options {
  readonly output?: string | undefined
  readonly typescript?: boolean | undefined
}

/** A file that was asked for: `kept` has another text than would be written now, and is somebody's work; `left out` is not in a package of theirs. */
interface Written {
  readonly file: string
  readonly state: 'written' | 'unchanged' | 'kept' | 'left out'
}

interface Report {
  readonly files: readonly Written[]
  /** What a person has to add, where it was not sure how. */
  readonly byHand: readonly { readonly file: string; readonly line: string }[]
}

export async function newPipeline(
  name: string,
  options: Options & { readonly app?: string | undefined },
): Promise<number> {
  const root = workspaceAround(process.cwd())
  checkName(name)
  const app = options.app === undefined ? undefined : basename(resolve(options.app))
  if (app !== undefined && !existsSync(join(root, 'apps', app, 'levada.config.ts')))
    throw new LevadaError('APP_NOT_FOUND', `There is no apps/${app}/levada.config.ts in ${root}.`)
  const report = apply(root, addPipeline(folderOf(root), name, app), `pipelines/${name}`)
  return await finish(report, options, join(root, 'pipelines', name), [`${managerOf(root)} install`])
}

export async function newApp(name: string, options: Options): Promise<number> {
  const root = workspaceAround(process.cwd())
  checkName(name)
  const report = apply(root, addApp(folderOf(root), name))
  return await finish(report, options, undefined, [`${managerOf(root)} install`])
}

export async function newNode(name: string, options: NodeOptions): Promise<number> {
  const dir = pipelineAround(process.cwd())
  checkName(name)
  if (options.output !== undefined) checkAssetName(options.output)
  refuse(nodeProblem(folderOf(dir), name))
  const { output, typescript = false } = options
  const report = apply(dir, addNode(folderOf(dir), { name, output, typescript }))
  return await finish(report, options, dir)
}

/** Whether the package around a folder can have an asset of that name in a file of its own. @throws ASSET_NAME, USAGE */
export function checkNewAsset(name: string, start: string): string {
  checkAssetName(name)
  const dir = packageAround(start)
  refuse(assetProblem(folderOf(dir), name), 'shop.refunds')
  return dir
}

export async function newPlainAsset(name: string | undefined, options: Options): Promise<number> {
  if (name === undefined)
    throw new LevadaError('USAGE', 'The asset has no name.', {
      hint: 'Name it: levada new asset <domain.name>, or say what it is like: --from <file or query>.',
    })
  const dir = checkNewAsset(name, process.cwd())
  return await finish(apply(dir, addAsset(name)), options)
}

export async function newDataset(name: string, options: Options): Promise<number> {
  const dir = packageAround(process.cwd())
  checkName(name)
  if (existsSync(join(dir, 'levada.config.ts')) && !existsSync(join(dir, `src/${name}.ts`))) {
    // One that does not load yet, as before an install, says nothing of its plugins.
    const plugins = await loadApp(dir).then(
      (app) => app.plugins,
      () => [],
    )
    const plugin = plugins.find(({ datasets }) => Object.hasOwn(datasets, name))
    refuse(
      plugin && `The app has a type of dataset '${name}' already, of the plugin ${plugin.name}`,
      'ledger',
    )
  }
  const root = workspaceAround(dir)
  const report = apply(dir, addDataset(folderOf(dir), folderOf(root), name))
  return await finish(report, options, undefined, [`${managerOf(root)} install`])
}

export async function newResource(name: string, options: Options): Promise<number> {
  const dir = appAround(process.cwd())
  checkName(name)
  const root = workspaceAround(dir)
  const report = apply(dir, addResource(folderOf(dir), folderOf(root), name))
  return await finish(report, options, undefined, [`${managerOf(root)} install`])
}

/** @throws USAGE */
function checkName(name: string): void {
  refuse(nameProblem(name))
}

/** @throws USAGE */
function refuse(problem: string | undefined, as = 'daily-totals'): void {
  if (problem !== undefined)
    throw new LevadaError('USAGE', `${problem}.`, { hint: `Choose another one, as ${as}.` })
}

/** @throws ASSET_NAME */
function checkAssetName(name: string): void {
  if (!/^[a-z][a-z0-9_]*\.[a-z][a-z0-9_]*$/.test(name))
    throw new LevadaError(
      'ASSET_NAME',
      `'${name}' is not an asset key: domain.name, in lower-case letters, digits and underscores.`,
    )
}

function above(start: string, is: (dir: string) => boolean): string | undefined {
  for (let dir = resolve(start); ; dir = dirname(dir)) {
    if (is(dir)) return dir
    if (dir === dirname(dir)) return undefined
  }
}

/** @throws PACKAGE_NOT_FOUND */
function workspaceAround(start: string): string {
  const isWorkspace = (dir: string): boolean =>
    existsSync(join(dir, 'pnpm-workspace.yaml')) || holdsPackages(dir)
  const found = above(start, isWorkspace)
  if (found !== undefined) return found
  throw new LevadaError(
    'PACKAGE_NOT_FOUND',
    `There is no workspace in ${resolve(start)} or a folder above.`,
    {
      hint: 'Make one: npm create @levada@latest <name>. Or go into one.',
    },
  )
}

function holdsPackages(dir: string): boolean {
  const { read } = folderOf(dir)
  return (
    /^packages\s*:/m.test(read('pnpm-workspace.yaml') ?? '') ||
    /"workspaces"\s*:/.test(read('package.json') ?? '')
  )
}

/** Nothing above the root of a workspace, which is no package. @throws PACKAGE_NOT_FOUND */
function packageAround(start: string): string {
  const isPackage = (dir: string): boolean =>
    existsSync(join(dir, 'levada.config.ts')) || existsSync(join(dir, 'src/pipeline.ts'))
  const found = above(
    start,
    (dir) => isPackage(dir) || holdsPackages(dir) || existsSync(join(dir, 'package.json')),
  )
  if (found !== undefined && (isPackage(found) || !holdsPackages(found))) return found
  throw new LevadaError(
    'PACKAGE_NOT_FOUND',
    found === undefined
      ? `There is no package and no app in ${resolve(start)} or a folder above.`
      : `${found} is a workspace, and no package of it.`,
    { hint: 'Run it in the folder of the package that is to have the file.' },
  )
}

/** @throws PACKAGE_NOT_FOUND */
function pipelineAround(start: string): string {
  const found = above(start, isPipelinePackage)
  if (found !== undefined) return found
  throw new LevadaError(
    'PACKAGE_NOT_FOUND',
    `There is no pipeline package in ${resolve(start)} or a folder above.`,
    { hint: 'Go into one, as pipelines/<name>, or make one: levada new pipeline <name>.' },
  )
}

/** @throws APP_NOT_FOUND */
function appAround(start: string): string {
  const found = above(start, (dir) => existsSync(join(dir, 'levada.config.ts')))
  if (found !== undefined) return found
  throw new LevadaError(
    'APP_NOT_FOUND',
    `There is no levada.config.ts in ${resolve(start)} or a folder above.`,
    { hint: 'Go into an app, as apps/<name>, or make one: levada new app <name>.' },
  )
}

const managerOf = (root: string): string => (existsSync(join(root, 'pnpm-workspace.yaml')) ? 'pnpm' : 'npm')

const folderOf = (dir: string): Folder => ({
  read: (file) => (existsSync(join(dir, file)) ? readFileSync(join(dir, file), 'utf8') : undefined),
  folders: (folder) =>
    existsSync(join(dir, folder))
      ? readdirSync(join(dir, folder), { withFileTypes: true })
          .filter((entry) => entry.isDirectory())
          .map(({ name }) => name)
          .toSorted()
      : [],
})

/** @param whole a folder that is made as a whole: where somebody has edited its files, no other of them is written */
function apply(dir: string, { files, edits }: Addition, whole?: string): Report {
  const folder = folderOf(dir)
  const shown = (file: string): string => relative(process.cwd(), join(dir, file))
  const write = (file: string, text: string): Written => {
    try {
      mkdirSync(dirname(join(dir, file)), { recursive: true })
      writeFileSync(join(dir, file), text)
    } catch (cause) {
      throw new LevadaError('STORAGE', `${shown(file)} could not be written: ${(cause as Error).message}.`, {
        hint: 'Make the folder writable, and run the command again: what is written already stays.',
        cause,
      })
    }
    return { file: shown(file), state: 'written' }
  }
  const inside = (file: string): boolean => whole !== undefined && file.startsWith(`${whole}/`)
  const edited = Object.entries(files).some(
    ([file, text]) => inside(file) && ![undefined, text].includes(folder.read(file)),
  )
  const made = Object.entries(files).map(([file, text]): Written => {
    const there = folder.read(file)
    if (there === undefined)
      return edited && inside(file) ? { file: shown(file), state: 'left out' } : write(file, text)
    return { file: shown(file), state: there === text ? 'unchanged' : 'kept' }
  })
  const sure = edits.flatMap(({ file, text }) => (text === undefined ? [] : [{ file, text }]))
  const changed = sure.map(({ file, text }): Written =>
    folder.read(file) === text ? { file: shown(file), state: 'unchanged' } : write(file, text),
  )
  const byHand = edits.flatMap(({ file, line, text }) =>
    text === undefined ? [{ file: shown(file), line }] : [],
  )
  return { files: [...made, ...changed], byHand }
}

/** Generates what follows from the source of a package, where its dependencies are installed, and says what was done. */
async function finish(
  { files, byHand }: Report,
  { json }: Options,
  generateIn?: string,
  afterwards: readonly string[] = [],
): Promise<number> {
  const changed = files.some(({ state }) => state === 'written')
  const generated = changed && generateIn !== undefined ? await generate(generateIn) : []
  const next = [
    ...(changed ? afterwards : []),
    ...(generated === undefined ? [`levada generate ${relative(process.cwd(), generateIn!) || '.'}`] : []),
  ]
  const all = [...files, ...(generated ?? [])]
  if (json) {
    printJson({ files: all, by_hand: byHand, next })
    return 0
  }
  for (const { file, state } of all)
    console.log(
      state === 'written'
        ? `${paint('green', 'written  ')} ${file}`
        : state === 'unchanged'
          ? `unchanged ${file}`
          : state === 'kept'
            ? `${paint('yellow', 'kept     ')} ${file}: it has another text than would be written now`
            : `${paint('yellow', 'left out ')} ${file}: the package has files of its own already`,
    )
  for (const { file, line } of byHand) console.log(`\nAdd to ${file}:\n\n${line.replaceAll(/^/gm, '  ')}`)
  if (next.length > 0) console.log(`\nThen:\n\n${next.map((each) => `  ${each}`).join('\n')}`)
  return 0
}

/** What was generated; undefined where the package cannot be loaded before its dependencies are installed. */
async function generate(dir: string): Promise<readonly Written[] | undefined> {
  try {
    const files = await generatedFiles(dir)
    writeGenerated(files)
    return files.map(({ file, stale }) => ({
      file: relative(process.cwd(), file),
      state: stale ? 'written' : 'unchanged',
    }))
  } catch (error) {
    if (isLevadaError(error) && error.message.includes('Cannot find package ')) return undefined
    throw error
  }
}
