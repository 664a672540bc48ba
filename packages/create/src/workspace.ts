import { fillManifest } from './manifest.ts'
import { readTemplate, type Files } from './template.ts'

export interface WorkspaceOptions {
  /** Of the workspace and of its app: `acme-data`. */
  readonly name: string
  /** Of its packages: `@acme`. */
  readonly scope: string
  /** Where packages come from and go to. */
  readonly registry?: string | undefined
  readonly packageManager: 'npm' | 'pnpm'
  /** Gets a Node of its own, for machines whose Node is too old. */
  readonly pinNode: boolean
}

/**
 * The files of a new workspace: one pipeline package, one app, sample data and tests.
 *
 * @example
 * ```ts
 * workspaceFiles({ name: 'acme-data', scope: '@acme', packageManager: 'npm', pinNode: false })
 * // { 'package.json': …, 'pipelines/orders/src/pipeline.ts': …, … }
 * ```
 */
export function workspaceFiles(options: WorkspaceOptions): Files {
  const { files, node, pnpm } = readTemplate()
  const renamed = Object.entries(files).map(
    ([file, text]) => [rename(file, options), rename(text, options)] as const,
  )
  const made = new Map(
    renamed.map(([file, text]) => [file, /(^|\/)package\.json$/.test(file) ? fillManifest(text) : text]),
  )
  const change = (file: string, how: (text: string) => string): Map<string, string> =>
    made.set(file, how(made.get(file) ?? ''))

  change('package.json', (text) => {
    const manifest = JSON.parse(text) as Record<string, unknown>
    if (options.pinNode) manifest['optionalDependencies'] = node
    if (options.packageManager === 'pnpm') {
      delete manifest['workspaces']
      manifest['packageManager'] = pnpm
    }
    return `${JSON.stringify(manifest, null, 2)}\n`
  })
  change('.npmrc', (text) => text + registryLines(options))
  if (options.packageManager === 'pnpm') {
    change('pnpm-workspace.yaml', () => pnpmWorkspace(options))
    change('.github/workflows/ci.yml', (text) =>
      text
        .replace('      - uses: actions/setup-node', '      - uses: pnpm/action-setup@v4\n$&')
        .replace('cache: npm', 'cache: pnpm')
        .replace('npm ci', 'pnpm install --frozen-lockfile')
        .replaceAll(/- run: npm (run|test)/g, '- run: pnpm $1')
        .replaceAll('- run: npx', '- run: pnpm exec'),
    )
    change('README.md', (text) => text.replaceAll(/\bnpm (install|start|test|run)/g, 'pnpm $1'))
  }
  return Object.fromEntries(made)
}

const rename = (text: string, { name, scope }: WorkspaceOptions): string =>
  text.replaceAll(/@acme|acme-data/g, (found) => (found === '@acme' ? scope : name))

function registryLines({ registry, scope }: WorkspaceOptions): string {
  const scopes = [...new Set(['@levada', scope])]
  return registry === undefined
    ? scopes.map((each) => `# ${each}:registry=https://packages.example.com/\n`).join('')
    : scopes.map((each) => `${each}:registry=${registry}\n`).join('')
}

const pnpmWorkspace = ({ scope }: WorkspaceOptions): string => `packages:
  - pipelines/*
  - apps/*

# CI takes the pnpm of package.json; another one will do.
pmOnFail: ignore
# A package of this workspace is taken from it when its version fits.
linkWorkspacePackages: true
# What you publish yourself need not be old.
minimumReleaseAgeExclude: ['@levada/*', '${scope}/*']
allowBuilds:
  nx: false
`
