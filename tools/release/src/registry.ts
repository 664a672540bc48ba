import { once } from 'node:events'
import { rmSync, writeFileSync } from 'node:fs'
import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { basename, dirname, join } from 'node:path'
import { runServer } from 'verdaccio'
import { exec, tryExec, withoutNpm } from './exec.ts'
import type { Outcome } from './exec.ts'

export interface RegistryOptions {
  /** Where it keeps what is published. */
  readonly folder: string
  /** Scopes that are published here and are asked of no other registry, such as `@levada`. */
  readonly scopes: readonly string[]
  /** Where all other packages come from; from nowhere when it is not given. */
  readonly uplink?: Uplink
  /** @default a free one */
  readonly port?: number
}

export interface Uplink {
  readonly url: string
  readonly ca?: string
  readonly headers?: Readonly<Record<string, string>>
}

export interface Registry extends AsyncDisposable {
  /** With a slash at its end. */
  readonly url: string
  readonly scopes: readonly string[]
  /** Of the only user who may publish. */
  readonly token: string
  /** What was asked for, in order. */
  readonly requests: readonly Request[]
  /** Makes a user who may read only, and returns the token. */
  guest(): Promise<string>
  /** Answers the next request that fits with 503. */
  refuseOnce(fits: (request: Request) => boolean): void
}

export interface Request {
  readonly method: string
  /** Decoded, such as `/@levada/core`. */
  readonly path: string
  readonly agent: string
}

/** A private registry in this process. Nobody but its one user publishes, and its own scopes come from nowhere else. */
export async function startRegistry({
  folder,
  scopes,
  uplink,
  port = 0,
}: RegistryOptions): Promise<Registry> {
  // Users are made anew, with the same passwords: tokens that were given out before stay good.
  rmSync(join(folder, 'htpasswd'), { force: true })
  const own = { access: '$all', publish: 'releaser', unpublish: 'releaser' }
  const others = { access: '$all', publish: 'nobody', proxy: 'configured' }
  const server = (await runServer({
    configPath: join(folder, 'config.yaml'),
    self_path: folder,
    storage: join(folder, 'storage'),
    auth: { htpasswd: { file: join(folder, 'htpasswd') } },
    uplinks: uplink ? { configured: { maxage: '1h', timeout: '60s', max_fails: 100, ...uplink } } : {},
    packages: {
      ...Object.fromEntries(scopes.map((scope) => [`${scope}/*`, own])),
      ...(uplink && { '**': others }),
    },
    log: { type: 'stdout', level: 'fatal', format: 'pretty' },
    max_body_size: '50mb',
  })) as Server
  const { requests, refuseOnce } = watch(server)
  server.listen(port, '127.0.0.1')
  await once(server, 'listening')
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`
  return {
    url,
    scopes,
    token: await createUser(url, 'releaser'),
    requests,
    refuseOnce,
    guest: () => createUser(url, 'guest'),
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}

/** What an `.npmrc` needs for the packages of the registry's own scopes. */
export function npmrc({ url, scopes }: Registry, token?: string): string {
  const lines = scopes.map((scope) => `${scope}:registry=${url}`)
  if (token !== undefined) lines.push(`${url.slice('http:'.length)}:_authToken=${token}`)
  return lines.map((line) => `${line}\n`).join('')
}

/**
 * Has npm publish a packed file. The settings are in a file beside it and the environment is bare: what this process has
 * inherited would beat them, and the file would go to another registry.
 */
export async function publishTarball(
  registry: Registry,
  tarball: string,
  { token = registry.token, tag = 'latest' } = {},
): Promise<Outcome> {
  const userconfig = join(dirname(tarball), 'publish.npmrc')
  writeFileSync(userconfig, `registry=${registry.url}\n${npmrc(registry, token)}`)
  const options = {
    cwd: dirname(tarball),
    env: { ...withoutNpm(process.env), npm_config_userconfig: userconfig },
  }
  const resolved = await exec('npm', ['config', 'get', `${registry.scopes[0]}:registry`], options)
  if (resolved.trim() !== registry.url) throw new Error(`npm would publish to ${resolved}`)
  return tryExec('npm', ['publish', basename(tarball), '--tag', tag, '--ignore-scripts'], options)
}

/** Stands before the registry: notes every request, and answers those that are to fail. */
function watch(server: Server): Pick<Registry, 'requests' | 'refuseOnce'> {
  const requests: Request[] = []
  let refused: ((request: Request) => boolean) | undefined
  const handlers = server.listeners('request')
  server.removeAllListeners('request')
  server.on('request', (message: IncomingMessage, response: ServerResponse) => {
    const request = {
      method: message.method ?? '',
      path: decodeURIComponent(message.url ?? ''),
      agent: message.headers['user-agent'] ?? '',
    }
    requests.push(request)
    if (refused?.(request)) {
      refused = undefined
      message.resume()
      response.writeHead(503, { 'content-type': 'application/json' }).end('{"error":"refused for once"}')
    } else for (const handle of handlers) handle.call(server, message, response)
  })
  return {
    requests,
    refuseOnce(fits) {
      refused = fits
    },
  }
}

async function createUser(url: string, name: string): Promise<string> {
  const response = await fetch(`${url}-/user/org.couchdb.user:${name}`, {
    method: 'PUT',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ name, password: `of-this-machine-only-${name}` }),
  })
  if (!response.ok) throw new Error(`The registry refused to make the user '${name}': ${response.status}`)
  const { token } = (await response.json()) as { token: string }
  return token
}
