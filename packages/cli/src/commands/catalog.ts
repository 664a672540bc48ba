import { relative } from 'node:path'
import { formatPlace } from '@levada/core/run'
import { openSession, printJson, type AppOptions } from '../app.ts'
import { table } from '../table.ts'

export async function catalogList(options: AppOptions): Promise<number> {
  await using session = await openSession(options)
  const { catalog, graph } = session
  const entries = [...graph.assets.keys()].map((name) => ({
    ...catalog.entry(name),
    role: graph.assets.get(name)!.role,
  }))
  if (options.json) {
    printJson(
      entries.map(({ asset, role, type, pattern, place, dataset }) => ({
        asset,
        role,
        type,
        address: dataset.address,
        pattern,
        place: formatPlace(place),
        capabilities: dataset.capabilities,
      })),
    )
    return 0
  }
  const rows = entries.map(({ asset, type, pattern, place, dataset }) => [
    asset,
    type,
    relative(process.cwd(), dataset.address) || '.',
    pattern === asset ? '' : pattern,
    formatPlace(place),
  ])
  console.log(table(['asset', 'type', 'where', 'by pattern', 'said in'], rows))
  return 0
}
