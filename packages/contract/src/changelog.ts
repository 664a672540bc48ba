// What `.changeset/config.json` names as its changelog: "changelog": "@levada/contract/changelog".
import { readChangesets } from './changesets.ts'
import { changesTable } from './markdown.ts'
import { checkRelease, placeOf, type PackageReport, type ReleaseReport } from './release-check.ts'
import { relaxedText } from './relaxed-text.ts'

/** As changesets hands it over. */
interface WrittenChangeset {
  readonly id: string
  readonly summary: string
  readonly commit?: string | undefined
  readonly releases: readonly { readonly name: string; readonly type: string }[]
}
interface UpdatedDependency {
  readonly name: string
  readonly newVersion: string
}

/** The functions that changesets calls to write a changelog. */
export interface ChangelogFunctions {
  getReleaseLine(changeset: WrittenChangeset): Promise<string>
  getDependencyReleaseLine(
    changesets: readonly WrittenChangeset[],
    dependenciesUpdated: readonly UpdatedDependency[],
  ): Promise<string>
}

const reports = new Map<string, Promise<ReleaseReport>>()

/** One comparison for all lines of a run. */
function reportHere(): Promise<ReleaseReport> {
  const cwd = process.cwd()
  const found = reports.get(cwd) ?? checkRelease({ cwd })
  reports.set(cwd, found)
  return found
}

const functions: ChangelogFunctions = {
  async getReleaseLine({ id, summary, commit, releases }) {
    const [first = '', ...more] = summary.split('\n').map((text) => text.trimEnd())
    const head = [`- ${commit === undefined ? '' : `${commit.slice(0, 7)}: `}${first}`, ...more].join('\n')
    const { packages, root } = await reportHere()
    // A changeset does not say for which of its packages the line is: its first changeset tells the changes of each.
    const { all } = readChangesets(root)
    const told = releases
      .filter(({ name }) => all.find((each) => Object.hasOwn(each.releases, name))?.id === id)
      .flatMap(({ name }) => packages.find((each) => each.name === name) ?? [])
    return [head, ...told.flatMap(sectionOf)].join('\n\n').replaceAll(/\n(?=[^\n])/g, '\n  ')
  },

  getDependencyReleaseLine(changesets, dependenciesUpdated) {
    if (dependenciesUpdated.length === 0) return Promise.resolve('')
    const links = changesets.map(
      ({ commit }) => `- Updated dependencies${commit === undefined ? '' : ` [${commit.slice(0, 7)}]`}`,
    )
    const list = dependenciesUpdated.map(({ name, newVersion }) => `  - ${name}@${newVersion}`)
    return Promise.resolve([...links, ...list].join('\n'))
  },
}

/** The changes of a package as they stand in its changelog; nothing when there are none. */
function sectionOf({ name, diff, error, relaxed, baseline }: PackageReport): readonly string[] {
  if (error) return [`Data contract changes of \`${name}\` are not known: ${error.message}`]
  if (!diff || diff.changes.length === 0) return []
  return [
    `Data contract changes of \`${name}\` since ${baseline}:`,
    changesTable(diff.changes),
    ...relaxed.map(({ change, reason, approvedBy }) =>
      relaxedText({ rule: change.rule, of: placeOf(change), reason, approvedBy }),
    ),
  ]
}

export default functions
