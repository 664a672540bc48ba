// load-catalog.ts <app> all | one: loads the catalog of an app as every command does, resolves all of its entries or the one that a step
// needs, and prints milliseconds.
import { enableCompileCache } from 'node:module'

enableCompileCache()
const { defineApp } = await import('@levada/core')
const { openApp } = await import('@levada/core/run')
const [dir, what] = process.argv.slice(2) as [string, 'all' | 'one']
const app = defineApp({ name: 'catalog', plugins: [], pipelines: [] })
const started = performance.now()
await using session = await openApp(app, { appDir: dir })
const section = session.config.section('catalog')
const wanted = what === 'all' ? section : section.entries.get('shop.asset_500')!.value
const resolved = session.config.resolve(wanted)
const elapsed = performance.now() - started
if (resolved.kind !== 'map' || resolved.state !== 'resolved' || section.entries.size !== 1000)
  throw new Error('The catalog has not 1,000 entries')
console.log(elapsed)
