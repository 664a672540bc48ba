import { createHash } from 'node:crypto'
import { LevadaError } from '@levada/core/spi'
import { z } from 'zod'
import { authorizationFor, readNpmConfig, registryOf, type NpmConfig } from './npmrc.ts'
import { fetchFor } from './through-proxy.ts'
import { readTarball, type PackedPackage } from './read-tarball.ts'

const timeoutMs = 30_000
const maxAnswer = 64 * 1024 * 1024

/** What a registry says of a package. */
export interface Packument {
  readonly registry: string
  readonly tags: Readonly<Record<string, string>>
  readonly versions: Readonly<Record<string, { readonly tarball: string; readonly integrity?: string }>>
}

/** The registries that `.npmrc` names, asked over HTTP as npm does. */
export interface Registry {
  /** Undefined when the registry answers that it has no such package. @throws REGISTRY_FAILED */
  packument(name: string): Promise<Packument | undefined>
  /** One version, checked against the integrity that the registry tells. @throws REGISTRY_FAILED, TARBALL_INVALID */
  tarball(name: string, version: string): Promise<PackedPackage>
  /** Names of the packages of a scope, `@acme`. @throws REGISTRY_FAILED */
  search(scope: string): Promise<readonly string[]>
}

/** The registries as they are configured in a folder. */
export function openRegistry(cwd: string): Registry {
  const config = readNpmConfig(cwd)
  const known = new Map<string, Promise<Packument | undefined>>()
  const packument = (name: string): Promise<Packument | undefined> => {
    const found = known.get(name) ?? readPackument(name, config)
    known.set(name, found)
    return found
  }
  return {
    packument,
    search: (scope) => searchScope(scope, config),
    async tarball(name, version) {
      const found = await packument(name)
      const dist = found?.versions[version]
      if (!found || !dist) throw failed(`The registry ${registryOf(name, config)} has no ${name}@${version}`)
      return readPublished(name, version, dist, config)
    },
  }
}

const failed = (what: string, hint?: string, cause?: unknown): LevadaError =>
  new LevadaError('REGISTRY_FAILED', `${what}.`, {
    cause,
    retryable: true,
    ...(hint !== undefined && { hint }),
  })

async function ask(url: string, accept: string, config: NpmConfig): Promise<Response> {
  const authorization = authorizationFor(url, config)
  const request = await fetchFor(config)
  let response: Response
  try {
    response = await request(url, {
      headers: { accept, ...(authorization !== undefined && { authorization }) },
      signal: AbortSignal.timeout(timeoutMs),
    })
  } catch (cause) {
    throw failed(
      `The registry ${originOf(url)} gave no answer: ${silence(cause as Error)}`,
      'Start it, or correct the registry in .npmrc.',
      cause,
    )
  }
  if (response.ok || response.status === 404) return response
  await response.body?.cancel()
  const denied = response.status === 401 || response.status === 403
  throw failed(
    `The registry ${originOf(url)} answered ${response.status} to ${decodeURIComponent(new URL(url).pathname.slice(1))}`,
    denied
      ? `Log in with npm login, or put a token that may read it into .npmrc${authorization === undefined ? ': none was sent' : ''}.`
      : response.status >= 500
        ? 'Try again: it is the registry that fails.'
        : undefined,
  )
}

function silence({ name, message, cause }: Error): string {
  if (name === 'TimeoutError') return `none within ${timeoutMs / 1000} s`
  const { code, message: below } = (cause ?? {}) as { readonly code?: string; readonly message?: string }
  if (code === 'ECONNREFUSED') return 'no server is there'
  if (code !== undefined && /CERT|SELF_SIGNED|UNABLE_TO_VERIFY/.test(code))
    return `its certificate is not trusted (${code}); name the authority with cafile`
  return code === 'ENOTFOUND' ? 'its name is not known' : (code ?? below ?? message)
}

/** Without the path, and without a password in it. */
const originOf = (url: string): string => {
  try {
    return new URL(url).host
  } catch {
    return url
  }
}

async function* bodyOf({ body, url }: Response): AsyncGenerator<Uint8Array> {
  try {
    yield* body ?? []
  } catch (cause) {
    throw failed(`The registry ${originOf(url)} stopped in the middle of an answer`, undefined, cause)
  }
}

async function readJson(response: Response): Promise<unknown> {
  const parts: Uint8Array[] = []
  let size = 0
  for await (const part of bodyOf(response)) {
    size += part.length
    if (size > maxAnswer) throw failed(`The registry ${originOf(response.url)} answered with more than 64 MB`)
    parts.push(part)
  }
  const text = Buffer.concat(parts).toString('utf8')
  try {
    return JSON.parse(text)
  } catch (cause) {
    throw failed(
      `The registry ${originOf(response.url)} answered with something that is no JSON`,
      undefined,
      cause,
    )
  }
}

/** As much as is read of it; a version without a tarball is none that a registry has. */
const packumentSchema = z.object({
  'dist-tags': z.record(z.string(), z.string()).default({}),
  versions: z.record(
    z.string(),
    z.object({ dist: z.object({ tarball: z.string(), integrity: z.string().exactOptional() }) }),
  ),
})

async function readPackument(name: string, config: NpmConfig): Promise<Packument | undefined> {
  const registry = registryOf(name, config)
  const accept = 'application/vnd.npm.install-v1+json; q=1.0, application/json; q=0.8'
  const response = await ask(`${registry}${name.replace('/', '%2f')}`, accept, config)
  if (response.status === 404) {
    await response.body?.cancel()
    return undefined
  }
  const { success, data } = packumentSchema.safeParse(await readJson(response))
  // An answer of something else, a page to log in say, does not mean that there is no version.
  if (!success) throw failed(`The registry ${originOf(registry)} answered with something that is no ${name}`)
  const versions = Object.entries(data.versions).map(([version, { dist }]) => [version, dist] as const)
  return { registry, tags: data['dist-tags'], versions: Object.fromEntries(versions) }
}

async function readPublished(
  name: string,
  version: string,
  { tarball, integrity }: Packument['versions'][string],
  config: NpmConfig,
): Promise<PackedPackage> {
  const where = `${name}@${version}`
  if (!/^https?:/.test(tarball) || !URL.canParse(tarball))
    throw failed(`The registry names no address of the tarball of ${where}`)
  const response = await ask(tarball, '*/*', config)
  if (response.status === 404 || !response.body) throw failed(`The registry has no tarball of ${where}`)
  const [algorithm, expected] = integrity?.split(/[- ]/) ?? []
  const hash = algorithm === 'sha512' ? createHash('sha512') : undefined
  async function* hashed(): AsyncGenerator<Uint8Array> {
    for await (const part of bodyOf(response)) {
      hash?.update(part)
      yield part
    }
  }
  const found = await readTarball(hashed(), where)
  if (hash && hash.digest('base64') !== expected)
    throw new LevadaError(
      'TARBALL_INVALID',
      `The tarball ${where} is not the one that the registry tells the integrity of.`,
    )
  return found
}

const searchSchema = z.object({
  objects: z.array(z.object({ package: z.object({ name: z.string() }) })),
})

async function searchScope(scope: string, config: NpmConfig): Promise<readonly string[]> {
  const registry = registryOf(scope, config)
  const size = 250
  const found = new Set<string>()
  for (let from = 0; ; from += size) {
    const query = new URLSearchParams({ text: scope, size: String(size), from: String(from) })
    const response = await ask(`${registry}-/v1/search?${query}`, 'application/json', config)
    if (response.status === 404) throw failed(`The registry ${originOf(registry)} cannot be searched`)
    const { success, data } = searchSchema.safeParse(await readJson(response))
    if (!success) throw failed(`The registry ${originOf(registry)} answered with something that is no search`)
    const { objects } = data
    const before = found.size
    for (const { package: each } of objects) if (each.name.startsWith(`${scope}/`)) found.add(each.name)
    // Some registries give the first page again and again.
    if (objects.length < size || found.size === before) return [...found].toSorted()
  }
}
