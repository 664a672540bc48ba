// A team's workspace outside of this repository, made of contracts only: the command reads nothing else of a package.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { exec, tryExec, withoutNpm } from '../src/exec.ts'
import type { Outcome } from '../src/exec.ts'
import { root } from '../src/packages.ts'
import { npmrc, publishTarball, startRegistry } from '../src/registry.ts'
import type { Registry } from '../src/registry.ts'

export interface Column {
  readonly name: string
  readonly type: object
  readonly nullable: boolean
}
export const column = (name: string, kind = 'int', nullable = false): Column => ({
  name,
  type: { kind },
  nullable,
})

interface Parts {
  readonly provides?: Readonly<Record<string, readonly Column[]>>
  readonly requires?: Readonly<Record<string, readonly Column[]>>
  readonly fingerprint?: string
}

/** The text of a contract.json with one node. */
export function contractText(
  name: string,
  { provides = {}, requires = {}, fingerprint = 'f1' }: Parts,
): string {
  const asset = (columns: readonly Column[]): object => ({
    tags: [],
    columns,
    key: [],
    partitions: [],
    checks: [],
  })
  const map = <T>(assets: Readonly<Record<string, T>>, of: (value: T) => object): object =>
    Object.fromEntries(Object.entries(assets).map(([key, value]) => [key, of(value)]))
  const node = {
    name: 'make',
    kind: 'sql',
    inputs: Object.keys(requires),
    outputs: Object.keys(provides),
    fingerprint,
  }
  const contract = {
    format: 1,
    protocol: 'pipeline@1',
    name,
    dialects: [],
    provides: map(provides, asset),
    sources: {},
    requires: map(requires, (columns) => ({ columns })),
    params: {},
    resources: {},
    nodes: [node],
  }
  return `${JSON.stringify(contract, undefined, 2)}\n`
}

export interface Workspace extends AsyncDisposable {
  readonly dir: string
  readonly registry: Registry
  write(files: Readonly<Record<string, string>>): void
  /** Writes package.json and contract.json of pipelines/<name>. */
  pipeline(name: string, version: string, parts: Parts): void
  levada(...args: readonly string[]): Promise<Outcome>
  changeset(...args: readonly string[]): Promise<Outcome>
  git(...args: readonly string[]): Promise<string>
  /** Packs pipelines/<name> and returns the file. */
  pack(name: string): Promise<string>
  publish(name: string, tag?: string): Promise<void>
}

export async function startWorkspace(): Promise<Workspace> {
  const temp = mkdtempSync(join(tmpdir(), 'levada-workspace-'))
  const dir = join(temp, 'workspace')
  const registry = await startRegistry({ folder: join(temp, 'registry'), scopes: ['@acme'] })
  const env = {
    ...withoutNpm(process.env),
    NO_COLOR: '1',
    NODE_OPTIONS: '--conditions=@levada/source',
    NPM_CONFIG_USERCONFIG: join(temp, 'none'),
  }
  const write = (files: Readonly<Record<string, string>>): void => {
    for (const [file, text] of Object.entries(files)) {
      mkdirSync(dirname(join(dir, file)), { recursive: true })
      writeFileSync(join(dir, file), text)
    }
  }
  const changelog = pathToFileURL(join(root, 'packages/contract/src/changelog.ts')).href
  write({
    'package.json': '{ "name": "acme", "private": true, "workspaces": ["pipelines/*", "apps/*"] }\n',
    'package-lock.json': '{}\n',
    '.npmrc': npmrc(registry),
    '.changeset/config.json': JSON.stringify({
      changelog: './changelog.mjs',
      baseBranch: 'main',
      format: false,
    }),
    '.changeset/changelog.mjs': `export { default } from '${changelog}'\n`,
    'apps/board/package.json': JSON.stringify({
      name: '@acme/board',
      version: '1.0.0',
      private: true,
      dependencies: { '@acme/flights': '^1.0.0', '@acme/delays': '^1.0.0' },
    }),
    'apps/board/levada.config.ts': 'export default undefined\n',
  })
  const levada = join(root, 'packages/cli/bin/levada.mjs')
  const git = (...args: readonly string[]): Promise<string> =>
    exec('git', ['-c', 'user.name=Team', '-c', 'user.email=team@example.invalid', ...args], { cwd: dir, env })
  await git('init', '--quiet', '--initial-branch=main')
  const pack = async (name: string): Promise<string> => {
    const out = await exec('npm', ['pack', '--json', '--pack-destination', temp], {
      cwd: join(dir, 'pipelines', name),
      env,
    })
    const [file] = /[\w.-]+\.tgz/.exec(out) ?? []
    return join(temp, file!)
  }
  return {
    dir,
    registry,
    write,
    git,
    pack,
    levada: (...args) => tryExec(process.execPath, [levada, ...args], { cwd: dir, env }),
    changeset: (...args) => tryExec(join(root, 'node_modules/.bin/changeset'), args, { cwd: dir, env }),
    pipeline(name, version, parts) {
      write({
        [`pipelines/${name}/package.json`]: `${JSON.stringify({ name: `@acme/${name}`, version, files: ['contract.json'] }, undefined, 2)}\n`,
        [`pipelines/${name}/contract.json`]: contractText(name, parts),
      })
    },
    async publish(name, tag = 'latest') {
      const { exitCode, stderr } = await publishTarball(registry, await pack(name), { tag })
      if (exitCode !== 0) throw new Error(stderr)
    },
    async [Symbol.asyncDispose]() {
      await registry[Symbol.asyncDispose]()
      rmSync(temp, { recursive: true, force: true })
    },
  }
}
