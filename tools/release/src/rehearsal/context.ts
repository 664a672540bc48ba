import { accessSync, constants, existsSync, mkdirSync, symlinkSync } from 'node:fs'
import { delimiter, dirname, join } from 'node:path'
import { withoutNpm } from '../exec.ts'
import { root } from '../packages.ts'
import type { Registry } from '../registry.ts'

/** Where a rehearsal takes place. */
export interface Context {
  /** Holds everything, and lies below no `node_modules`. */
  readonly temp: string
  /** The copy of this repository. */
  readonly copy: string
  /** What `changeset pack` made of it. */
  readonly packs: string
  readonly registry: Registry
  /** For commands in the copy. */
  readonly env: NodeJS.ProcessEnv
  /** For commands of a team outside: an empty home, and no command of this repository but Node and pnpm. */
  readonly outside: NodeJS.ProcessEnv
}

export const changesetBin: string = join(root, 'node_modules/.bin/changeset')

export function createContext(temp: string, registry: Registry): Context {
  for (let above = temp; above !== dirname(above); above = dirname(above))
    if (existsSync(join(above, 'node_modules')))
      throw new Error(`${above}/node_modules could hide what is missing: set TMPDIR to another folder`)
  // What git hooks and clients hand on would beat the settings of each folder.
  const bare = Object.entries(withoutNpm(process.env)).filter(([key]) => !/^(git|yarn|bun)_/i.test(key))
  const env: NodeJS.ProcessEnv = { ...Object.fromEntries(bare), CI: '1', NX_DAEMON: 'false', NO_COLOR: '1' }
  const bin = join(temp, 'bin')
  const home = join(temp, 'home')
  for (const folder of [bin, home]) mkdirSync(folder)
  symlinkSync(process.execPath, join(bin, 'node'))
  symlinkSync(commandOnPath('pnpm'), join(bin, 'pnpm'))
  const path = [bin, ...searchPath().filter((folder) => !folder.includes('node_modules'))].join(delimiter)
  const { NODE_OPTIONS: _, ...rest } = env
  return {
    temp,
    copy: join(temp, 'copy'),
    packs: join(temp, 'packs'),
    registry,
    env,
    outside: {
      ...rest,
      PATH: path,
      HOME: home,
      XDG_CONFIG_HOME: home,
      XDG_CACHE_HOME: home,
      XDG_DATA_HOME: home,
    },
  }
}

const searchPath = (): string[] => (process.env['PATH'] ?? '').split(delimiter)

function commandOnPath(name: string): string {
  for (const folder of searchPath())
    try {
      accessSync(join(folder, name), constants.X_OK)
      return join(folder, name)
    } catch {
      continue
    }
  throw new Error(`${name} is not on the path: start this as \`npm run rehearse\``)
}
