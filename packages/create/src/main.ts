import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { basename, dirname, join, relative, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { ask } from './ask.ts'
import { CreateError } from './create-error.ts'
import { configuredRegistry } from './configured-registry.ts'
import { workspaceFiles, type WorkspaceOptions } from './workspace.ts'

const help = `Makes a workspace for data pipelines: a pipeline package, an app, sample data and tests.

Usage: npm create @levada@latest <name> -- [options]

  --scope <@name>           of the packages (default: @<name>)
  --registry <url>          where packages come from and go to (default: what npm has for @levada)
  --package-manager <name>  npm or pnpm (default: the one that runs this)
  --pin-node                the workspace gets a Node of its own (default: when yours is older than 22.18)
  --yes                     ask nothing

Example:
  $ npm create @levada@latest shop -- --scope @acme --registry https://packages.example.com/
`

const options = {
  scope: { type: 'string' },
  registry: { type: 'string' },
  'package-manager': { type: 'string' },
  'pin-node': { type: 'boolean' },
  yes: { type: 'boolean', short: 'y' },
  help: { type: 'boolean', short: 'h' },
} as const

/**
 * Runs one command line.
 * @returns the exit code: 0 done, 2 it could not be done
 */
export async function main(args: readonly string[]): Promise<number> {
  try {
    return await create(args)
  } catch (caught) {
    const error = explained(caught)
    if (!(error instanceof CreateError)) throw error
    console.error(`error ${error.code} ${error.message}\n  → ${error.hint}`)
    return 2
  }
}

async function create(args: readonly string[]): Promise<number> {
  const { values, positionals } = parse(args)
  if (values.help) {
    console.log(help.trimEnd())
    return 0
  }
  // npm takes a --yes that is before `--` for itself, and tells it on.
  const yes = values.yes || process.env['npm_config_yes'] === 'true'
  const asks = !yes && !process.env['CI'] && process.stdin.isTTY && process.stdout.isTTY
  const [given] = positionals
  if (given === undefined && !asks)
    throw new CreateError('USAGE', 'The workspace has no name.', 'Name it: npm create @levada@latest <name>.')
  const registry = values.registry ?? configuredRegistry('@levada')
  const answers = asks
    ? await ask({ name: given, scope: values.scope, registry, registryGiven: values.registry !== undefined })
    : { name: given!, scope: values.scope, registry }
  const folder = resolve(answers.name)
  const name = basename(folder)
  const checked = check({
    name,
    scope: answers.scope ?? `@${name}`,
    registry: answers.registry,
    packageManager: managerOf(values['package-manager']),
    pinNode: values['pin-node'] ?? isOld(process.versions.node),
  })
  write(folder, checked)
  console.log(nextSteps(folder, checked))
  return 0
}

function parse(args: readonly string[]) {
  try {
    const parsed = parseArgs({ args: [...args], options, allowPositionals: true })
    if (parsed.positionals.length > 1)
      throw new Error(`One name is needed, not ${parsed.positionals.length}.`)
    return parsed
  } catch (error) {
    const [sentence] = (error as Error).message.split(/\.? To specify/)
    throw new CreateError(
      'USAGE',
      `${sentence!.replace(/\.$/, '')}.`,
      'Run npm create @levada@latest -- --help.',
    )
  }
}

function managerOf(given: string | undefined): 'npm' | 'pnpm' {
  if (given === undefined) return process.env['npm_config_user_agent']?.startsWith('pnpm/') ? 'pnpm' : 'npm'
  if (given === 'npm' || given === 'pnpm') return given
  throw new CreateError(
    'USAGE',
    `'${given}' is not a package manager that is known here.`,
    'Use npm or pnpm.',
  )
}

function isOld(version: string): boolean {
  const [major = 0, minor = 0] = version.split('.').map(Number)
  return major < 22 || (major === 22 && minor < 18)
}

function check(options: WorkspaceOptions): WorkspaceOptions {
  const { name, scope, registry } = options
  if (!/^[a-z][a-z0-9-]*$/.test(name))
    throw new CreateError(
      'USAGE',
      `'${name}' is not a name for a workspace: lower-case letters, digits and hyphens, a letter first.`,
      'Choose another one, as shop or acme-data.',
    )
  if (!/^@[a-z0-9][a-z0-9-]*$/.test(scope))
    throw new CreateError(
      'USAGE',
      `'${scope}' is not a scope of packages: @, then lower-case letters, digits and hyphens.`,
      'Write it as --scope @acme.',
    )
  if (registry === undefined) return options
  const url = URL.canParse(registry) ? new URL(registry) : undefined
  if (!url || !/^https?:$/.test(url.protocol) || url.username || url.password)
    throw new CreateError(
      'USAGE',
      `'${url ? url.protocol : registry}' is not the address of a registry${url?.username || url?.password ? ': it holds a user or a password' : ''}.`,
      'Write it as --registry https://packages.example.com/; npm login keeps who you are.',
    )
  return { ...options, registry: url.href.endsWith('/') ? url.href : `${url.href}/` }
}

/** What version control and file managers leave in a folder is nobody's work. */
const unimportant = ['.git', '.DS_Store']

function write(folder: string, workspace: WorkspaceOptions): void {
  const there = existsSync(folder) ? readdirSync(folder).filter((name) => !unimportant.includes(name)) : []
  if (there.length > 0)
    throw new CreateError(
      'FILE_EXISTS',
      `${relative(process.cwd(), folder) || 'This folder'} is not empty: it holds ${there.slice(0, 3).join(', ')}${there.length > 3 ? ', …' : ''}.`,
      'Name a new folder, or empty this one. In a workspace that exists, levada new adds to it.',
    )
  for (const [file, text] of Object.entries(workspaceFiles(workspace))) {
    mkdirSync(dirname(join(folder, file)), { recursive: true })
    writeFileSync(join(folder, file), text)
  }
}

/** A file system that refuses is no fault of this program. */
function explained(error: unknown): unknown {
  const { code, syscall, path } = error as NodeJS.ErrnoException
  if (syscall === undefined || path === undefined) return error
  return new CreateError(
    'STORAGE',
    `${path} cannot be written: ${code}.`,
    'Run it in a folder where you may write, on a disk that has room.',
  )
}

function nextSteps(
  folder: string,
  { name, packageManager: tool, pinNode, registry }: WorkspaceOptions,
): string {
  const to = relative(process.cwd(), folder)
  return [
    `${name} is ready: a pipeline in pipelines/orders, an app in apps/${name}.`,
    ...(pinNode ? [`Your Node ${process.versions.node} is too old for it, so it gets one of its own.`] : []),
    ...(registry === undefined
      ? ['Packages come from the default registry; .npmrc is the place of another one.']
      : []),
    '',
    ...(to === '' ? [] : [`  cd ${to}`]),
    `  ${tool} install`,
    `  ${tool} start`,
    `  ${tool} test`,
  ].join('\n')
}
