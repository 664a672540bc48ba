import { createHash } from 'node:crypto'
import {
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  readFileSync,
  realpathSync,
  writeFileSync,
} from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { contractProblems } from '../contract-problems.ts'
import type { Unpacked } from '../contract-problems.ts'
import { exec, tryExec } from '../exec.ts'
import type { Outcome } from '../exec.ts'
import { expectedOf, publicPackages, root, unpack } from '../packages.ts'
import type { PublicPackage } from '../packages.ts'
import { npmrc, publishTarball } from '../registry.ts'
import type { Registry } from '../registry.ts'
import { tarballProblems } from '../tarball-problems.ts'
import { changesetBin } from './context.ts'
import type { Context } from './context.ts'
import { expectSame, expectText } from './expect.ts'
import { initRepository, shown } from './repository.ts'
import type { Repository } from './repository.ts'

const app = '@levada-examples/flight-delays-app'

export const tarballOf = ({ packs }: Context, { tarball }: PublicPackage): string =>
  join(packs, 'packages', tarball)

export function integrityOf(tarball: string): string {
  return `sha512-${createHash('sha512').update(readFileSync(tarball)).digest('base64')}`
}

/** A copy of the files that git knows or would know, installed from what is on this machine. */
export async function copyRepository({ copy, env }: Context): Promise<Repository> {
  const listed = await exec('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], {
    cwd: root,
  })
  for (const file of listed.split('\0').filter((path) => path !== '' && existsSync(join(root, path)))) {
    mkdirSync(dirname(join(copy, file)), { recursive: true })
    copyFileSync(join(root, file), join(copy, file))
  }
  const repository = await initRepository(copy, env, changesetBin)
  await repository.run('git', 'switch', '--quiet', '--create', 'change')
  await exec('pnpm', ['install', '--frozen-lockfile', '--prefer-offline'], { cwd: copy })
  return repository
}

/** A feature of core raises the packages that depend on it, and the private app too. */
export async function raiseVersions({ copy }: Context, repository: Repository): Promise<void> {
  const before = new Map(publicPackages(root).map(({ name, version }) => [name, version]))
  await repository.changeset('add', '--minor', '@levada/core', '-m', 'A change for the rehearsal.')
  await repository.commit('change')
  expectText('changeset status', await repository.changeset('status', '--since', 'main'), '@levada/core')
  await repository.changeset('version')
  const raised = publicPackages(copy).filter(({ name, version }) => version !== before.get(name))
  if (!raised.some(({ name }) => name === '@levada/core'))
    throw new Error('changeset version did not raise @levada/core')
  const tooFar = raised.find(({ name, version }) => version.split('.')[0] !== before.get(name)?.split('.')[0])
  if (tooFar) throw new Error(`A minor change of core makes ${tooFar.name} ${tooFar.version}`)
  if (versionOf(copy, 'apps/flight-delays') === versionOf(root, 'apps/flight-delays'))
    throw new Error(`changeset version did not raise the private ${app}`)
  await repository.commit('version')
  const again = await repository.tryChangeset('version')
  expectSame('exit code of a second changeset version', again.exitCode, 1)
}

/** The version of a package of others that this repository has. */
export const installedVersion = ({ copy }: Context, name: string): string =>
  name === 'zod'
    ? `^${versionOf(copy, 'packages/core/node_modules/zod')}`
    : versionOf(copy, `node_modules/${name}`)

const versionOf = (workspace: string, dir: string): string =>
  (JSON.parse(readFileSync(join(workspace, dir, 'package.json'), 'utf8')) as { version: string }).version

export async function build(repository: Repository): Promise<void> {
  await repository.run('node_modules/.bin/nx', 'run-many', '--target=build')
}

/** Before anything is published: npm and pnpm would publish to our registry. */
export async function assertRegistry({ registry }: Context, repository: Repository): Promise<void> {
  writeFileSync(
    join(repository.dir, '.npmrc'),
    `registry=${registry.url}\n${npmrc(registry, registry.token)}`,
  )
  for (const client of ['npm', 'pnpm'])
    for (const key of ['registry', ...registry.scopes.map((scope) => `${scope}:registry`)]) {
      const value = (await repository.run(client, 'config', 'get', key)).trim()
      if (value !== registry.url) throw new Error(`${client} would publish to ${value} (${key})`)
    }
}

/** The plan names every public package once, and private ones as tags only. */
export async function pack({ copy, packs }: Context, repository: Repository): Promise<void> {
  const plan = await repository.plan('../plan.json')
  const published = publicPackages(copy).map(({ name, version }) => `${name}@${version}`)
  const tagged = `${app}@${versionOf(copy, 'apps/flight-delays')} (tag only)`
  expectSame('the publish plan', shown(plan).toSorted(), [...published, tagged].toSorted())
  await repository.changeset('pack', '--from-publish-plan', '../plan.json', '--out-dir', packs)
}

const inspectedFolder = ({ temp }: Context): string => join(temp, 'inspected')

function unpackedPackages(context: Context): Unpacked[] {
  return publicPackages(context.copy).map(({ name, tarball }) => ({
    name,
    folder: join(inspectedFolder(context), basename(tarball, '.tgz')),
  }))
}

export async function checkTarballs(context: Context): Promise<void> {
  const problems = await Promise.all(
    publicPackages(context.copy).map(async (each) => {
      const tarball = tarballOf(context, each)
      const files = await unpack(tarball, inspectedFolder(context))
      const found = await tarballProblems(each.name, tarball, files, expectedOf(context.copy, each))
      return found.map((problem) => `${each.name}: ${problem}`)
    }),
  )
  if (problems.flat().length > 0) throw new Error(problems.flat().join('\n'))
}

/** Contracts are those of the packed code, and one that is not is found. */
export async function checkContracts(context: Context): Promise<void> {
  const zod = { zod: realpathSync(join(context.copy, 'packages/core/node_modules/zod')) }
  const temp = join(context.temp, 'contracts')
  const packages = unpackedPackages(context)
  expectSame('problems of contracts', await contractProblems(packages, zod, temp), [])

  const forged = join(context.temp, 'forged')
  const name = '@levada-examples/airports'
  cpSync(packages.find((each) => each.name === name)!.folder, forged, { recursive: true })
  const file = join(forged, 'contract.json')
  writeFileSync(file, readFileSync(file, 'utf8').replace('"latitude"', '"width"'))
  const others = packages.filter((each) => each.name !== name)
  expectSame(
    'problems of a forged contract',
    await contractProblems([...others, { name, folder: forged }], zod, temp),
    [`${name}: contract.json is not what the package does: provides differ`],
  )
}

/** The gate of what was packed: new packages pass, and a registry that does not answer is no pass. */
export async function checkRelease({ copy, packs, env }: Context): Promise<void> {
  const gate = (more: NodeJS.ProcessEnv): Promise<Outcome> =>
    tryExec('node', ['packages/cli/bin/levada.mjs', 'release', 'check', '--packed', packs, '--json'], {
      cwd: copy,
      env: { ...env, ...more },
    })
  const first = await gate({})
  const { packages } = JSON.parse(first.stdout) as { packages: { name: string; verdict: string }[] }
  const pipelines = publicPackages(copy).filter(({ dir }) => dir.startsWith('pipelines/'))
  expectSame(
    'verdicts of what is published for the first time',
    packages.map(({ name, verdict }) => `${name}: ${verdict}`).toSorted(),
    pipelines.map(({ name }) => `${name}: new`).toSorted(),
  )
  expectSame('exit code of levada release check', first.exitCode, 0)
  const unreachable = await gate({ 'npm_config_@levada-examples:registry': 'http://127.0.0.1:9/' })
  expectSame('exit code of levada release check without the registry', unreachable.exitCode, 2)
}

/** The registry fails once in the middle. What is missing then is published by a second attempt, and nothing else. */
export async function publishHalfThenRest(context: Context, repository: Repository): Promise<void> {
  const { copy, packs, registry } = context
  const all = await repository.plan('../plan.json')
  const victim = '@levada/resource-postgres'
  registry.refuseOnce(({ method, path }) => method === 'PUT' && path.startsWith(`/${victim}`))
  const first = await repository.tryChangeset('publish', '--from-pack-dir', packs, '--no-git-tag')
  expectSame('exit code of a publish that the registry interrupts', first.exitCode, 1)
  expectText('changeset publish', first.stdout + first.stderr, victim)

  const missing = (await repository.plan('../rest.json')).filter(({ kind }) => kind === 'publish')
  const rest = missing.map(({ name }) => name)
  // What depends on it comes later, and has to wait.
  if (!rest.includes(victim) || !rest.includes('@levada/io-postgres') || missing.length === all.length - 1)
    throw new Error(`Published by half, these are said to be missing: ${rest.join(', ')}`)
  const again = join(context.temp, 'packs-again')
  await repository.changeset('pack', '--from-publish-plan', '../rest.json', '--out-dir', again)
  const before = registry.requests.length
  await repository.changeset('publish', '--from-pack-dir', again, '--no-git-tag')
  const put = registry.requests.slice(before).filter(({ method }) => method === 'PUT')
  const published = put.map(({ path }) => path.slice(1).replace(/[?].*/, ''))
  expectSame('what the second attempt publishes', published.toSorted(), rest.toSorted())
  for (const each of publicPackages(copy)) await assertPublished(registry, each, tarballOf(context, each))
}

/** The registry gives out the very bytes that were packed. */
async function assertPublished(
  registry: Registry,
  { name, version }: PublicPackage,
  tarball: string,
): Promise<void> {
  const response = await fetch(`${registry.url}${name.replace('/', '%2f')}/${version}`)
  if (!response.ok) throw new Error(`${name}@${version} is not in the registry: ${response.status}`)
  const { dist } = (await response.json()) as { dist: { integrity: string; tarball: string } }
  expectSame(`integrity of ${name} in the registry`, dist.integrity, integrityOf(tarball))
  const bytes = Buffer.from(await (await fetch(dist.tarball)).arrayBuffer())
  if (!bytes.equals(readFileSync(tarball))) throw new Error(`The registry changed the bytes of ${name}`)
}

export async function publishAgain(context: Context, repository: Repository): Promise<void> {
  const { registry } = context
  const before = registry.requests.length
  const left = (await repository.plan('../plan.json')).filter(({ kind }) => kind === 'publish')
  expectSame('what is left to publish', shown(left), [])
  await repository.changeset('publish', '--no-git-tag')
  const put = registry.requests.slice(before).filter(({ method }) => method === 'PUT')
  expectSame('requests of a second publish', put, [])
}

/** The same version again is refused, and the first one stays what it is. */
export async function publishSameVersion(context: Context): Promise<void> {
  const { copy, registry } = context
  const [first, second] = publicPackages(copy)
  if (!first || !second) throw new Error('There are less than two public packages')
  const again = await publishTarball(registry, tarballOf(context, first))
  if (again.exitCode === 0) throw new Error(`${first.name}@${first.version} was published twice`)
  expectText('npm publish', again.stdout + again.stderr, /E409|EPUBLISHCONFLICT|previously published/)
  await assertPublished(registry, first, tarballOf(context, first))
}

/** Without a token, and with the one of somebody who may only read. */
export async function publishWithoutRights(context: Context): Promise<void> {
  const { copy, registry, temp } = context
  const [each] = publicPackages(copy)
  const folder = join(temp, 'rights')
  mkdirSync(folder)
  await exec('tar', ['-xzf', tarballOf(context, each!), '-C', folder], { cwd: temp })
  const file = join(folder, 'package/package.json')
  const manifest = JSON.parse(readFileSync(file, 'utf8')) as Record<string, unknown>
  writeFileSync(file, JSON.stringify({ ...manifest, version: '99.0.0' }))
  const tarball = join(folder, 'packed.tgz')
  await exec('tar', ['-czf', tarball, '-C', folder, 'package'], { cwd: temp })
  for (const [token, code] of [
    ['', /ENEEDAUTH|E401/],
    ['of-nobody', /E401|E403/],
    [await registry.guest(), /E403/],
  ] as const) {
    const { exitCode, stdout, stderr } = await publishTarball(registry, tarball, { token })
    if (exitCode === 0) throw new Error(`Published with the token '${token}'`)
    expectText('npm publish without rights', stdout + stderr, code)
  }
  const response = await fetch(`${registry.url}${each!.name.replace('/', '%2f')}/99.0.0`)
  expectSame('status of what nobody was allowed to publish', response.status, 404)
}
