import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { exec, tryExec } from '../exec.ts'
import type { Outcome } from '../exec.ts'

/** One entry of a publish plan: a version to publish, or a private package of which only a tag is made. */
export interface Release {
  readonly kind: 'publish' | 'tag-only'
  readonly name: string
  readonly version: string
  readonly tag?: string
}

/** A git repository with changesets, and what its people type. */
export interface Repository {
  readonly dir: string
  run(command: string, ...args: string[]): Promise<string>
  tryRun(command: string, ...args: string[]): Promise<Outcome>
  changeset(...args: string[]): Promise<string>
  tryChangeset(...args: string[]): Promise<Outcome>
  commit(subject: string): Promise<void>
  /** What is to be published and tagged, in order. */
  plan(file: string): Promise<Release[]>
}

/** A folder as a git repository with a user of its own. */
export async function initRepository(
  dir: string,
  env: NodeJS.ProcessEnv,
  changesetBin: string,
): Promise<Repository> {
  const options = { cwd: dir, env }
  const repository: Repository = {
    dir,
    run: (command, ...args) => exec(command, args, options),
    tryRun: (command, ...args) => tryExec(command, args, options),
    changeset: (...args) => exec(changesetBin, args, options),
    tryChangeset: (...args) => tryExec(changesetBin, args, options),
    async commit(subject) {
      await exec('git', ['add', '--all'], options)
      await exec('git', ['commit', '--quiet', '--allow-empty', '--no-verify', '--message', subject], options)
    },
    async plan(file) {
      await exec(changesetBin, ['publish-plan', '--output', file], options)
      const { plan } = JSON.parse(readFileSync(join(dir, file), 'utf8')) as { plan: Release[][] }
      return plan.flat()
    },
  }
  await repository.run('git', 'init', '--quiet', '--initial-branch=main')
  await repository.run('git', 'config', 'user.name', 'Rehearsal')
  await repository.run('git', 'config', 'user.email', 'rehearsal@example.invalid')
  await repository.run('git', 'config', 'commit.gpgsign', 'false')
  await repository.run('git', 'config', 'tag.gpgsign', 'false')
  await repository.commit('base')
  return repository
}

export const shown = (releases: readonly Release[]): string[] =>
  releases.map(({ kind, name, version }) => `${name}@${version}${kind === 'publish' ? '' : ' (tag only)'}`)
