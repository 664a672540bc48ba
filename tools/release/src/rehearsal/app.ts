import { createHash } from 'node:crypto'
import { cpSync, existsSync, mkdirSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { announced, diagnostics, unexpected } from '../announced.ts'
import { exec, tryExec } from '../exec.ts'
import { filesOf, publicPackages, unpack } from '../packages.ts'
import type { Client } from './clients.ts'
import type { Context } from './context.ts'
import { expectSame } from './expect.ts'
import { lockProblems } from './lock-problems.ts'
import { installedVersion, integrityOf, tarballOf } from './release.ts'

const example = 'apps/flight-delays'
const fixtures = join(import.meta.dirname, '../../fixtures/app')
const assets = [
  'aviation.flights',
  'aviation.rejected_flights',
  'geo.airports',
  'delays.daily_airport',
  'delays.airport',
  'delays.route',
]

interface Manifest {
  readonly version: string
  readonly dependencies?: Readonly<Record<string, string>>
}
const manifestOf = (folder: string): Manifest =>
  JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as Manifest

/** Where the app finds its data, and one thread, so that sums of floats are the same in every run. */
function writeEnvironment({ copy }: Context, folder: string): void {
  const landing = realpathSync(join(copy, example, 'node_modules/vega-datasets/data'))
  const conf = join(folder, 'conf/rehearsal')
  mkdirSync(conf, { recursive: true })
  writeFileSync(join(conf, 'globals.yml'), JSON.stringify({ landing, curated: 'data/rehearsal' }))
  writeFileSync(join(conf, 'resources.yml'), 'duckdb: { threads: 1 }\n')
}

/** Runs everything, and gives a line per asset: how many rows, and a digest of all of them. */
async function rowsOf(levada: readonly string[], cwd: string, env: NodeJS.ProcessEnv): Promise<string[]> {
  const [command, ...first] = levada
  const run = (...words: string[]): Promise<string> =>
    exec(command!, [...first, ...words, '--env', 'rehearsal'], { cwd, env })
  await run('run')
  const digests = assets.map(
    (asset) =>
      `select '${asset}' as asset, count(*) as n, sum(cast(hash(t) as hugeint)) as digest from ${asset} t`,
  )
  const printed = await run('query', digests.join(' union all '), '--json')
  const rows = JSON.parse(printed) as { asset: string; n: string; digest: string }[]
  const empty = rows.filter(({ n }) => Number(n) === 0)
  if (rows.length !== assets.length || empty.length > 0) throw new Error(`These are not all rows: ${printed}`)
  return rows.map(({ asset, n, digest }) => `${asset}: ${n} rows, digest ${digest}`).toSorted()
}

/** The rows that the app of the workspace makes, from the sources of its packages. */
export async function workspaceRows(context: Context): Promise<string[]> {
  const folder = join(context.copy, example)
  writeEnvironment(context, folder)
  return rowsOf(['node', join(context.copy, 'packages/cli/bin/levada.mjs')], folder, context.env)
}

/** The app of a team elsewhere that depends on published packages: the example, with versions for `workspace:`. */
export function writeApp(context: Context, { name }: Client): string {
  const folder = join(context.temp, 'apps', name)
  for (const file of ['levada.config.ts', 'conf/base'])
    cpSync(join(context.copy, example, file), join(folder, file), { recursive: true })
  writeEnvironment(context, folder)
  const versions = new Map(publicPackages(context.copy).map((each) => [each.name, each.version]))
  const ours = Object.keys(manifestOf(join(context.copy, example)).dependencies ?? {})
  const manifest = {
    name: 'flight-delays',
    private: true,
    type: 'module',
    dependencies: {
      ...Object.fromEntries(ours.map((each) => [each, versions.get(each)!])),
      zod: installedVersion(context, 'zod'),
    },
    devDependencies: {
      '@types/node': installedVersion(context, '@types/node'),
      typescript: installedVersion(context, 'typescript'),
    },
  }
  writeFileSync(join(folder, 'package.json'), JSON.stringify(manifest, null, 2))
  return folder
}

/**
 * What was installed is what was packed: each of our packages in the lockfile, the requests that the registry had from this
 * client, and every file on the disk.
 */
export async function checkInstalled(
  context: Context,
  client: Client,
  folder: string,
  since: number,
): Promise<void> {
  const { registry } = context
  const packages = new Map(publicPackages(context.copy).map((each) => [each.name, each]))
  const locked = client.locked(folder).filter(({ name }) => registry.scopes.includes(name.split('/')[0]!))
  const needed = new Set<string>()
  const need = (dependencies: Readonly<Record<string, string>> = {}): void => {
    for (const name of Object.keys(dependencies)) {
      const each = packages.get(name)
      if (!each || needed.has(name)) continue
      needed.add(name)
      need(manifestOf(join(context.copy, each.dir)).dependencies)
    }
  }
  need(manifestOf(folder).dependencies)
  expectSame(
    `packages of ours in the lockfile of ${client.name}`,
    locked.map(({ name }) => name).toSorted(),
    [...needed].toSorted(),
  )
  const asked = registry.requests.slice(since).filter(({ agent }) => agent.includes(client.agent))
  for (const entry of locked) {
    const { name, version } = entry
    const each = packages.get(name)!
    const tarball = tarballOf(context, each)
    const expected = { version: each.version, integrity: integrityOf(tarball) }
    const problems = lockProblems(client, entry, expected, registry.url)
    if (problems.length > 0) throw new Error(problems.join('\n'))
    const path = `/${name}/-/${name.split('/')[1]}-${version}.tgz`
    if (!asked.some((request) => request.path === path))
      throw new Error(`${client.name} installed ${name} and did not ask the registry for ${path}`)
    const packed = await unpack(tarball, join(context.temp, 'inspected'))
    expectSame(
      `${client.name}: files of ${name}`,
      digests(filesOf(installedFolder(folder, name))),
      digests(packed),
    )
  }
}

/** What nothing but other packages depends on lies deeper with pnpm. */
function installedFolder(folder: string, name: string): string {
  const places = ['node_modules', 'node_modules/.pnpm/node_modules'].map((place) => join(folder, place, name))
  const place = places.find((each) => existsSync(each))
  if (place === undefined) throw new Error(`${name} is in the lockfile of ${folder}, and not installed`)
  return place
}

const digests = (files: ReadonlyMap<string, string>): string[] =>
  [...files]
    .filter(([file]) => !file.startsWith('node_modules/'))
    .map(([file, text]) => `${file} ${createHash('sha256').update(text).digest('hex')}`)
    .toSorted()

const resolutions = {
  nodenext: { module: 'nodenext', moduleResolution: 'nodenext' },
  bundler: { module: 'esnext', moduleResolution: 'bundler' },
}

/**
 * The app compiles, and what must not compile is told in the sentences of the foundation: with both ways to resolve modules,
 * and with the declarations of packages checked too.
 */
export async function checkTypes(
  { outside, copy }: Context,
  { name }: Client,
  folder: string,
): Promise<void> {
  const entries = publicEntries(folder)
  writeFileSync(join(folder, 'entries.ts'), entries.map((entry) => `import '${entry}'\n`).join(''))
  cpSync(fixtures, folder, { recursive: true })
  const erroneous = ['composition.ts', 'authoring.ts']
  for (const file of erroneous) cpSync(join(copy, 'packages/core/test/type-errors', file), join(folder, file))
  const files = ['levada.config.ts', 'entries.ts', 'published.ts', ...erroneous]
  const expected = files.flatMap((file) => announced(file, readFileSync(join(folder, file), 'utf8')))
  for (const [resolution, options] of Object.entries(resolutions))
    for (const skipLibCheck of [true, false]) {
      const compilerOptions = {
        ...options,
        skipLibCheck,
        target: 'es2024',
        lib: ['es2024', 'esnext.disposable'],
        types: ['node'],
        strict: true,
        exactOptionalPropertyTypes: true,
        noUncheckedIndexedAccess: true,
        verbatimModuleSyntax: true,
        noUncheckedSideEffectImports: true,
        noEmit: true,
      }
      writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions, files }))
      const { stdout, stderr } = await tryExec(
        join(folder, 'node_modules/.bin/tsc'),
        ['-p', '.', '--pretty', 'false', '--noErrorTruncation'],
        { cwd: folder, env: outside },
      )
      const problems = unexpected(expected, diagnostics(stdout))
      const settings = `${name}, ${resolution}, skipLibCheck ${skipLibCheck ? 'on' : 'off'}`
      if (problems.length > 0) throw new Error(`${settings}:\n${problems.join('\n')}\n${stderr}`)
    }
}

/** Every entry of our installed packages that has types. */
function publicEntries(folder: string): string[] {
  const names = Object.keys(manifestOf(folder).dependencies ?? {}).filter((each) =>
    each.startsWith('@levada'),
  )
  return names.flatMap((name) => {
    const { exports } = JSON.parse(
      readFileSync(join(folder, 'node_modules', name, 'package.json'), 'utf8'),
    ) as { exports: Record<string, unknown> }
    return Object.keys(exports)
      .filter((entry) => !entry.endsWith('.json'))
      .map((entry) => `${name}${entry.slice(1)}`)
  })
}

export async function checkRows(
  { outside }: Context,
  { name }: Client,
  folder: string,
  expected: readonly string[],
): Promise<void> {
  const levada = join(folder, 'node_modules/.bin/levada')
  expectSame(`rows of the app that ${name} installed`, await rowsOf([levada], folder, outside), expected)
}

/** Each client needs some hundred megabytes; what npm and pnpm have fetched is of use to the team later. */
export function removeApp({ name }: Client, folder: string): void {
  const caches = name === 'npm' || name === 'pnpm' ? [] : [`${folder}.cache`, `${folder}.global`]
  for (const each of [folder, ...caches]) rmSync(each, { recursive: true, force: true })
}
