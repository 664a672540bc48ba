import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import { LevadaError } from '../errors/index.ts'
import { workspacePatterns } from './contracts.ts'
import type { NewFile } from './scaffold.ts'

/** The nearest package or app, from a folder upwards to the root of the workspace, which is none. @throws PACKAGE_NOT_FOUND, CONFIG_SYNTAX */
export function packageAround(start: string): string {
  const has = (dir: string, name: string): boolean => existsSync(join(dir, name))
  for (let dir = resolve(start); ; dir = dirname(dir)) {
    if (has(dir, 'levada.config.ts') || has(dir, 'src/pipeline.ts')) return dir
    const holdsPackages = workspacePatterns(dir) !== undefined
    if (has(dir, 'package.json') && !holdsPackages) return dir
    if (holdsPackages || dir === dirname(dir))
      throw new LevadaError(
        'PACKAGE_NOT_FOUND',
        holdsPackages
          ? `${dir} is a workspace, and no package of it.`
          : `There is no package and no app in ${start} or a folder above.`,
        {
          hint: 'Run it in the folder of the package that is to have the file.',
        },
      )
  }
}

/** Writes a file that is not there yet. One with another text is somebody's work. @throws FILE_EXISTS */
export function writeNew(file: string, text: string): NewFile {
  if (existsSync(file)) {
    if (readFileSync(file, 'utf8') === text) return { file, text, state: 'unchanged' }
    throw new LevadaError(
      'FILE_EXISTS',
      `${relative(process.cwd(), file)} exists and has another text than would be written now, so it is left alone.`,
      { place: { file: relative(process.cwd(), file) } },
    )
  }
  mkdirSync(dirname(file), { recursive: true })
  writeFileSync(file, text)
  return { file, text, state: 'written' }
}
