import { posix } from 'node:path'
import { importsOf } from './modules.ts'
import type { Project } from './workspace.ts'

type Kind = 'core' | 'resource' | 'io' | 'observe' | 'deploy' | 'pipeline' | 'app' | 'tool' | 'package'

interface Place {
  readonly kind: Kind
  /** `duckdb` of `packages/resources/duckdb`. */
  readonly leaf: string
}

const kinds: Readonly<Record<string, Kind>> = {
  'packages/resources': 'resource',
  'packages/io': 'io',
  'packages/observe': 'observe',
  'packages/deploy': 'deploy',
  pipelines: 'pipeline',
  apps: 'app',
  tools: 'tool',
}

// A dataset whose vendor's client has another name.
const vendorOf: Readonly<Record<string, string>> = { athena: 'aws', bigquery: 'gcp' }

// What packages directly below `packages/` may import, by their folder.
const packages: Readonly<Record<string, readonly string[]>> = {
  // Of `dbt` types alone: it is taken from the app or the project.
  cli: ['core', 'contract', 'run-store', 'create', 'dbt'],
  contract: ['core'],
  // Pipelines are tested in DuckDB.
  testing: ['core', 'duckdb'],
  // The templates are in `create`.
  nx: ['contract', 'create'],
  create: ['contract'],
}

function placeOf(dir: string): Place {
  if (dir === 'packages/core') return { kind: 'core', leaf: 'core' }
  return { kind: kinds[posix.dirname(dir)] ?? 'package', leaf: posix.basename(dir) }
}

/** May users of `from` get `to` with it? */
function mayImport(from: Place, to: Place): boolean {
  switch (from.kind) {
    case 'core':
      return false
    case 'tool':
      // They provide real parts: a PostgreSQL server, and dbt.
      if (to.kind === 'tool') return to.leaf === 'servers' || to.leaf === 'python'
      return to.kind !== 'app'
    case 'app':
      return to.kind !== 'app' && to.kind !== 'tool'
    case 'io':
      return to.kind === 'core' || (to.kind === 'resource' && to.leaf === (vendorOf[from.leaf] ?? from.leaf))
    case 'package':
      return (packages[from.leaf] ?? []).includes(to.leaf)
    default:
      return to.kind === 'core'
  }
}

/** May tests of `from` use `to`? They need the conformance suites, and an engine and datasets to run on. */
function mayTestWith(from: Place, to: Place): boolean {
  if (mayImport(from, to) || (to.kind === 'package' && to.leaf === 'testing')) return true
  if (to.kind === 'core') return true
  // It has nothing of Levada.
  if (to.kind === 'tool' && to.leaf === 'reference') return true
  return from.kind !== 'core' && (to.kind === 'resource' || (to.kind === 'io' && from.kind !== 'io'))
}

/** Sentences about every dependency and import that goes against the directions of `docs/architecture.md`. */
export function checkDirections(projects: readonly Project[]): string[] {
  const byName = new Map(projects.map((project) => [project.name, project]))
  return [
    ...projects.flatMap((project) => [
      ...checkDependencies(project, byName),
      ...checkImports(project, byName),
    ]),
    ...checkCycles(projects, byName),
    ...checkVendors(projects, byName),
  ]
}

function checkDependencies(from: Project, byName: ReadonlyMap<string, Project>): string[] {
  const place = placeOf(from.dir)
  const wrong = (names: readonly string[], may: typeof mayImport): string[] =>
    names.filter((name) => {
      const to = byName.get(name)
      return to !== undefined && !may(place, placeOf(to.dir))
    })
  return [
    ...wrong(from.dependencies, mayImport).map(
      (to) => `${from.dir}/package.json: ${from.name} may not depend on ${to}`,
    ),
    ...wrong(from.devDependencies, mayTestWith).map(
      (to) => `${from.dir}/package.json: tests of ${from.name} may not use ${to}`,
    ),
  ]
}

function checkImports(from: Project, byName: ReadonlyMap<string, Project>): string[] {
  return Object.entries(from.files).flatMap(([file, text]) => {
    const test = isTest(file)
    return importsOf(file, text).flatMap(({ specifier, typeOnly }) => {
      const at = `${from.dir}/${file}: '${specifier}'`
      if (specifier.startsWith('.'))
        return posix.join(posix.dirname(file), specifier).startsWith('..') ? [`${at} leaves its package`] : []
      const to = byName.get(packageOf(specifier))
      if (!to || to === from) return []
      const may = test ? mayTestWith : mayImport
      if (!may(placeOf(from.dir), placeOf(to.dir))) return [`${at} is against the import directions`]
      // Nobody imports a command, so that types which it uses reach nobody.
      const erased = typeOnly && from.dir === 'packages/cli' && file.startsWith('src/commands/')
      const declared = test || erased ? [...from.dependencies, ...from.devDependencies] : from.dependencies
      return declared.includes(to.name) ? [] : [`${at} is not in package.json`]
    })
  })
}

/** Test files, and the configuration of test runners. */
export function isTest(file: string): boolean {
  return /^test\/|\.test\.ts$|\.test-d\.ts$|\.config\.ts$/.test(file) && file !== 'levada.config.ts'
}

function packageOf(specifier: string): string {
  return specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/')
}

function checkCycles(projects: readonly Project[], byName: ReadonlyMap<string, Project>): string[] {
  const done = new Set<Project>()
  const found: string[] = []
  const visit = (project: Project, path: readonly Project[]): void => {
    if (path.includes(project)) {
      const cycle = [...path.slice(path.indexOf(project)), project]
      found.push(`cycle: ${cycle.map(({ name }) => name).join(' -> ')}`)
      return
    }
    if (done.has(project)) return
    for (const name of [...project.dependencies, ...project.devDependencies]) {
      const next = byName.get(name)
      if (next) visit(next, [...path, project])
    }
    done.add(project)
  }
  for (const project of projects) visit(project, [])
  return found
}

// Not a vendor's.
const shared = new Set(['zod', 'yaml'])

/** A vendor's SDK is a dependency of exactly one published package. */
function checkVendors(projects: readonly Project[], byName: ReadonlyMap<string, Project>): string[] {
  const owners = new Map<string, Project>()
  return projects
    .filter((project) => !project.private)
    .flatMap((project) =>
      project.dependencies.flatMap((name) => {
        if (byName.has(name) || shared.has(name)) return []
        const owner = owners.get(name)
        if (!owner) owners.set(name, project)
        return owner ? [`${project.dir}/package.json: ${name} is already a dependency of ${owner.name}`] : []
      }),
    )
}
