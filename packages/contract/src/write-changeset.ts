import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { PackageReport } from './release-check.ts'

/** What stands in the front matter of a changeset: `'@acme/orders': minor`. */
export const changesetLine = ({ name, required }: Pick<PackageReport, 'name' | 'required'>): string =>
  `'${name}': ${required}`

/** A changeset for a package whose version would say too little. Its text is a draft; one that is there keeps its own. */
export function writeChangeset(report: PackageReport, root: string): string {
  const file = join(
    '.changeset',
    `contract-${report.name.replace(/^@/, '').replaceAll(/[^a-z0-9]+/gi, '-')}.md`,
  )
  const path = join(root, file)
  const prose = existsSync(path)
    ? readFileSync(path, 'utf8').replace(/^\s*---[^]*?\n---\r?\n/, '')
    : `\n${draft(report)}\n`
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(path, `---\n${changesetLine(report)}\n---\n${prose}`)
  return file
}

function draft({ diff, recompute }: PackageReport): string {
  const told = (diff?.changes ?? []).filter(({ rule }) => rule !== 'documentation-changed')
  return (
    [
      ...told.map(({ message }) => message),
      ...(recompute.length > 0 ? [`To be computed again: ${recompute.join(', ')}.`] : []),
    ].join('\n') || 'Descriptions of the data contract.'
  )
}
