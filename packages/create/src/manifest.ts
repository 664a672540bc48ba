import { readTemplate } from './template.ts'

type Manifest = Record<string, unknown> &
  Record<`${'d' | 'devD' | 'peerD'}ependencies`, Record<string, string>>

/** Gives the dependencies of a package.json that are `*` the versions of this release. */
export function fillManifest(text: string): string {
  const { versions } = readTemplate()
  const manifest = JSON.parse(text) as Manifest
  for (const kind of ['dependencies', 'devDependencies', 'peerDependencies'] as const)
    for (const [name, range] of Object.entries(manifest[kind] ?? {}))
      if (range === '*')
        manifest[kind][name] = kind === 'peerDependencies' ? ofMajor(versions[name]!) : versions[name]!
  return `${JSON.stringify(manifest, null, 2)}\n`
}

/** `^0.3.1` as what plugs into it may ask: `>=0.3.1 <1`. */
function ofMajor(range: string): string {
  const version = range.replace('^', '')
  return `>=${version} <${Number(version.split('.')[0]) + 1}`
}
