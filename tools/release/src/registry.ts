import { once } from 'node:events'
import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { runServer } from 'verdaccio'

export interface Registry extends AsyncDisposable {
  /** With a slash at its end. */
  readonly url: string
  readonly token: string
}

/** A registry of our own in this process, on a free port, that asks no other one. */
export async function startRegistry(folder: string): Promise<Registry> {
  const ours = { access: '$all', publish: '$authenticated', unpublish: '$authenticated' }
  const server = (await runServer({
    configPath: join(folder, 'config.yaml'),
    self_path: folder,
    storage: join(folder, 'storage'),
    auth: { htpasswd: { file: join(folder, 'htpasswd') } },
    uplinks: {},
    packages: { '@levada/*': ours, '@levada-examples/*': ours },
    log: { type: 'stdout', level: 'fatal', format: 'pretty' },
    max_body_size: '50mb',
  })) as Server
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`
  return {
    url,
    token: await createUser(url),
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}

async function createUser(url: string): Promise<string> {
  const response = await fetch(`${url}-/user/org.couchdb.user:rehearsal`, {
    method: 'PUT',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ name: 'rehearsal', password: 'rehearsal-only' }),
  })
  if (!response.ok) throw new Error(`The registry refused to make a user: ${response.status}`)
  const { token } = (await response.json()) as { token: string }
  return token
}
