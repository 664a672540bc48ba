import {
  changesetLine,
  changesTable,
  checkRelease,
  placeOf,
  writeChangeset,
  type PackageReport,
  type ReleaseReport,
} from '@levada/contract'
import { errorRecord, LevadaError } from '@levada/core/run'
import { printJson } from '../app.ts'
import { changesText, storageLines, verdictText } from '../contract-text.ts'
import { errorText } from '../errors.ts'
import { paint, plural, visible } from '../style.ts'

interface ReleaseCheckOptions {
  readonly packed?: readonly string[] | undefined
  readonly fix?: boolean | undefined
  readonly json?: boolean | undefined
  readonly markdown?: boolean | undefined
}

/** Exit code 1 when a version would say too little, 2 when that could not be found out. */
export async function releaseCheck(options: ReleaseCheckOptions): Promise<number> {
  if (options.fix && options.packed)
    throw new LevadaError('USAGE', '--fix writes changesets, and what is packed has its version already.', {
      hint: 'Leave --fix or --packed out.',
    })
  const report = await checkRelease(options.packed ? { packed: options.packed } : { source: true })
  const small = report.packages.filter(({ verdict }) => verdict === 'too-small')
  const written = options.fix ? small.map((each) => writeChangeset(each, report.root)) : []
  const code = report.packages.some(({ verdict }) => verdict === 'unchecked')
    ? small.length > 0 && !options.fix
      ? 1
      : 2
    : small.length > 0 && !options.fix
      ? 1
      : 0
  if (options.json) printJson({ ...jsonOf(report), written })
  else if (options.markdown) console.log(visible(releaseMarkdown(report)))
  else {
    console.log(visible(releaseText(report, options.packed !== undefined)))
    for (const file of written)
      console.log(
        `${paint('green', 'written')}   ${file}: say there what it means for whoever reads the data.`,
      )
  }
  return code
}

const jsonOf = ({ packages, notices }: ReleaseReport): object => ({
  packages: packages.map((each) => ({
    name: each.name,
    version: each.version,
    next: each.next,
    baseline: each.baseline,
    verdict: each.verdict,
    given: each.given,
    required: each.required,
    changes: each.diff?.changes ?? [],
    storage: each.diff?.storage ?? [],
    relaxed: each.relaxed.map(({ change, reason, approvedBy, by }) => ({
      rule: change.rule,
      of: placeOf(change),
      reason,
      approved_by: approvedBy,
      by,
    })),
    consumers: each.consumers,
    readers: each.readers,
    apps: each.apps,
    recompute: each.recompute,
    passes_on: each.passesOn,
    ...(each.verdict === 'too-small' && { changeset: changesetLine(each) }),
    ...(each.error && { error: errorRecord(each.error) }),
  })),
  notices,
})

const indent = (text: string): string => text.replaceAll(/^(?=.)/gm, '  ')

function releaseText({ packages, notices }: ReleaseReport, packed: boolean): string {
  const count = (...verdicts: readonly PackageReport['verdict'][]): number =>
    packages.filter(({ verdict }) => verdicts.includes(verdict)).length
  const [small, unchecked] = [count('too-small'), count('unchecked')]
  return [
    ...packages.map((each) => packageText(each, packed)),
    ...notices.map((notice) => `${paint('yellow', '!')} ${notice}`),
    [
      `${plural(packages.length, 'package')} checked`,
      ...(small > 0 ? [paint('red', `${small} with a version that says too little`)] : []),
      ...(unchecked > 0 ? [paint('red', `${unchecked} could not be checked`)] : []),
    ].join(', '),
  ].join('\n')
}

const marks = {
  enough: () => paint('green', '✓'),
  new: () => paint('green', '✓'),
  'too-small': () => paint('red', '✗'),
  unchecked: () => paint('red', '?'),
} as const

function packageText(report: PackageReport, packed: boolean): string {
  const { name, verdict, error, diff, relaxed, recompute, passesOn } = report
  const lines = [
    ...(diff && diff.changes.length > 0 ? [changesText(diff.changes)] : []),
    ...relaxed.map(
      ({ change, reason, approvedBy, by }) =>
        `${paint('yellow', 'relaxed')} ${change.rule} ${placeOf(change)} by ${by}: ${reason} (approved by ${approvedBy})`,
    ),
    ...storageLines(diff?.storage ?? []),
    ...affectedLines(report),
    ...(recompute.length > 0 ? [`to be computed again: ${recompute.join(', ')}`] : []),
    ...(passesOn.length > 0
      ? [
          `reads from ${passesOn.join(', ')}, which ${passesOn.length === 1 ? 'changes' : 'change'}, too: what it passes on is told here`,
        ]
      : []),
    ...(error ? [errorText(error)] : []),
    ...(verdict === 'too-small'
      ? [
          packed
            ? `${paint('cyan', '→')} Publish it as a ${report.required}, or not at all.`
            : `${paint('cyan', '→')} Write into a changeset, or let levada release check --fix do it: ${paint('bold', changesetLine(report))}`,
        ]
      : []),
  ]
  return [`${marks[verdict]()} ${paint('bold', name)} ${headOf(report)}`, ...lines.map(indent)].join('\n')
}

function headOf({ verdict, version, next, baseline, given, required, diff }: PackageReport): string {
  if (verdict === 'unchecked') return `${next}: could not be checked`
  if (verdict === 'new')
    return `${next}: ${next.includes('-') ? 'the registry has no stable version below it to compare with' : 'a new package, the registry has no version to compare with'}`
  const raised = next === version ? next : `${version} → ${next}`
  const against = next === baseline ? 'as published' : `against ${baseline}`
  const below1 = baseline?.startsWith('0.') === true && diff?.bump === 'major'
  return verdict === 'enough'
    ? `${raised} ${against}: ${verdictText(diff!)}`
    : `${raised} ${against}: needs a ${required}${below1 ? ', as a break does below 1.0' : ''}, ${given === 'none' ? 'and no changeset raises it' : `and is raised by a ${given}`}`
}

const readBy = (what: string, { name, app, nodes }: PackageReport['readers'][number]): string =>
  `${what} is read by ${name}${nodes.length > 0 ? ` (${nodes.join(', ')})` : ''}${app === undefined ? '' : ` under another name in the app ${app}`}`

const affectedLines = ({ consumers, readers, apps }: PackageReport): readonly string[] => [
  ...consumers.map((each) =>
    readBy(each.path === undefined ? each.asset : `${each.asset}.${each.path}`, each),
  ),
  ...readers.map((each) => `${readBy(each.asset, each)}, which is not broken`),
  ...(apps.length > 0 ? [`composed by ${apps.join(', ')}`] : []),
]

const words = {
  enough: 'enough',
  new: 'new',
  'too-small': '**too small**',
  unchecked: '**could not be checked**',
} as const

/** One comment of a pull request. */
function releaseMarkdown({ packages, notices }: ReleaseReport): string {
  const rows = packages.map(({ name, baseline, next, given, required, verdict }) => {
    const bumps = baseline === undefined ? ['–', '–'] : [given, required]
    return `| ${[`\`${name}\``, baseline ?? '–', next, ...bumps, words[verdict]].join(' | ')} |`
  })
  return [
    '### Data contracts',
    [
      '| package | published | next | raised by | needed | |',
      '| --- | --- | --- | --- | --- | --- |',
      ...rows,
    ].join('\n'),
    ...packages.flatMap(sectionOf),
    ...notices.map((notice) => `> ${notice}`),
  ].join('\n\n')
}

const hintOf = (error: LevadaError): string => {
  const { hint } = errorRecord(error)
  return hint === undefined ? '' : ` → ${hint}`
}

function sectionOf(report: PackageReport): readonly string[] {
  const { name, diff, error, relaxed, recompute, verdict } = report
  const lines = [
    ...relaxed.map(
      ({ change, reason, approvedBy }) =>
        `Relaxed: \`${change.rule} ${placeOf(change)}\`: ${reason} (approved by ${approvedBy})`,
    ),
    ...storageLines(diff?.storage ?? []),
    ...affectedLines(report),
    ...(recompute.length > 0 ? [`To be computed again: ${recompute.join(', ')}`] : []),
    ...(verdict === 'too-small' ? [`Write into a changeset: \`${changesetLine(report)}\``] : []),
    ...(error ? [`${error.code}: ${error.message}${hintOf(error)}`] : []),
  ]
  if (lines.length === 0 && (diff?.changes.length ?? 0) === 0) return []
  return [
    `#### ${name}`,
    ...(diff && diff.changes.length > 0 ? [changesTable(diff.changes)] : []),
    ...(lines.length > 0 ? [lines.map((line) => `- ${line}`).join('\n')] : []),
  ]
}
