import { existsSync, readFileSync } from 'node:fs'
import { collectTemplate } from './collect-template.ts'

/** Texts by path, relative to the folder they are for. */
export type Files = Readonly<Record<string, string>>

/** What a release makes workspaces of. */
export interface Template {
  readonly files: Files
  /** Ranges of the packages that the files' package.json name, as this release has them. */
  readonly versions: Readonly<Record<string, string>>
  /** The Node of its own that a workspace can have, by package. */
  readonly node: Readonly<Record<string, string>>
  /** The source of a dataset, to begin with. */
  readonly dataset: string
  /** `pnpm@12.21.0` */
  readonly pnpm: string
}

let template: Template | undefined

/** The template of this release; in its own repository, where nothing is built, of the folder. */
export function readTemplate(): Template {
  const built = new URL('template.json', import.meta.url)
  template ??= existsSync(built)
    ? (JSON.parse(readFileSync(built, 'utf8')) as Template)
    : collectTemplate(new URL('..', import.meta.url))
  return template
}
