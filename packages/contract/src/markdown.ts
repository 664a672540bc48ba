import type { Change } from './change.ts'

// What a name or description holds is shown, not obeyed.
const cell = (text: string): string =>
  text
    .replaceAll('\\', '\\\\')
    .replaceAll('|', '\\|')
    .replaceAll(/[\r\n]+/g, ' ')
    .replaceAll('<', '&lt;')

/** Changes as a table of Markdown, what breaks first. */
export function changesTable(changes: readonly Change[]): string {
  const rank = { break: 0, warn: 1, info: 2 } as const
  const rows = changes
    .toSorted((a, b) => rank[a.level] - rank[b.level])
    .map(({ bump, message, rule }) => `| ${bump} | ${cell(message)} | \`${rule}\` |`)
  return ['| bump | change | rule |', '| --- | --- | --- |', ...rows].join('\n')
}
