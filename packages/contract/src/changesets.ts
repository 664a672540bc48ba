import { existsSync, globSync, readFileSync } from 'node:fs'
import { basename, join, matchesGlob, relative } from 'node:path'
import { didYouMean, LevadaError } from '@levada/core/spi'
import { parse } from 'yaml'
import { z } from 'zod'
import { largerBump, type Bump } from './bump.ts'
import { isRule, rules, type RuleId } from './rules.ts'

/** A pending changeset. */
export interface Changeset {
  readonly id: string
  readonly releases: Readonly<Record<string, Bump>>
  readonly relaxation?: Relaxation
}

/** What a change may break although its bump does not say so, by `<id>.contract.yaml` beside the changeset. */
export interface Relaxation {
  /** Relative to the workspace. */
  readonly file: string
  readonly accept: readonly Accepted[]
  readonly reason: string
  readonly approvedBy: string
}
export interface Accepted {
  readonly rule: RuleId
  /** The one thing that it concerns, `aviation.flights.delay`; without it the rule may occur once. */
  readonly of?: string
}

export interface Changesets {
  readonly all: readonly Changeset[]
  /** Relaxations whose changeset is gone; they relax nothing. */
  readonly orphans: readonly string[]
  readonly pending: (name: string) => Bump
  /** The version that bumps are counted from, of a package that is in prerelease mode. */
  readonly initial: (name: string) => string | undefined
}

const bump = z.enum(['major', 'minor', 'patch', 'none'])
const front = z.record(z.string(), bump).nullable()
const relaxation = z.strictObject({
  accept: z.array(z.string()).min(1),
  reason: z.string().trim().min(1),
  approvedBy: z.string().trim().min(1),
})
/** The JSON Schema (draft 7) of the file beside a changeset that relaxes rules, for editors. */
export const relaxationJsonSchema = (): Readonly<Record<string, unknown>> => ({
  ...z.toJSONSchema(relaxation, { target: 'draft-7', io: 'input' }),
  title: '<changeset>.contract.yaml',
  description: 'Rules that a change may break, why, and who allows it.',
})

const group = z.array(z.array(z.string())).default([])
const config = z.looseObject({ fixed: group, linked: group })
const pre = z.looseObject({ mode: z.string(), initialVersions: z.record(z.string(), z.string()).default({}) })

/** The changesets of a workspace as they are written down. @throws CHANGESET_INVALID */
export function readChangesets(root: string): Changesets {
  const dir = join(root, '.changeset')
  const files = globSync(['*.md', 'pre/*.md'], { cwd: dir })
    .filter((file) => !/^(readme|agents|claude|gemini)\.md$/i.test(basename(file)))
    .toSorted()
  const all = files.map((file): Changeset => {
    const id = file.replace(/\.md$/, '')
    const relaxed = join(dir, `${id}.contract.yaml`)
    return {
      id,
      releases: releasesOf(join(dir, file), root),
      ...(existsSync(relaxed) && { relaxation: readRelaxation(relaxed, root) }),
    }
  })
  const orphans = globSync(['*.contract.yaml', 'pre/*.contract.yaml'], { cwd: dir })
    .filter((file) => !files.includes(`${file.replace(/\.contract\.yaml$/, '')}.md`))
    .map((file) => join('.changeset', file))
  const pending = raise(all, readJson(join(dir, 'config.json'), config, root))
  const mode = readJson(join(dir, 'pre.json'), pre, root)
  return {
    all,
    orphans: orphans.toSorted(),
    pending,
    initial: (name) => (mode?.mode === 'pre' ? mode.initialVersions[name] : undefined),
  }
}

const invalid = (file: string, root: string, what: string, cause?: unknown): LevadaError =>
  new LevadaError('CHANGESET_INVALID', `${basename(file)} ${what}.`, {
    cause,
    place: { file: relative(root, file) },
  })

function checked<T>(schema: z.ZodType<T>, value: unknown, file: string, root: string): T {
  const { success, data, error } = schema.safeParse(value)
  if (success) return data
  const [issue] = error.issues
  const path = issue!.path.join('.')
  throw invalid(file, root, `cannot be read: ${path === '' ? '' : `${path}: `}${issue!.message}`)
}

function parsed(text: string, file: string, root: string): unknown {
  try {
    return parse(text)
  } catch (cause) {
    throw invalid(file, root, `is not valid YAML: ${(cause as Error).message.split('\n')[0]}`, cause)
  }
}

function readJson<T>(file: string, schema: z.ZodType<T>, root: string): T | undefined {
  return existsSync(file)
    ? checked(schema, parsed(readFileSync(file, 'utf8'), file, root), file, root)
    : undefined
}

function releasesOf(file: string, root: string): Readonly<Record<string, Bump>> {
  const [, head] = /^\s*---\r?\n([^]*?)\r?\n?---/.exec(readFileSync(file, 'utf8')) ?? []
  if (head === undefined)
    throw invalid(file, root, 'has no front matter, the packages and bumps between two lines of ---')
  return checked(front, parsed(head, file, root), file, root) ?? {}
}

function readRelaxation(file: string, root: string): Relaxation {
  const { accept, reason, approvedBy } = checked(
    relaxation,
    parsed(readFileSync(file, 'utf8'), file, root),
    file,
    root,
  )
  return {
    file: relative(root, file),
    reason,
    approvedBy,
    accept: accept.map((text) => {
      const [rule = '', of] = text.trim().split(/\s+/)
      if (!isRule(rule))
        throw new LevadaError(
          'CHANGESET_INVALID',
          `${basename(file)} accepts '${rule}', which is no rule.${didYouMean(rule, Object.keys(rules))}`,
          { place: { file: relative(root, file) } },
        )
      return { rule, ...(of !== undefined && { of }) }
    }),
  }
}

/** The largest bump of each package; packages of a `fixed` group rise together, of a `linked` one those that rise at all. */
function raise(
  all: readonly Changeset[],
  settings: z.output<typeof config> = { fixed: [], linked: [] },
): (name: string) => Bump {
  const own = new Map<string, Bump>()
  for (const { releases } of all)
    for (const [name, each] of Object.entries(releases))
      own.set(name, largerBump(own.get(name) ?? 'none', each))
  const isIn = (name: string, group: readonly string[]): boolean =>
    group.some((pattern) => pattern === name || (pattern.includes('*') && matchesGlob(name, pattern)))
  const raised = (name: string, groups: readonly (readonly string[])[]): Bump =>
    [...own].reduce<Bump>(
      (most, [other, each]) =>
        groups.some((group) => isIn(name, group) && isIn(other, group)) ? largerBump(most, each) : most,
      own.get(name) ?? 'none',
    )
  return (name) => {
    const fixed = raised(name, settings.fixed)
    return fixed === 'none' ? fixed : largerBump(fixed, raised(name, settings.linked))
  }
}
