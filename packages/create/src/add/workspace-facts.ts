import { readTemplate } from '../template.ts'
import type { Folder } from './addition.ts'

type Dependencies = Readonly<Record<string, string>>

interface Manifest {
  readonly name?: string
  readonly exports?: Readonly<Record<string, unknown>>
  readonly workspaces?: readonly string[] | { readonly packages?: readonly string[] }
  readonly dependencies?: Dependencies
  readonly devDependencies?: Dependencies
  readonly peerDependencies?: Dependencies
}

export interface WorkspaceFacts {
  /** `@acme` */
  readonly scope: string
  /** Folders of apps and of pipeline packages, by their names. */
  readonly apps: readonly string[]
  readonly pipelines: readonly string[]
  /** How the packages of the workspace name a dependency; where none does, the range of this release. */
  range(name: string): string
  peerRange(name: string): string
  /** Conditions under which the pipeline packages export their source, as some workspaces have it: `@acme/source`. */
  readonly sourceConditions: readonly string[]
  /** How they name one another, where another one has some version. */
  ownRange(version: string): string
}

/** What a new package of a workspace has to be like. */
export function factsOf(root: Folder): WorkspaceFacts {
  const manifest = (dir: string): Manifest | undefined => {
    try {
      return JSON.parse(root.read(dir === '' ? 'package.json' : `${dir}/package.json`) ?? '') as Manifest
    } catch {
      return undefined
    }
  }
  const having = (folder: string, file: string): readonly string[] =>
    root.folders(folder).filter((name) => root.read(`${folder}/${name}/${file}`) !== undefined)
  const apps = having('apps', 'levada.config.ts')
  const pipelines = having('pipelines', 'src/pipeline.ts')
  const packages = [...pipelines.map((name) => `pipelines/${name}`), ...apps.map((name) => `apps/${name}`)]
  const manifests = [...packages, ''].flatMap((dir) => manifest(dir) ?? [])
  const scopes = manifests.flatMap(({ name }) => /^(@[^/]+)\//.exec(name ?? '')?.[1] ?? [])
  const own = new Set(manifests.flatMap(({ name }) => name ?? []))
  const ranges = (kind: 'dependencies' | 'devDependencies' | 'peerDependencies'): Dependencies =>
    Object.assign({}, ...manifests.toReversed().map((each) => each[kind])) as Dependencies
  const [normal, peer] = [
    { ...ranges('devDependencies'), ...ranges('dependencies') },
    ranges('peerDependencies'),
  ]
  const protocol = Object.entries(normal).find(
    ([name, range]) => own.has(name) && range.startsWith('workspace:'),
  )
  return {
    scope: scopes[0] ?? `@${manifests.at(-1)?.name ?? 'workspace'}`,
    apps,
    pipelines,
    sourceConditions: Object.entries(
      (manifest(`pipelines/${pipelines[0]}`)?.exports?.['.'] ?? {}) as object,
    ).flatMap(([condition, target]) => (target === './src/index.ts' ? [condition] : [])),
    range: (name) => normal[name] ?? readTemplate().versions[name] ?? '*',
    peerRange: (name) => peer[name] ?? '*',
    ownRange: (version) => protocol?.[1] ?? `^${version}`,
  }
}

/** Whether the workspace says that folders of a folder are its packages. */
export function hasPackagesIn(root: Folder, folder: string): boolean {
  const text = `${root.read('package.json') ?? ''}\n${root.read('pnpm-workspace.yaml') ?? ''}`
  return text.includes(`${folder}/*`)
}
