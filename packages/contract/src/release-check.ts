import { existsSync, globSync, readFileSync, statSync } from 'node:fs'
import { basename, join, resolve } from 'node:path'
import { generatedFiles, isPipelinePackage, LevadaError, staleError, toLevadaErrors } from '@levada/core/run'
import compare from 'semver/functions/compare.js'
import inc from 'semver/functions/inc.js'
import major from 'semver/functions/major.js'
import minor from 'semver/functions/minor.js'
import prerelease from 'semver/functions/prerelease.js'
import valid from 'semver/functions/valid.js'
import { isEnough, largerBump, requiredBump, type Bump } from './bump.ts'
import type { Change } from './change.ts'
import { readChangesets, type Accepted, type Changeset, type Changesets } from './changesets.ts'
import { consumersOf, mapLimited, type Consumer, type NamedContract } from './consumers.ts'
import { diffContracts, type ContractDiff } from './diff.ts'
import { relaxedInChangelog } from './relaxed-text.ts'
import { openRegistry, type Registry } from './registry.ts'
import { hidesUses, renamedContracts } from './renamed-uses.ts'
import { fromFolder, fromPublished, fromTarball, tarballId, type ContractSide } from './side.ts'
import { workspacePackages, workspaceRoot, type WorkspacePackage } from './workspace.ts'

export interface RelaxedChange {
  readonly change: Change
  readonly reason: string
  readonly approvedBy: string
  /** The changeset, or the version whose changelog says so. */
  readonly by: string
}

export interface PackageReport {
  readonly name: string
  /** As it stands in package.json. */
  readonly version: string
  /** The version that would be released. */
  readonly next: string
  /** The published version that it is compared with; undefined for a new package. */
  readonly baseline: string | undefined
  readonly verdict: 'enough' | 'too-small' | 'new' | 'unchecked'
  readonly given: Bump
  readonly required: Bump
  readonly diff: ContractDiff | undefined
  readonly relaxed: readonly RelaxedChange[]
  /** Whoever in the workspace reads what breaks, or what is worth a look. */
  readonly consumers: readonly (Consumer & { readonly asset: string; readonly path?: string })[]
  /** Whoever else reads an asset that changes, or whose rows do. */
  readonly readers: readonly (Consumer & { readonly asset: string })[]
  /** Apps of the workspace that compose it, when params, resources or requirements break or are worth a look. */
  readonly apps: readonly string[]
  /** Assets that change with it, in this package and in those that read it. */
  readonly recompute: readonly string[]
  /** Packages whose assets it reads and which change, too: what it passes on is in its own diff. */
  readonly passesOn: readonly string[]
  /** Why it could not be checked. */
  readonly error?: LevadaError
}

export interface ReleaseReport {
  readonly root: string
  readonly packages: readonly PackageReport[]
  /** What one should know and what is no failure. */
  readonly notices: readonly string[]
}

export interface ReleaseOptions {
  /** @default the working directory */
  readonly cwd?: string
  readonly registry?: Registry
  /** Tarballs, or folders of tarballs: these are checked against the versions that they say. */
  readonly packed?: readonly string[]
  /** Loads the source of each package of the workspace, to see that its contract.json is what it says. */
  readonly source?: boolean
}

/**
 * Whether what is about to be released has the version that its contract asks for: of each pipeline package of the
 * workspace against what is published, with the pending changesets; or of packed tarballs with the version in them.
 * @throws PACKAGE_NOT_FOUND, CHANGESET_INVALID; what concerns one package is in its report
 */
export async function checkRelease(options: ReleaseOptions = {}): Promise<ReleaseReport> {
  const cwd = options.cwd ?? process.cwd()
  const root = workspaceRoot(cwd)
  const registry = options.registry ?? openRegistry(root)
  const packages = workspacePackages(root)
  const changesets = readChangesets(root)
  const candidates = options.packed
    ? await packedCandidates(options.packed, cwd, packages)
    : packages
        .filter((each) => !each.private && isPipeline(each))
        .map((each) => pending(each, changesets, options.source === true))
  const compared = await mapLimited(candidates, (each) => compareCandidate(each, registry))
  const relaxations = options.packed ? undefined : new Relaxations(changesets.all, compared)
  const { contracts, faults } = readable(packages)
  const changed = new Set(
    compared.flatMap(({ diff, name }) => (diff && diff.changes.length > 0 ? [name] : [])),
  )
  return {
    root,
    packages: compared.map((each) => reportOf(each, { relaxations, contracts, packages, changed })),
    notices: [
      ...changesets.orphans.map((file) => `${file} relaxes nothing: its changeset is gone. Remove it.`),
      ...faults,
      ...(candidates.length > 0
        ? []
        : [
            options.packed
              ? 'No tarball there has a contract.json.'
              : 'There is no public package with a contract.json here.',
          ]),
    ],
  }
}

interface Candidate {
  readonly name: string
  readonly version: string
  readonly next: string
  readonly dir: string | undefined
  readonly side: () => ContractSide | Promise<ContractSide>
}

/** Also one whose contract.json was lost: it is no other kind of package for that. */
const isPipeline = ({ dir, contract }: WorkspacePackage): boolean => contract || isPipelinePackage(dir)

function pending(
  { name, version, dir }: WorkspacePackage,
  changesets: Changesets,
  source: boolean,
): Candidate {
  const bump = changesets.pending(name)
  const next = bump === 'none' ? version : (inc(changesets.initial(name) ?? version, bump) ?? version)
  const side = async (): Promise<ContractSide> => {
    const found = fromFolder(dir, name)
    if (source && isPipelinePackage(dir)) await checkSource(dir)
    return found
  }
  return { name, version, next, dir, side }
}

/** @throws STALE_PORTS, and what loading the source throws */
async function checkSource(dir: string): Promise<void> {
  const contract = (await generatedFiles(dir)).find(({ file }) => basename(file) === 'contract.json')
  if (contract?.stale) throw staleError(contract, process.cwd())
}

async function packedCandidates(
  words: readonly string[],
  cwd: string,
  packages: readonly WorkspacePackage[],
): Promise<readonly Candidate[]> {
  const files = words.flatMap((word) => {
    const path = resolve(cwd, word)
    if (!existsSync(path))
      throw new LevadaError('CONTRACT_MISSING', `There is no ${word}.`, {
        hint: 'Name a tarball, or a folder of tarballs.',
      })
    return statSync(path).isDirectory()
      ? globSync('**/*.tgz', { cwd: path })
          .toSorted()
          .map((file) => join(path, file))
      : [path]
  })
  const all = await mapLimited(files, async (file): Promise<Candidate | undefined> => {
    const { name, version } = await tarballId(file, file)
    const found = packages.find((each) => each.name === name)
    const side = await fromTarball(file, file).catch((error: unknown) => {
      if (toLevadaErrors(error)[0]?.code !== 'CONTRACT_MISSING') throw error
      return error as LevadaError
    })
    // Packages without a contract are packed beside those that have one.
    if (side instanceof LevadaError && !(found && isPipeline(found))) return undefined
    const given = (): ContractSide => {
      if (side instanceof LevadaError) throw side
      return side
    }
    return { name, version, next: version, dir: found?.dir, side: given }
  })
  return all.filter((each) => each !== undefined)
}

interface Compared extends Candidate {
  readonly baseline: string | undefined
  readonly diff: ContractDiff | undefined
  readonly error: LevadaError | undefined
}

async function compareCandidate(candidate: Candidate, registry: Registry): Promise<Compared> {
  const { name, version, next } = candidate
  try {
    if (valid(version) === null)
      throw new LevadaError('PACKAGE_FAILED', `${name} has the version '${version}', which is none.`, {
        hint: 'Correct "version" in its package.json: 1.0.0.',
      })
    const now = (await candidate.side()).contract
    const found = await registry.packument(name)
    const versions = Object.keys(found?.versions ?? {}).filter((each) => valid(each) !== null)
    const baseline = baselineOf(versions, next, next === version)
    if (baseline === undefined) {
      const above = versions.filter((each) => prerelease(each) === null).toSorted(compare)[0]
      if (above !== undefined && prerelease(next) === null)
        throw new LevadaError(
          'PACKAGE_FAILED',
          `${name} would be ${next}, which is below all that is published: ${above} is the lowest.`,
          { hint: 'Correct "version" in its package.json.' },
        )
      return { ...candidate, baseline, diff: undefined, error: undefined }
    }
    const old = await fromPublished(name, baseline, registry)
    return { ...candidate, baseline, diff: diffContracts(old.contract, now), error: undefined }
  } catch (error) {
    return { ...candidate, baseline: undefined, diff: undefined, error: toLevadaErrors(error)[0]! }
  }
}

/**
 * The version that a release is compared with: the highest stable one below it, of its own major line first.
 * @param inclusive whether the version itself counts, when it is not raised
 */
export function baselineOf(
  versions: readonly string[],
  next: string,
  inclusive: boolean,
): string | undefined {
  const below = versions
    .filter((version) => prerelease(version) === null)
    .filter((version) => (inclusive ? compare(version, next) <= 0 : compare(version, next) < 0))
    .toSorted(compare)
  return below.findLast((version) => major(version) === major(next)) ?? below.at(-1)
}

/** By how much a version has risen. */
function bumpBetween(old: string, now: string): Bump {
  if (compare(now, old) <= 0) return 'none'
  if (major(now) !== major(old)) return 'major'
  return minor(now) !== minor(old) ? 'minor' : 'patch'
}

interface Around {
  readonly relaxations: Relaxations | undefined
  readonly contracts: readonly NamedContract[]
  readonly packages: readonly WorkspacePackage[]
  readonly changed: ReadonlySet<string>
}

function reportOf(compared: Compared, around: Around): PackageReport {
  const { name, version, next, baseline, diff, error } = compared
  const relaxed = diff ? relaxedOf(compared, diff, around.relaxations) : []
  const strict = diff?.changes.filter((change) => !relaxed.some((each) => each.change === change)) ?? []
  const least: Bump = relaxed.length > 0 ? 'patch' : 'none'
  const severity = strict.reduce<Bump>((most, { bump }) => largerBump(most, bump), least)
  const required = baseline === undefined ? 'none' : requiredBump(baseline, severity)
  const given = baseline === undefined ? 'none' : bumpBetween(baseline, next)
  const noticed = diff?.changes.filter(({ level }) => level !== 'info') ?? []
  const consumers = noticed.flatMap((change) => affected(change, name, around.contracts))
  return {
    name,
    version,
    next,
    baseline,
    verdict: error
      ? 'unchecked'
      : baseline === undefined
        ? 'new'
        : isEnough(given, required)
          ? 'enough'
          : 'too-small',
    given,
    required,
    diff,
    relaxed,
    consumers,
    readers: diff ? readersOf(diff, consumers, name, around.contracts) : [],
    apps: noticed.some(({ side }) => side !== 'provided') ? appsWith(name, around.packages) : [],
    recompute: diff ? downstream(diff.recompute, around.contracts) : [],
    passesOn: diff && diff.changes.length > 0 ? readsChanged(name, around) : [],
    ...(error && { error }),
  }
}

function affected(
  { side, subject, path }: Change,
  name: string,
  contracts: readonly NamedContract[],
): PackageReport['consumers'] {
  if (side !== 'provided') return []
  const others = contracts.filter((each) => each.name !== name)
  return consumersOf(subject.name, path, others).map((consumer) => ({
    ...consumer,
    asset: subject.name,
    ...(path !== undefined && { path }),
  }))
}

/** Those who read what changes and are not told of already. */
function readersOf(
  { changes, recompute }: ContractDiff,
  told: PackageReport['consumers'],
  name: string,
  contracts: readonly NamedContract[],
): PackageReport['readers'] {
  const others = contracts.filter((each) => each.name !== name)
  const changed = changes.flatMap(({ side, subject, rule }) =>
    side === 'provided' && rule !== 'documentation-changed' ? [subject.name] : [],
  )
  return [...new Set([...changed, ...recompute])].flatMap((asset) =>
    consumersOf(asset, undefined, others)
      .filter((each) => !told.some((other) => other.asset === asset && other.at === each.at))
      .map((each) => ({ ...each, asset })),
  )
}

const appsWith = (name: string, packages: readonly WorkspacePackage[]): readonly string[] =>
  packages
    .filter(
      ({ dir, dependencies }) =>
        dependencies.includes(name) && globSync('levada.config.{ts,js,mjs}', { cwd: dir }).length > 0,
    )
    .map((each) => each.name)

/** All that is computed from assets, through the packages of the workspace. */
function downstream(assets: readonly string[], contracts: readonly NamedContract[]): readonly string[] {
  const readers = Map.groupBy(
    contracts.flatMap(({ contract }) =>
      contract.nodes.flatMap((node) => node.inputs.map((input) => ({ input, outputs: node.outputs }))),
    ),
    ({ input }) => input,
  )
  const found = new Set(assets)
  for (const asset of found)
    for (const { outputs } of readers.get(asset) ?? []) for (const output of outputs) found.add(output)
  return [...found].toSorted()
}

function readsChanged(name: string, { contracts, changed }: Around): readonly string[] {
  const required = contracts
    .filter((each) => each.name === name)
    .flatMap(({ contract }) => Object.keys(contract.requires))
  const names = contracts
    .filter((each) => each.name !== name && changed.has(each.name))
    .filter(({ contract }) => required.some((asset) => Object.hasOwn(contract.provides, asset)))
    .map((each) => each.name)
  return [...new Set(names)]
}

/** The contracts of the workspace; those that cannot be read are named. */
function readable(packages: readonly WorkspacePackage[]): {
  readonly contracts: readonly NamedContract[]
  readonly faults: readonly string[]
} {
  const contracts: NamedContract[] = []
  const faults: string[] = []
  for (const { name, dir, contract } of packages) {
    try {
      if (contract) contracts.push({ name, at: dir, contract: fromFolder(dir, name).contract })
      contracts.push(...renamedContracts(dir))
      if (hidesUses(dir))
        faults.push(
          `Under which names ${name} uses pipelines with with(…) is not known: run levada generate there, which writes ports.ts.`,
        )
    } catch (error) {
      faults.push(`What ${name} reads is not known: ${toLevadaErrors(error)[0]!.message}`)
    }
  }
  return { contracts, faults }
}

/** The changes that changesets accept. @throws CHANGESET_INVALID for what accepts nothing, or more than one change */
class Relaxations {
  readonly #of = new Map<Change, RelaxedChange>()

  constructor(changesets: readonly Changeset[], compared: readonly Compared[]) {
    for (const { id, releases, relaxation } of changesets) {
      if (!relaxation) continue
      const named = compared.filter(({ name }) => Object.hasOwn(releases, name))
      // What could not be compared has changes that nobody knows.
      if (named.some(({ error }) => error)) continue
      const changes = named.flatMap(({ diff }) => diff?.changes ?? [])
      for (const accepted of relaxation.accept) {
        const { reason, approvedBy } = relaxation
        const change = onlyOne(changes, accepted, relaxation.file)
        this.#of.set(change, { change, reason, approvedBy, by: id })
      }
    }
  }

  get(change: Change): RelaxedChange | undefined {
    return this.#of.get(change)
  }
}

/** What a change is about, as a relaxation names it: `aviation.flights.delay`. */
export const placeOf = ({ subject, path }: Change): string =>
  path === undefined ? subject.name : `${subject.name}.${path}`

function onlyOne(changes: readonly Change[], { rule, of }: Accepted, file: string): Change {
  const found = changes.filter(
    (change) => change.rule === rule && (of === undefined || placeOf(change) === of),
  )
  if (found.length === 1) return found[0]!
  const what = of === undefined ? rule : `${rule} ${of}`
  throw new LevadaError(
    'CHANGESET_INVALID',
    found.length === 0
      ? `${file} accepts '${what}', which no package of its changeset does.`
      : `${file} accepts '${what}', which are ${found.length} changes: ${found.map(placeOf).join(', ')}.`,
    {
      place: { file },
      hint:
        found.length === 0
          ? 'Correct or remove the entry.'
          : `Name one with each entry: ${rule} ${placeOf(found[0]!)}.`,
    },
  )
}

function relaxedOf(
  { dir, next }: Compared,
  { changes }: ContractDiff,
  relaxations: Relaxations | undefined,
): readonly RelaxedChange[] {
  if (relaxations) return changes.flatMap((change) => relaxations.get(change) ?? [])
  const changelog = dir === undefined ? '' : join(dir, 'CHANGELOG.md')
  if (changelog === '' || !existsSync(changelog)) return []
  return relaxedInChangelog(readFileSync(changelog, 'utf8'), next).flatMap(
    ({ rule, of, reason, approvedBy }) =>
      changes
        .filter((change) => change.rule === rule && placeOf(change) === of)
        .map((change) => ({ change, reason, approvedBy, by: next })),
  )
}
