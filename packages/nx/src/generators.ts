import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join, posix } from 'node:path'
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
import type { GeneratorCallback, Tree } from '@nx/devkit'

/** What is asked for, and for what has no package of its own, where. */
export interface PartOptions {
  readonly name: string
}
export interface PartInFolder extends PartOptions {
  /** Relative to the workspace: `pipelines/payments`. */
  readonly folder: string
}

/** A pipeline package, listed in an app. */
export function pipeline(
  tree: Tree,
  { name, app }: PartOptions & { readonly app?: string },
): GeneratorCallback {
  checkName(name)
  apply(tree, '', addPipeline(folderOf(tree, ''), name, app))
  return generating(tree, `pipelines/${name}`)
}

/** An app that composes nothing yet. */
export function app(tree: Tree, { name }: PartOptions): void {
  checkName(name)
  apply(tree, '', addApp(folderOf(tree, ''), name))
}

/** A node with its output, in a pipeline package. */
export function node(
  tree: Tree,
  {
    name,
    folder,
    output,
    typescript = false,
  }: PartInFolder & { readonly output?: string; readonly typescript?: boolean },
): GeneratorCallback {
  checkName(name)
  checkFolder(tree, folder, 'a pipeline package', 'src/pipeline.ts')
  refuse(nodeProblem(folderOf(tree, folder), name))
  apply(tree, folder, addNode(folderOf(tree, folder), { name, output, typescript }))
  return generating(tree, folder)
}

/** The declaration of an asset. */
export function asset(tree: Tree, { name, folder }: PartInFolder): void {
  if (!/^[a-z][a-z0-9_]*\.[a-z][a-z0-9_]*$/.test(name))
    throw new Error(
      `'${name}' is not an asset key: domain.name, in lower-case letters, digits and underscores.`,
    )
  checkFolder(tree, folder)
  refuse(assetProblem(folderOf(tree, folder), name))
  apply(tree, folder, addAsset(name))
}

/** A type of dataset, in an app or a package. */
export function dataset(tree: Tree, { name, folder }: PartInFolder): void {
  checkName(name)
  checkFolder(tree, folder)
  apply(tree, folder, addDataset(folderOf(tree, folder), folderOf(tree, ''), name))
}

/** A resource, in an app. */
export function resource(tree: Tree, { name, folder }: PartInFolder): void {
  checkName(name)
  checkFolder(tree, folder, 'an app', 'levada.config.ts')
  apply(tree, folder, addResource(folderOf(tree, folder), folderOf(tree, ''), name))
}

function checkName(name: string): void {
  refuse(nameProblem(name))
}

function refuse(problem: string | undefined): void {
  if (problem !== undefined) throw new Error(`${problem}.`)
}

/** @param file that such a folder has */
function checkFolder(tree: Tree, folder: string, what = 'a package', file = 'package.json'): void {
  const place = posix.join(folder, file)
  if (place === 'package.json')
    throw new Error('The root of a workspace is no package: name the folder of one.')
  if (!tree.exists(place)) throw new Error(`There is no ${place}: name the folder of ${what}.`)
}

const folderOf = (tree: Tree, dir: string): Folder => ({
  read: (file) => tree.read(posix.join(dir, file), 'utf8') ?? undefined,
  folders: (folder) =>
    tree.children(posix.join(dir, folder)).filter((name) => !tree.isFile(posix.join(dir, folder, name))),
})

/** Writes what is not there, and edits what is; what is not sure is printed. */
function apply(tree: Tree, dir: string, { files, edits }: Addition): void {
  for (const [name, text] of Object.entries(files)) {
    const file = posix.join(dir, name)
    if (!tree.exists(file)) tree.write(file, text)
    else if (tree.read(file, 'utf8') !== text)
      console.log(`KEPT ${file}: it has another text than would be written now`)
  }
  for (const { file, line, text } of edits)
    if (text === undefined)
      console.log(`\nAdd to ${posix.join(dir, file)}:\n\n${line.replaceAll(/^/gm, '  ')}\n`)
    else if (tree.read(posix.join(dir, file), 'utf8') !== text) tree.write(posix.join(dir, file), text)
}

/** What follows from the source of a package is generated once the files are on disk. */
const generating =
  (tree: Tree, dir: string): GeneratorCallback =>
  () => {
    const levada = join(tree.root, 'node_modules/.bin/levada')
    if (existsSync(levada)) spawnSync(levada, ['generate', dir], { cwd: tree.root, stdio: 'inherit' })
    else console.log(`\nInstall, then: levada generate ${dir}`)
  }
