import { parse } from 'yaml'

/**
 * Sentences about changesets that take a package out of the range that new workspaces ask for, while `@levada/create`, which holds these
 * ranges, is not released with it: `npm create` would go on making workspaces of the old one.
 *
 * @param changesets texts by file
 * @param named what the package.json files of the template name
 */
export function checkTemplateReleased(
  changesets: Readonly<Record<string, string>>,
  named: readonly string[],
): string[] {
  const raised = Object.entries(changesets).flatMap(([file, text]) => {
    const front = /^---\n([^]*?)\n---/.exec(text)?.[1]
    return Object.entries((front === undefined ? {} : parse(front)) as Record<string, string>).map(
      ([name, bump]) => ({ file, name, bump }),
    )
  })
  if (raised.some(({ name }) => name === '@levada/create')) return []
  return raised
    .filter(({ name, bump }) => named.includes(name) && ['minor', 'major'].includes(bump))
    .map(
      ({ file, name, bump }) =>
        `${file}: new workspaces ask for ${name} as it was before this ${bump}; release @levada/create with it`,
    )
}

/** Packages of ours that a template's package.json names. */
export const namesOfTemplate = (manifests: readonly string[]): string[] => [
  ...new Set(
    manifests.flatMap((text) => [...text.matchAll(/"(@levada\/[\w-]+)": "\*"/g)].map(([, name]) => name!)),
  ),
]
