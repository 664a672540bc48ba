// load-catalog.ts <app>: loads the catalog of an app as every command does, resolves its entries, and prints milliseconds.
import { enableCompileCache } from 'node:module'

enableCompileCache()
const { defineApp } = await import('@levada/core')
const { openApp } = await import('@levada/core/run')
const [dir] = process.argv.slice(2) as [string]
const app = defineApp({ name: 'catalog', plugins: [], pipelines: [] })
const started = performance.now()
await using session = await openApp(app, { appDir: dir })
const section = session.config.resolve(session.config.section('catalog'))
const elapsed = performance.now() - started
if (section.kind !== 'map' || section.entries.size !== 1000)
  throw new Error('The catalog has not 1,000 entries')
console.log(elapsed)
