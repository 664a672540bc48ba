// A release from beginning to end, on a copy of this repository and into a registry of our own.
import { mkdtempSync, realpathSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { configuredRegistry } from './configured-registry.ts'
import { steps } from './exec.ts'
import { root } from './packages.ts'
import { startRegistry } from './registry.ts'
import * as app from './rehearsal/app.ts'
import { bunClient, clients } from './rehearsal/clients.ts'
import { createContext } from './rehearsal/context.ts'
import * as release from './rehearsal/release.ts'
import type { Repository } from './rehearsal/repository.ts'
import * as team from './rehearsal/team.ts'

const start = performance.now()
const temp = realpathSync(mkdtempSync(join(tmpdir(), 'levada-release-')))
process.on('exit', () => rmSync(temp, { recursive: true, force: true }))
await using registry = await startRegistry({
  folder: join(temp, 'registry'),
  scopes: ['@levada', '@levada-examples', '@acme'],
  uplink: await configuredRegistry(root),
})
const context = createContext(temp, registry)
let copy: Repository
let rows: string[]

await steps({
  'copy the repository': async () => {
    copy = await release.copyRepository(context)
  },
  'raise versions': () => release.raiseVersions(context, copy),
  build: () => release.build(copy),
  'resolved registry is ours': () => release.assertRegistry(context, copy),
  pack: () => release.pack(context, copy),
  'check the tarballs': () => release.checkTarballs(context),
  'contracts of the tarballs': () => release.checkContracts(context),
  'levada release check of the tarballs': () => release.checkRelease(context),
  'publish half, then the rest': () => release.publishHalfThenRest(context, copy),
  'publish again': () => release.publishAgain(context, copy),
  'publish a version twice': () => release.publishSameVersion(context),
  'publish without rights': () => release.publishWithoutRights(context),
  'rows of the workspace': async () => {
    rows = await app.workspaceRows(context)
  },
})

const bun = await bunClient(context)
if (typeof bun === 'string') console.log(`SKIPPED  bun: ${bun}`)
for (const client of typeof bun === 'string' ? clients : [...clients, bun]) {
  const folder = app.writeApp(context, client)
  const { name } = client
  await steps({
    [`${name}: install`]: async () => {
      const since = registry.requests.length
      await client.install(folder, context)
      await app.checkInstalled(context, client, folder, since)
    },
    [`${name}: types`]: () => app.checkTypes(context, client, folder),
    [`${name}: rows`]: () => app.checkRows(context, client, folder, rows),
  })
  app.removeApp(client, folder)
}

let acme: team.Team
await steps({
  'a team: a workspace of its own': async () => {
    acme = await team.createTeam(context)
  },
  'a team: first release': () => team.firstRelease(acme),
  'a private app is tagged, never published': () => team.privateApp(acme),
  'a snapshot leaves latest alone': () => team.snapshot(acme),
  'an app elsewhere': () => team.consumer(context),
  'a breaking change as a minor is refused': () => team.breakingAsMinor(acme),
  'a breaking release': () => team.breakingRelease(acme),
  'upgrading over it: the compiler names the column': () => team.upgrade(context),
  'packages compiled apart: levada check names the column': () => team.compiledApart(context),
  'a fix of 1.x while there is 2.x': () => team.oldFix(acme),
})
console.log(`rehearsed in ${((performance.now() - start) / 1000).toFixed(1)} s`)
