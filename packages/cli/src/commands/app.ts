import { diffApps, type AppChange, type AppDiff } from '@levada/contract'
import { billOfMaterials, LevadaError } from '@levada/core/run'
import { appDirOf, printJson, type AppOptions } from '../app.ts'
import { changesText, storageLines, verdictText } from '../contract-text.ts'
import { paint, visible } from '../style.ts'
import { table } from '../table.ts'

interface DiffOptions extends AppOptions {
  readonly bom?: boolean | undefined
}

/** Exit code 1 when something that the app provides breaks. */
export async function appDiff(other: string | undefined, options: DiffOptions): Promise<number> {
  if (options.bom) return appBom(options)
  if (other === undefined)
    throw new LevadaError('USAGE', 'There is nothing to compare the app with.', {
      hint: 'Name a git revision, or the folder of the app in another checkout.',
    })
  const diff = await diffApps(appDirOf(options), other)
  if (options.json)
    printJson({
      packages: diff.changes.map(({ name, was, is, diff: found, consumers }) => ({
        name,
        was,
        is,
        changes: found?.changes ?? [],
        storage: found?.storage ?? [],
        consumers,
      })),
      recompute: diff.recompute,
    })
  else console.log(visible(appDiffText(diff)))
  return diff.changes.some((each) => each.diff?.bump === 'major' || each.is === undefined) ? 1 : 0
}

function appDiffText({ changes, recompute }: AppDiff): string {
  if (changes.length === 0) return 'The same packages with the same contracts.'
  return [
    ...changes.map(changeText),
    ...(recompute.length > 0 ? [`To be computed again: ${recompute.join(', ')}`] : []),
  ].join('\n')
}

function changeText({ name, was, is, diff, consumers }: AppChange): string {
  const versions = was === is ? is : `${was ?? 'new'} → ${is ?? 'gone'}`
  const lines = [
    ...(diff && diff.changes.length > 0 ? [changesText(diff.changes)] : []),
    ...storageLines(diff?.storage ?? []),
    ...consumers.map(
      (each) =>
        `${each.asset}${each.path === undefined ? '' : `.${each.path}`} is read by ${each.name} (${each.nodes.join(', ')})`,
    ),
  ]
  return [
    `${paint('bold', name)} ${versions}${diff ? `: ${verdictText(diff)}` : ''}`,
    ...lines.map((line) => line.replaceAll(/^(?=.)/gm, '  ')),
  ].join('\n')
}

function appBom(options: AppOptions): number {
  const { packages, hash } = billOfMaterials(appDirOf(options))
  if (options.json) printJson({ packages, hash })
  else {
    const rows = packages.map((each) => [
      each.name,
      each.version,
      each.contract?.slice(0, 12) ?? '',
      each.integrity ?? '',
    ])
    console.log(`${table(['package', 'version', 'contract', 'integrity'], rows)}\n\n${hash}`)
  }
  return 0
}
