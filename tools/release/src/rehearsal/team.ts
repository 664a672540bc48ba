import { cpSync, globSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { exec, tryExec } from '../exec.ts'
import type { Outcome } from '../exec.ts'
import { publicPackages } from '../packages.ts'
import { npmrc } from '../registry.ts'
import { changesetBin } from './context.ts'
import type { Context } from './context.ts'
import { expectSame, expectText } from './expect.ts'
import { assertRegistry, installedVersion } from './release.ts'
import { initRepository, shown } from './repository.ts'
import type { Repository } from './repository.ts'

/** A team's own workspace, and its two packages and private app. */
export interface Team extends Repository {
  readonly context: Context
}

const fixtures = join(import.meta.dirname, '../../fixtures/team')
const tidesSource = 'pipelines/tides/src/pipeline.ts'
const tides = '@acme/tides'
const app = '@acme/coast-app'

/** A workspace that has nothing but what the registry gives. */
export async function createTeam(context: Context): Promise<Team> {
  const dir = join(context.temp, 'team')
  cpSync(fixtures, dir, { recursive: true })
  renameSync(join(dir, 'gitignore'), join(dir, '.gitignore'))
  for (const file of globSync('**/package.json', { cwd: dir })) fillVersions(context, join(dir, file))
  const team = { ...(await initRepository(dir, context.outside, changesetBin)), context }
  await assertRegistry(context, team)
  await team.run(
    'pnpm',
    'install',
    '--no-frozen-lockfile',
    '--store-dir',
    join(context.temp, 'apps/pnpm.store'),
  )
  return team
}

/** `*` becomes what the rehearsal has published, or what this repository has. */
function fillVersions(context: Context, file: string): void {
  const manifest = JSON.parse(readFileSync(file, 'utf8')) as Record<string, unknown>
  const published = new Map(publicPackages(context.copy).map(({ name, version }) => [name, version]))
  for (const key of ['dependencies', 'devDependencies'])
    manifest[key] = Object.fromEntries(
      Object.entries((manifest[key] ?? {}) as Record<string, string>).map(([name, version]) => [
        name,
        version === '*' ? (published.get(name) ?? installedVersion(context, name)) : version,
      ]),
    )
  writeFileSync(file, `${JSON.stringify(manifest, null, 2)}\n`)
}

export async function firstRelease(team: Team): Promise<void> {
  const plan = await release(team, {})
  expectSame(
    'the first plan of the team',
    plan,
    ['@acme/harbors@1.0.0', '@acme/tides@1.0.0', '@acme/coast-app@1.0.0 (tag only)'].toSorted(),
  )
}

/** A feature of a package raises the private app that has it: that gets a tag, and no registry hears of it. */
export async function privateApp(team: Team): Promise<void> {
  edit(team, tidesSource, [
    ['level_cm: z.int() })', 'level_cm: z.int(), basin: z.string() })'],
    ['select station, level_cm', "select station, level_cm, 'atlantic' as basin"],
  ])
  await team.changeset('add', '--minor', tides, '-m', 'The basin of each station.')
  await team.changeset('version')
  const plan = await release(team, {})
  expectSame('the plan of a feature', plan, [`${app}@1.0.1 (tag only)`, `${tides}@1.1.0`])
  const tags = (await team.run('git', 'tag', '--list')).trim().split('\n')
  expectSame('git tags', tags.filter((tag) => tag.startsWith(tides) || tag.startsWith(app)).toSorted(), [
    `${app}@1.0.0`,
    `${app}@1.0.1`,
    `${tides}@1.0.0`,
    `${tides}@1.1.0`,
  ])
  const response = await fetch(`${team.context.registry.url}${app.replace('/', '%2f')}`)
  expectSame('status of the private app in the registry', response.status, 404)
}

/** What is tried out of a branch is published under a tag of its own, and the branch keeps no trace of it. */
export async function snapshot(team: Team): Promise<void> {
  await team.changeset('add', '--minor', tides, '-m', 'An experiment.')
  await team.changeset('version', '--snapshot', 'pr-7')
  const [published = ''] = (await release(team, { tag: 'pr-7', gitTag: false })).filter((each) =>
    each.startsWith(tides),
  )
  expectText('the version of a snapshot', published, /^@acme\/tides@0\.0\.0-pr-7-\d{14}-[0-9a-f]{7}$/)
  expectSame('dist-tags', await distTags(team), {
    latest: '1.1.0',
    'pr-7': published.slice(tides.length + 1),
  })
  const tags = await team.run('git', 'tag', '--list', `${tides}@0*`)
  expectSame('git tags of a snapshot', tags, '')
  await team.run('git', 'reset', '--quiet', '--hard', `${tides}@1.1.0`)
}

/** An app elsewhere that has both packages in their first major version: it compiles, and fits. */
export async function consumer(context: Context): Promise<void> {
  const folder = consumerFolder(context)
  cpSync(join(fixtures, 'apps/coast'), folder, { recursive: true })
  const file = join(folder, 'package.json')
  writeFileSync(file, readFileSync(file, 'utf8').replaceAll('workspace:*', '^1.0.0'))
  fillVersions(context, file)
  writeFileSync(
    join(folder, '.npmrc'),
    `registry=${context.registry.url}\n${npmrc(context.registry)}audit=false\n`,
  )
  const compilerOptions = {
    module: 'nodenext',
    target: 'es2024',
    types: ['node'],
    strict: true,
    noEmit: true,
  }
  writeFileSync(
    join(folder, 'tsconfig.json'),
    JSON.stringify({ compilerOptions, files: ['levada.config.ts'] }),
  )
  const tools = ['typescript', '@types/node'].map((name) => `${name}@${installedVersion(context, name)}`)
  await npmInstall(context, '--save-dev', ...tools)
  expectSame('version that ^1.0.0 installs', consumerVersion(context), '1.1.0')
  expectSame('tsc before the upgrade', await compile(context), { exitCode: 0, stdout: '', stderr: '' })
  const { exitCode, stdout, stderr } = await check(context)
  expectSame('exit code of levada check before the upgrade', exitCode, 0)
  if (exitCode !== 0) throw new Error(stdout + stderr)
}

/**
 * A column is renamed and called a minor change: refused before versions are raised, and once more for tarballs that somebody
 * packed all the same. What the check then writes is enough.
 */
export async function breakingAsMinor(team: Team): Promise<void> {
  edit(team, tidesSource, [
    ['level_cm: z.int()', 'level_mm: z.int()'],
    ['select station, level_cm', 'select station, level_cm * 10 as level_mm'],
  ])
  await team.changeset('add', '--minor', tides, '-m', 'Levels are in millimetres: level_mm for level_cm.')
  await build(team)
  await team.commit('millimetres')
  const refused = await releaseCheck(team)
  expectSame('exit code of levada release check', refused.exitCode, 1)
  for (const word of ['coast.tides', 'level_cm', '@acme/harbors', 'major'])
    expectText('levada release check', refused.stdout, word)

  await team.changeset('version')
  await team.changeset('publish-plan', '--output', '../refused.json')
  const packs = '../refused'
  await team.changeset('pack', '--from-publish-plan', '../refused.json', '--out-dir', packs)
  const packed = await releaseCheck(team, '--packed', packs)
  expectSame('exit code of levada release check --packed', packed.exitCode, 1)
  expectText('levada release check --packed', packed.stdout, 'level_cm')
  await team.run('git', 'reset', '--quiet', '--hard')
  await team.run('git', 'clean', '--quiet', '--force', '-d')

  const fixed = await releaseCheck(team, '--fix')
  expectSame('exit code of levada release check --fix', fixed, { ...fixed, exitCode: 0 })
  const enough = await releaseCheck(team)
  expectSame('levada release check after --fix', enough, { ...enough, exitCode: 0 })
}

/** It says in its changelog what became of the data. */
export async function breakingRelease(team: Team): Promise<void> {
  await team.changeset('version')
  const plan = await release(team, {})
  expectText('the plan of a breaking change', plan.join(' '), `${tides}@2.0.0`)
  expectSame('latest', (await distTags(team)).latest, '2.0.0')
  const changelog = readFileSync(join(team.dir, 'pipelines/tides/CHANGELOG.md'), 'utf8')
  expectText('the changelog', changelog, 'Data contract changes')
  expectText('the changelog', changelog, 'level_cm')
}

const misfit = "harbors: needs 'coast.tides'.level_cm: number, but 'tides' has no such column"

/** Who installs the new major version is told by the compiler which column is gone. */
export async function upgrade(context: Context): Promise<void> {
  await npmInstall(context, `${tides}@2.0.0`)
  const { exitCode, stdout } = await compile(context)
  expectSame('exit code of tsc after the upgrade', exitCode !== 0, true)
  expectText('tsc after the upgrade', stdout, misfit)
}

/** Each package was compiled when it fitted; what they say of themselves at run time does not fit any more. */
export async function compiledApart(context: Context): Promise<void> {
  const { exitCode, stdout, stderr } = await check(context)
  expectSame('exit code of levada check after the upgrade', exitCode, 1)
  expectText('levada check after the upgrade', stdout + stderr, /coast\.tides.*level_cm/)
}

/** A fix of an old major version goes out under a tag of its own. */
export async function oldFix(team: Team): Promise<void> {
  await team.run('git', 'switch', '--quiet', '--create', '1.x', `${tides}@1.1.0`)
  edit(team, tidesSource, [["('south', -30)", "('south', -31)"]])
  await team.changeset('add', '--patch', tides, '-m', 'The southern gauge was read wrongly.')
  await team.changeset('version')
  const plan = await release(team, { tag: 'latest-1' })
  expectText('the plan of a fix', plan.join(' '), `${tides}@1.1.1`)
  expectSame(
    'packages in the plan of a fix',
    plan.filter((each) => !each.endsWith('(tag only)')),
    [`${tides}@1.1.1`],
  )
  const { latest, 'latest-1': old } = await distTags(team)
  expectSame('latest, and the tag of the fix', [latest, old], ['2.0.0', '1.1.1'])
  await npmInstall(team.context, `${tides}@^1.0.0`)
  expectSame('version that ^1.0.0 installs', consumerVersion(team.context), '1.1.1')
  expectSame('exit code of tsc with the fix', (await compile(team.context)).exitCode, 0)
  await team.run('git', 'switch', '--quiet', 'main')
}

const consumerFolder = ({ temp }: Context): string => join(temp, 'apps/coast')

const consumerVersion = (context: Context): string =>
  (
    JSON.parse(
      readFileSync(join(consumerFolder(context), 'node_modules', tides, 'package.json'), 'utf8'),
    ) as { version: string }
  ).version

async function npmInstall(context: Context, ...packages: string[]): Promise<void> {
  const cache = ['--cache', join(context.temp, 'apps/npm.cache'), '--prefer-online']
  await exec('npm', ['install', ...cache, ...packages], {
    cwd: consumerFolder(context),
    env: context.outside,
  })
}

const compile = (context: Context): Promise<Outcome> =>
  tryExec('node_modules/.bin/tsc', ['-p', '.', '--pretty', 'false'], {
    cwd: consumerFolder(context),
    env: context.outside,
  })

const check = (context: Context): Promise<Outcome> =>
  tryExec('node_modules/.bin/levada', ['check'], { cwd: consumerFolder(context), env: context.outside })

/** Builds, and publishes what the registry does not have; gives what the plan said. */
async function release(
  team: Team,
  { tag, gitTag = true }: { readonly tag?: string; readonly gitTag?: boolean },
): Promise<string[]> {
  await build(team)
  await team.commit('release')
  const plan = await team.plan('../team-plan.json')
  const more = gitTag ? [] : ['--no-git-tag']
  if (tag === undefined) {
    const packs = `../team-packs-${plan.map(({ version }) => version).join('-')}`
    await team.changeset('pack', '--from-publish-plan', '../team-plan.json', '--out-dir', packs)
    const checked = await releaseCheck(team, '--packed', packs)
    expectSame('levada release check of what was packed', checked, { ...checked, exitCode: 0 })
    await team.changeset('publish', '--from-pack-dir', packs, ...more)
    // Changesets knows no other tag than `latest` for what was packed before.
  } else await team.changeset('publish', '--tag', tag, ...more)
  return shown(plan).toSorted()
}

async function build(team: Team): Promise<void> {
  const folders = ['pipelines/tides', 'pipelines/harbors']
  await team.run('node_modules/.bin/levada', 'generate', ...folders)
  for (const folder of folders) await team.run('node_modules/.bin/tsc', '-p', folder)
}

const releaseCheck = (team: Team, ...args: string[]): Promise<Outcome> =>
  team.tryRun('node_modules/.bin/levada', 'release', 'check', ...args)

function edit({ dir }: Team, file: string, changes: readonly (readonly [string, string])[]): void {
  let text = readFileSync(join(dir, file), 'utf8')
  for (const [from, to] of changes) {
    if (!text.includes(from)) throw new Error(`${file} does not hold ${from}`)
    text = text.replace(from, to)
  }
  writeFileSync(join(dir, file), text)
}

async function distTags({ context }: Team): Promise<Record<string, string>> {
  const response = await fetch(`${context.registry.url}-/package/${tides.replace('/', '%2f')}/dist-tags`)
  return (await response.json()) as Record<string, string>
}
