// A release from beginning to end, on a copy of this repository and into a registry of our own:
// changesets raise versions, packages are built, packed, inspected, published, published again, and installed.
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { exec, steps, tryExec, withoutNpm } from './exec.ts'
import type { Outcome } from './exec.ts'
import { inspect } from './inspect.ts'
import { expectedOf, publicPackages, root, unpack } from './packages.ts'
import type { PublicPackage } from './packages.ts'
import { startRegistry } from './registry.ts'

const temp = mkdtempSync(join(tmpdir(), 'levada-release-'))
process.on('exit', () => rmSync(temp, { recursive: true, force: true }))
const copy = join(temp, 'copy')
const packs = join(temp, 'packs')
const consumer = join(temp, 'consumer')
const plan = join(temp, 'plan.json')
const before = new Map(publicPackages(root).map(({ name, version }) => [name, version]))
const env = { ...withoutNpm(process.env), CI: '1', NX_DAEMON: 'false' }

await using registry = await startRegistry(join(temp, 'registry'))
const scopes = `@levada:registry=${registry.url}\n@levada-examples:registry=${registry.url}\n`
const token = `${registry.url.slice('http:'.length)}:_authToken=${registry.token}\n`

await steps({
  'copy the repository': copyRepository,
  'raise versions': raiseVersions,
  build: build,
  'resolved registry is ours': assertRegistry,
  'pack and inspect': pack,
  publish: publish,
  'publish again': publishAgain,
  'install and import': install,
  'run a pipeline': runPipeline,
  'types without those of Node': checkTypes,
})

function run(command: string, ...args: string[]): Promise<string> {
  return exec(command, args, { cwd: copy, env })
}

function changeset(...args: string[]): Promise<Outcome> {
  return tryExec('node_modules/.bin/changeset', args, { cwd: copy, env })
}

async function changesetOrThrow(...args: string[]): Promise<string> {
  const { exitCode, stdout, stderr } = await changeset(...args)
  if (exitCode !== 0) throw new Error(`changeset ${args.join(' ')}: exit ${exitCode}\n${stdout}${stderr}`)
  return stdout + stderr
}

async function commit(subject: string): Promise<void> {
  await run('git', 'add', '--all')
  await run('git', 'commit', '--quiet', '--allow-empty', '--no-verify', '--message', subject)
}

async function copyRepository(): Promise<void> {
  const listed = await exec('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], {
    cwd: root,
  })
  for (const file of listed.split('\0').filter((path) => path !== '' && existsSync(join(root, path)))) {
    mkdirSync(dirname(join(copy, file)), { recursive: true })
    copyFileSync(join(root, file), join(copy, file))
  }
  await run('git', 'init', '--quiet', '--initial-branch=main')
  await run('git', 'config', 'user.name', 'Rehearsal')
  await run('git', 'config', 'user.email', 'rehearsal@example.invalid')
  await commit('base')
  await run('git', 'switch', '--quiet', '--create', 'change')
  // From the packages that the install of this repository has left on this machine.
  await exec('pnpm', ['install', '--frozen-lockfile', '--prefer-offline'], { cwd: copy })
}

async function raiseVersions(): Promise<void> {
  await changesetOrThrow('add', '--minor', '@levada/core', '-m', 'A change for the rehearsal.')
  await commit('change')
  const status = await changesetOrThrow('status', '--since', 'main')
  if (!status.includes('@levada/core'))
    throw new Error(`changeset status does not name the change:\n${status}`)
  await changesetOrThrow('version')
  const raised = publicPackages(copy).filter(({ name, version }) => version !== before.get(name))
  if (!raised.some(({ name }) => name === '@levada/core'))
    throw new Error('changeset version did not raise @levada/core')
  const tooFar = raised.find(({ name, version }) => version.split('.')[0] !== before.get(name)?.split('.')[0])
  if (tooFar) throw new Error(`A minor change of core makes ${tooFar.name} ${tooFar.version}`)
  await commit('version')
  const again = await changeset('version')
  if (again.exitCode !== 1) throw new Error(`A second changeset version: exit ${again.exitCode}, expected 1`)
}

async function build(): Promise<void> {
  await run('node_modules/.bin/nx', 'run-many', '--target=build')
}

async function assertRegistry(): Promise<void> {
  writeFileSync(join(copy, '.npmrc'), `registry=${registry.url}\n${scopes}${token}`)
  for (const client of ['npm', 'pnpm'])
    for (const key of ['registry', '@levada:registry', '@levada-examples:registry']) {
      const value = (await run(client, 'config', 'get', key)).trim()
      if (value !== registry.url) throw new Error(`${client} would publish to ${value} (${key})`)
    }
}

async function pack(): Promise<void> {
  await changesetOrThrow('publish-plan', '--output', plan)
  await changesetOrThrow('pack', '--from-publish-plan', plan, '--out-dir', packs)
  const problems = await Promise.all(
    publicPackages(copy).map(async (each) => {
      const files = await unpack(tarballOf(each), temp)
      return inspect(files, expectedOf(copy, each)).map((problem) => `${each.name}: ${problem}`)
    }),
  )
  if (problems.flat().length > 0) throw new Error(problems.flat().join('\n'))
}

function tarballOf({ name, version }: PublicPackage): string {
  return join(packs, 'packages', `${name.slice(1).replace('/', '-')}-${version}.tgz`)
}

async function publish(): Promise<void> {
  await changesetOrThrow('publish', '--from-pack-dir', packs, '--no-git-tag')
  for (const { name, version } of publicPackages(copy)) {
    const response = await fetch(`${registry.url}${name.replace('/', '%2f')}/${version}`)
    if (!response.ok) throw new Error(`${name}@${version} is not in the registry: ${response.status}`)
  }
}

async function publishAgain(): Promise<void> {
  await changesetOrThrow('publish-plan', '--output', plan)
  const releases = (JSON.parse(readFileSync(plan, 'utf8')) as { plan: unknown[][] }).plan.flat()
  if (releases.length > 0) throw new Error(`Still to be published: ${JSON.stringify(releases)}`)
  const [first] = publicPackages(copy)
  if (!first) throw new Error('There is no public package')
  const { exitCode, stdout, stderr } = await tryExec('npm', ['publish', tarballOf(first)], { cwd: copy, env })
  if (exitCode === 0) throw new Error(`${first.name} was published twice`)
  if (!/already|previously published|EPUBLISHCONFLICT|409|403/i.test(stdout + stderr))
    throw new Error(`A second publish failed for another reason:\n${stdout}${stderr}`)
}

/** Core's declarations are for everybody, and name nothing of Node. */
async function checkTypes(): Promise<void> {
  const entries = ['@levada/core', '@levada/core/run', '@levada/core/spi']
  writeFileSync(join(consumer, 'types.ts'), entries.map((entry) => `import '${entry}'\n`).join(''))
  const compilerOptions = {
    module: 'nodenext',
    target: 'es2024',
    lib: ['es2024', 'esnext.disposable'],
    types: [],
    strict: true,
    noEmit: true,
    noUncheckedSideEffectImports: true,
  }
  writeFileSync(join(consumer, 'tsconfig.json'), JSON.stringify({ compilerOptions, files: ['types.ts'] }))
  const { exitCode, stdout } = await tryExec(join(copy, 'node_modules/.bin/tsc'), ['-p', '.'], {
    cwd: consumer,
    env,
  })
  // Not everything that core depends on does without.
  const ours = stdout.split('\n').filter((line) => /^types\.ts|node_modules\/@levada/.test(line))
  if (ours.length > 0 || (exitCode !== 0 && stdout === ''))
    throw new Error(ours.join('\n') || 'tsc did not run')
}

/** As a user: only our scopes come from our registry, and nothing of the workspace is near. */
async function install(): Promise<void> {
  mkdirSync(consumer)
  const packages = publicPackages(copy)
  const dependencies = Object.fromEntries(packages.map(({ name, version }) => [name, version]))
  writeFileSync(
    join(consumer, 'package.json'),
    JSON.stringify({ private: true, type: 'module', dependencies: { ...dependencies, zod: '^4.6.7' } }),
  )
  writeFileSync(join(consumer, '.npmrc'), scopes)
  // What was published a second ago is too young by default.
  writeFileSync(join(consumer, 'pnpm-workspace.yaml'), 'minimumReleaseAge: 0\nallowBuilds: { nx: false }\n')
  await exec('pnpm', ['install', '--prefer-offline'], { cwd: consumer })
  const imports = packages.map(({ name }) => `await import('${name}')`).join('\n')
  await exec('node', ['--input-type=module', '--eval', imports], { cwd: consumer, env })
}

/** The command as it is installed: every file that it loads has to be there, and one zod has to do for all packages. */
async function runPipeline(): Promise<void> {
  const files = {
    'conf/base/catalog.yml': "'{domain}.{table}': { type: parquet, path: 'data/{domain}/{table}' }\n",
    'levada.config.ts': `import { asset, defineApp, definePipeline, sql, sqlNode } from '@levada/core'
import { parquet } from '@levada/io-parquet'
import { duckdb } from '@levada/resource-duckdb'
import * as zod from 'zod'
import * as core from 'zod/v4/core'
import * as v4 from 'zod/v4'

if (zod.core.$ZodType !== core.$ZodType || zod.z.object !== v4.z.object) throw new Error('There are two zods')
const numbers = asset('demo.numbers', { schema: zod.z.object({ n: zod.z.int() }) })
const count = sqlNode('count', { inputs: {}, output: numbers, sql: sql\`select n from range(10) as r(n)\` })
export default defineApp({
  name: 'demo',
  plugins: [duckdb(), parquet()],
  pipelines: [definePipeline('demo', { nodes: [count] })],
})
`,
  }
  for (const [file, text] of Object.entries(files)) {
    mkdirSync(join(consumer, file, '..'), { recursive: true })
    writeFileSync(join(consumer, file), text)
  }
  const levada = (...words: string[]): Promise<string> =>
    exec('node_modules/.bin/levada', words, { cwd: consumer, env })
  if (!(await levada('run')).includes('demo.numbers: 10 rows'))
    throw new Error('levada run says nothing of its rows')
  const rows = JSON.parse(await levada('query', 'select sum(n) as n from demo.numbers', '--json')) as unknown
  if (JSON.stringify(rows) !== '[{"n":"45"}]') throw new Error(`levada query: ${JSON.stringify(rows)}`)
  // What was made at build time is what the program says.
  const made = await levada('--help')
  const said = await levada('--help', '--json').catch(() => '')
  if (made !== said) throw new Error(`levada --help differs from what the program prints:\n${made}\n${said}`)
}
