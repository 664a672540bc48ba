import { readFileSync } from 'node:fs'
import { LevadaError } from '@levada/core/spi'
import type { NpmConfig } from './npmrc.ts'

type Fetch = (url: string, init: RequestInit) => Promise<Response>

const proxies = ['proxy', 'https-proxy', 'noproxy'] as const
const variables = ['http_proxy', 'https_proxy', 'HTTP_PROXY', 'HTTPS_PROXY']
const known = new WeakMap<NpmConfig, Promise<Fetch>>()

/**
 * How to ask an address: through the proxy and with the certificates that `.npmrc` and the environment name for npm (`proxy`,
 * `https-proxy`, `noproxy`, `cafile`, `strict-ssl`; HTTP_PROXY, HTTPS_PROXY, NO_PROXY), or directly where they name none.
 * @throws REGISTRY_FAILED when the certificates cannot be read
 */
export function fetchFor(config: NpmConfig, env: NodeJS.ProcessEnv = process.env): Promise<Fetch> {
  const found = known.get(config) ?? makeFetch(config, env)
  known.set(config, found)
  return found
}

async function makeFetch(config: NpmConfig, env: NodeJS.ProcessEnv): Promise<Fetch> {
  const [proxy, httpsProxy, noProxy] = proxies.map((name) => setting(config, name))
  const cafile = setting(config, 'cafile')
  const strict = setting(config, 'strict-ssl') !== 'false'
  if (
    cafile === undefined &&
    strict &&
    proxy === undefined &&
    httpsProxy === undefined &&
    !variables.some((name) => env[name])
  )
    return fetch
  const tls = { ...(cafile !== undefined && { ca: certificates(cafile) }), rejectUnauthorized: strict }
  // As large as all else here, and few need it.
  const { EnvHttpProxyAgent, fetch: ask } = await import('undici')
  const dispatcher = new EnvHttpProxyAgent({
    ...(proxy !== undefined && { httpProxy: proxy }),
    ...((httpsProxy ?? proxy) !== undefined && { httpsProxy: httpsProxy ?? proxy! }),
    ...(noProxy !== undefined && { noProxy }),
    connect: tls,
    requestTls: tls,
    proxyTls: tls,
  })
  return (url, init) => ask(url, { ...init, dispatcher } as never) as never
}

/** `npm_config_https_proxy` of the environment is `https-proxy`; `null` says that there is none. */
function setting(config: NpmConfig, name: string): string | undefined {
  const value = config.get(name) ?? config.get(name.replaceAll('-', '_'))
  return value === undefined || value === '' || value === 'null' ? undefined : value
}

function certificates(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch (cause) {
    throw new LevadaError('REGISTRY_FAILED', `The certificates ${file} cannot be read.`, {
      hint: 'Correct cafile in .npmrc.',
      cause,
    })
  }
}
