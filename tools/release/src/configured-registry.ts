import { existsSync, readFileSync } from 'node:fs'
import { exec } from './exec.ts'
import type { Uplink } from './registry.ts'

/** The registry that npm is configured for on this machine, with what it takes to ask it. */
export async function configuredRegistry(cwd: string): Promise<Uplink> {
  const keys = ['registry', 'cafile', 'userconfig', 'globalconfig']
  const printed = await exec('npm', ['config', 'get', ...keys], { cwd })
  const config = new Map(printed.split('\n').map((line) => splitOnce(line)))
  const url = config.get('registry')
  if (url === undefined || !URL.canParse(url))
    throw new Error(`npm is configured for no registry:\n${printed}`)
  const cafile = config.get('cafile')
  const files = ['userconfig', 'globalconfig'].map((key) => config.get(key) ?? '')
  const authorization = authorizationFor(
    url,
    files.filter((file) => existsSync(file)).map((file) => readFileSync(file, 'utf8')),
  )
  return {
    url,
    ...(cafile !== undefined && existsSync(cafile) && { ca: readFileSync(cafile, 'utf8') }),
    ...(authorization !== undefined && { headers: { authorization } }),
  }
}

/** What texts of `.npmrc` files say for a registry, the first one first; the longest path wins. */
export function authorizationFor(
  registry: string,
  texts: readonly string[],
  env: NodeJS.ProcessEnv = process.env,
): string | undefined {
  const place = registry.replace(/^https?:/, '').replace(/\/*$/, '/')
  const found = texts
    .flatMap((text) => text.split('\n').map((line) => splitOnce(line)))
    .map(([key, value]) => [/^(\/\/.*\/):(_authToken|_auth)$/.exec(key), value] as const)
    .filter(([match]) => match !== null && place.startsWith(match[1]!))
    .toSorted(([a], [b]) => b![1]!.length - a![1]!.length)
  const [match, value] = found[0] ?? []
  if (!match || value === undefined) return undefined
  const secret = value
    .replace(/^"(.*)"$/, '$1')
    .replaceAll(/\$\{(\w+)\}/g, (_, name: string) => env[name] ?? '')
  return `${match[2] === '_auth' ? 'Basic' : 'Bearer'} ${secret}`
}

function splitOnce(line: string): [string, string] {
  const at = line.indexOf('=')
  return at < 0 ? [line.trim(), ''] : [line.slice(0, at).trim(), line.slice(at + 1).trim()]
}
