import { execFile } from 'node:child_process'
import {
  createReadStream,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
} from 'node:fs'
import { basename, dirname, join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import {
  generatedFiles,
  isPipelinePackage,
  packageContract,
  staleError,
  toLevadaErrors,
  writeGenerated,
  type GeneratedFile,
} from '@levada/core/run'
import { LevadaError } from '@levada/core/spi'
import { parseContract } from './parse-contract.ts'
import { readTarball } from './read-tarball.ts'

export interface PackedPipeline {
  /** Absolute. */
  readonly tarball: string
  readonly name: string
  readonly version: string
  /** Those that were written anew before the build. */
  readonly generated: readonly GeneratedFile[]
  /** Paths inside the package. */
  readonly files: readonly string[]
}

export interface PackOptions {
  /** Where the tarball goes. @default the folder of the package */
  readonly out?: string
}

interface Manifest {
  readonly name?: string
  readonly version?: string
  readonly scripts?: Readonly<Record<string, string>>
  readonly exports?: unknown
  readonly publishConfig?: { readonly exports?: unknown }
}

/**
 * Generates, builds and packs a pipeline package. What is packed is read again: its contract has to be that of the built
 * code, and nothing of the workspace may be left in its package.json.
 * @throws PACKAGE_NOT_FOUND, PACKAGE_FAILED, STALE_PORTS, and what generating throws
 */
export async function packPackage(dir: string, { out = dir }: PackOptions = {}): Promise<PackedPipeline> {
  if (!isPipelinePackage(dir))
    throw new LevadaError(
      'PACKAGE_NOT_FOUND',
      `${dir} is no pipeline package: it has no src/pipeline.ts beside a package.json.`,
    )
  const manifest = JSON.parse(readFileSync(join(dir, 'package.json'), 'utf8')) as Manifest
  const { name, version } = manifest
  if (name === undefined || version === undefined) throw failed('package.json', 'has no name or no version')
  const files = await generatedFiles(dir)
  writeGenerated(files)
  await build(dir, name, manifest)
  const text = files.find(({ file }) => basename(file) === 'contract.json')!.text
  await checkBuilt(dir, manifest, text)
  const tarball = await pack(dir, resolve(out))
  const packed = await readTarball(createReadStream(tarball), basename(tarball))
  checkPacked(packed.packageJson ?? '', packed.contract, text, manifest, packed.files)
  return { tarball, name, version, generated: files.filter(({ stale }) => stale), files: packed.files }
}

const failed = (what: string, why: string, hint?: string, cause?: unknown): LevadaError =>
  new LevadaError('PACKAGE_FAILED', `${what} ${why}.`, { cause, ...(hint !== undefined && { hint }) })

/** The nearest folder upwards that has one of these files. */
function above(dir: string, ...names: readonly string[]): string | undefined {
  if (names.some((name) => existsSync(join(dir, name)))) return dir
  return dir === dirname(dir) ? undefined : above(dirname(dir), ...names)
}

const managers = {
  'pnpm-lock.yaml': 'pnpm',
  'yarn.lock': 'yarn',
  'bun.lock': 'bun',
  'package-lock.json': 'npm',
} as const

/** The package manager whose lockfile is nearest: only the workspace's own replaces `workspace:` when it packs. */
function managerOf(dir: string): (typeof managers)[keyof typeof managers] {
  const names = Object.keys(managers) as (keyof typeof managers)[]
  const at = above(dir, ...names)
  return at === undefined ? 'npm' : managers[names.find((each) => existsSync(join(at, each)))!]
}

async function build(dir: string, name: string, { scripts }: Manifest): Promise<void> {
  if (scripts?.['build'] !== undefined)
    return run(managerOf(dir), ['run', 'build'], dir, `${name} could not be built`)
  const workspace = above(dir, 'nx.json')
  const nx = workspace && join(workspace, 'node_modules/.bin/nx')
  if (nx === undefined || !existsSync(nx))
    throw failed(
      name,
      'cannot be built: its package.json has no build script, and no workspace above has Nx',
      'Add a build script, or @levada/nx to the workspace, which knows how to build pipeline packages.',
    )
  await run(nx, ['run', `${name}:build`], dir, `${name} could not be built`)
}

function run(command: string, args: readonly string[], cwd: string, what: string): Promise<void> {
  return new Promise((done, refuse) => {
    execFile(command, args, { cwd, maxBuffer: 2 ** 26 }, (error, stdout, stderr) => {
      if (error === null) return done()
      const said = `${stdout}\n${stderr}`.trim().split('\n').slice(-20).join('\n')
      const missing = (error as NodeJS.ErrnoException).code === 'ENOENT'
      const why = missing
        ? `there is no ${basename(command)} on this machine.`
        : `${basename(command)} ${args.join(' ')} says:\n${said}`
      refuse(
        new LevadaError('PACKAGE_FAILED', `${what}: ${why}`, {
          cause: error,
          ...(missing && { hint: `Install ${basename(command)}.` }),
        }),
      )
    })
  })
}

/** Imports the built code, and compares what its pipeline is with the contract that its source has. */
async function checkBuilt(dir: string, manifest: Manifest, text: string): Promise<void> {
  const entry = targetOf(manifest.publishConfig?.exports ?? manifest.exports) ?? './dist/index.js'
  const file = join(dir, entry)
  if (!existsSync(file)) throw failed(`${entry}, which package.json exports`, 'was not built')
  let pipeline: Parameters<typeof packageContract>[0] | undefined
  try {
    pipeline = (
      (await import(`${pathToFileURL(file).href}?packed`)) as { readonly default?: typeof pipeline }
    ).default
  } catch (cause) {
    throw failed(entry, `cannot be imported: ${toLevadaErrors(cause)[0]!.message}`, undefined, cause)
  }
  if (pipeline?.['~levada'] !== 'pipeline@1')
    throw failed(entry, 'does not export the pipeline as its default')
  const built = await packageContract(pipeline, dir, parseContract(text, 'contract.json'))
  const is = `${JSON.stringify(built, null, 2)}\n`
  if (is !== text)
    throw staleError(
      { file: join(dir, 'contract.json'), text: is, stale: true, of: 'package' },
      process.cwd(),
    )
}

/** What `exports` names for an importer of the package itself. */
function targetOf(exports: unknown): string | undefined {
  if (typeof exports === 'string') return exports
  if (typeof exports !== 'object' || exports === null) return undefined
  const conditions = exports as Readonly<Record<string, unknown>>
  const key = ['.', 'node', 'import', 'default'].find((each) => each in conditions)
  return key === undefined ? undefined : targetOf(conditions[key])
}

async function pack(dir: string, out: string): Promise<string> {
  const manager = managerOf(dir)
  const folder = mkdtempSync(join(out, '.levada-pack-'))
  try {
    const args = {
      npm: ['pack', '--ignore-scripts', '--pack-destination', folder],
      pnpm: ['pack', '--pack-destination', folder],
      yarn: ['pack', '--out', join(folder, 'package.tgz')],
      bun: ['pm', 'pack', '--destination', folder],
    }[manager]
    await run(manager, args, dir, 'The package could not be packed')
    const [file] = readdirSync(folder).filter((each) => each.endsWith('.tgz'))
    if (file === undefined) throw failed(manager, 'left no tarball')
    const { name, version } = JSON.parse(
      readFileSync(join(dir, 'package.json'), 'utf8'),
    ) as Required<Manifest>
    const tarball = join(out, `${name.replace(/^@/, '').replace('/', '-')}-${version}.tgz`)
    renameSync(join(folder, file), tarball)
    return tarball
  } finally {
    rmSync(folder, { recursive: true })
  }
}

const hooks = ['preinstall', 'install', 'postinstall']

function checkPacked(
  packageJson: string,
  contract: string | undefined,
  text: string,
  source: Manifest,
  files: readonly string[],
): void {
  const what = 'The packed package'
  if (contract === undefined)
    throw failed(what, 'has no contract.json', 'Add "contract.json" to "files" in package.json.')
  if (contract !== text) throw failed(what, 'has another contract.json than its folder')
  const protocol = /"(workspace|catalog):[^"]*"/.exec(packageJson)?.[0]
  if (protocol !== undefined) throw failed(what, `has a dependency ${protocol} that only its workspace knows`)
  const manifest = JSON.parse(packageJson) as Manifest
  if (manifest.name !== source.name || manifest.version !== source.version)
    throw failed(what, `says that it is ${manifest.name}@${manifest.version}`)
  const hook = hooks.find((each) => manifest.scripts?.[each] !== undefined)
  if (hook !== undefined)
    throw failed(what, `runs a script when it is installed: ${hook}`, `Remove "${hook}" from its scripts.`)
  const entry = targetOf(manifest.exports)
  if (entry !== undefined && !files.includes(entry.replace(/^\.\//, '')))
    throw failed(what, `lacks ${entry}, which it exports`, 'Add "dist" to "files" in package.json.')
}
