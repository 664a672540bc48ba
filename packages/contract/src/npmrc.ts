import { existsSync, readFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { dirname, join } from 'node:path'

/** npm's own, when nothing names another. */
const publicRegistry = 'https://registry.npmjs.org/'

/** What `.npmrc` and the environment say of registries. Values are secrets: they are sent, never shown. */
export type NpmConfig = ReadonlyMap<string, string>

/** The configuration of npm as it holds in a folder: the environment, then the project's `.npmrc`, then the user's. */
export function readNpmConfig(cwd: string, env: NodeJS.ProcessEnv = process.env): NpmConfig {
  const user = env['NPM_CONFIG_USERCONFIG'] ?? env['npm_config_userconfig'] ?? join(homedir(), '.npmrc')
  const merged = new Map<string, string>()
  for (const file of [user, projectFile(cwd)])
    if (file !== undefined && existsSync(file))
      for (const [key, value] of entriesOf(readFileSync(file, 'utf8'), env)) merged.set(key, value)
  for (const [key, value] of Object.entries(env)) {
    const name = /^npm_config_(.+)$/i.exec(key)?.[1]
    // pnpm and npm hand on what they were given; an empty one says nothing.
    if (name !== undefined && value) merged.set(/^[@/]/.test(name) ? name : name.toLowerCase(), value)
  }
  return merged
}

/** The nearest `.npmrc` upwards: a workspace has one at its root. */
function projectFile(cwd: string): string | undefined {
  for (let dir = cwd; ; dir = dirname(dir)) {
    if (existsSync(join(dir, '.npmrc'))) return join(dir, '.npmrc')
    if (dir === dirname(dir)) return undefined
  }
}

function* entriesOf(text: string, env: NodeJS.ProcessEnv): Generator<readonly [string, string]> {
  for (const line of text.split(/\r?\n/)) {
    const [, key, value] = /^\s*([^#;=\s][^=]*?)\s*=\s*(.*?)\s*$/.exec(line) ?? []
    if (key === undefined || value === undefined) continue
    yield [
      key,
      value
        .replaceAll(/\$\{([^}]+)\}/g, (whole, name: string) => env[name] ?? whole)
        .replaceAll(/^"(.*)"$/g, '$1'),
    ]
  }
}

/** The registry of a package, with a slash at its end. */
export function registryOf(name: string, config: NpmConfig): string {
  const scope = /^(@[^/]+)(\/|$)/.exec(name)?.[1]
  const url = (scope && config.get(`${scope}:registry`)) ?? config.get('registry') ?? publicRegistry
  return url.endsWith('/') ? url : `${url}/`
}

/** What to send to an address: the credentials of the nearest path above it that has some, or none. */
export function authorizationFor(url: string, config: NpmConfig): string | undefined {
  const { host, pathname } = new URL(url)
  for (let path = pathname; ; path = path.replace(/[^/]*\/?$/, '')) {
    for (const at of new Set([`//${host}${path}`, `//${host}${path.replace(/\/$/, '')}`])) {
      const token = config.get(`${at}:_authToken`)
      if (token !== undefined) return `Bearer ${token}`
      const basic = config.get(`${at}:_auth`)
      if (basic !== undefined) return `Basic ${basic}`
      const [name, password] = [config.get(`${at}:username`), config.get(`${at}:_password`)]
      if (name !== undefined && password !== undefined)
        return `Basic ${Buffer.from(`${name}:${Buffer.from(password, 'base64').toString('utf8')}`).toString('base64')}`
    }
    if (path === '' || path === '/') return undefined
  }
}
