import { existsSync, readFileSync } from 'node:fs'
import { basename, dirname, join, relative, resolve } from 'node:path'
import { workspacePackages, workspaceRoot } from '@levada/contract'
import { isPipelinePackage, LevadaError } from '@levada/core/run'
import type { AppOptions } from '../app.ts'

/** A pipeline package whose tests are asked for. */
export interface PackageToTest {
  readonly dir: string
  readonly name: string
  /** Folders of the apps that have it among their dependencies. */
  readonly apps: readonly string[]
}

const isApp = (dir: string): boolean => existsSync(join(dir, 'levada.config.ts'))

/**
 * The packages of some folders; without any, the one around the working directory, those that the app around it has, or in the
 * root of the workspace all of them.
 * @throws PACKAGE_NOT_FOUND
 */
export function packagesToTest(folders: readonly string[], { app }: AppOptions): readonly PackageToTest[] {
  const start = app === undefined ? process.cwd() : resolve(app)
  const root = workspaceRoot(folders[0] ?? start)
  const all = workspacePackages(root)
  const apps = all.filter(({ dir }) => isApp(dir) && (app === undefined || dir === start))
  const found = (dir: string): PackageToTest => {
    const name = nameOf(dir)
    return {
      dir,
      name,
      apps: apps.filter(({ dependencies }) => dependencies.includes(name)).map(({ dir: at }) => at),
    }
  }
  if (folders.length > 0)
    return folders.map((dir) => {
      if (isPipelinePackage(dir)) return found(dir)
      throw new LevadaError(
        'PACKAGE_NOT_FOUND',
        `${relative(process.cwd(), dir) || dir} is no pipeline package: it has no src/pipeline.ts beside a package.json.`,
      )
    })
  const here = around(start, root)
  if (here === undefined && start !== root)
    throw new LevadaError(
      'PACKAGE_NOT_FOUND',
      `${start} is in no pipeline package and in no app of the workspace ${root}.`,
      { hint: `Name folders of packages, or run levada test in ${root} for all of them.` },
    )
  const inApp = here !== undefined && isApp(here) ? all.find(({ dir }) => dir === here) : undefined
  const packages =
    here !== undefined && isPipelinePackage(here)
      ? [found(here)]
      : all
          .filter(({ dir, name }) => isPipelinePackage(dir) && (!inApp || inApp.dependencies.includes(name)))
          .map(({ dir }) => found(dir))
  if (packages.length === 0)
    throw new LevadaError(
      'PACKAGE_NOT_FOUND',
      inApp
        ? `The app in ${here} has no pipeline package of this workspace among its dependencies.`
        : `There is no pipeline package in ${root}.`,
    )
  return packages
}

/** The package or app around a folder, below the root of the workspace. */
function around(start: string, root: string): string | undefined {
  for (let dir = start; ; dir = dirname(dir)) {
    if (isPipelinePackage(dir) || isApp(dir)) return dir
    if (dir === root || dir === dirname(dir)) return undefined
  }
}

const nameOf = (dir: string): string =>
  (JSON.parse(readFileSync(join(dir, 'package.json'), 'utf8')) as { name?: string }).name ?? basename(dir)
