import type { App, Graph } from '../app/index.ts'
import { placeOf, type Catalog } from '../catalog/index.ts'
import type { Redact } from '../config/index.ts'
import type { Dataset } from '../dataset/index.ts'
import { LevadaError } from '../errors/index.ts'
import { runCommand, type Reading } from '../plan/index.ts'

/** What looking after stored versions needs. */
export interface ManagedContext {
  readonly app: App
  readonly appDir: string
  readonly env: string
  readonly graph: Graph
  readonly catalog: Catalog
  readonly reading: Reading
  readonly redact: Redact
}

/** Why this app has no say in what is stored of an asset; undefined when it has. */
export async function foreignProblem(
  { app, env, graph, catalog, reading }: ManagedContext,
  asset: string,
): Promise<LevadaError | undefined> {
  const { role, pipeline } = graph.assets.get(asset)!
  const { dataset, place } = catalog.entry(asset)
  if (role !== 'asset') {
    const whose =
      role === 'source'
        ? 'a source, which nobody here writes'
        : `external: the deployment of '${pipeline}' writes it`
    return new LevadaError('NOT_SUPPORTED', `'${asset}' is ${whose}.`, {
      hint: 'Do it where it is written.',
      place,
    })
  }
  const there = (await reading.other?.catalog.places())?.get(await placeOf(dataset))
  if (there)
    return new LevadaError(
      'NOT_SUPPORTED',
      `'${asset}' is stored at ${dataset.address}, which belongs to environment '${reading.other!.env}' and is only read in '${env}'.`,
      { place, hint: `Do it there: --env ${reading.other!.env}` },
    )
  const head = await dataset.head()
  if (head && head.app !== app.name)
    return new LevadaError(
      'FOREIGN_ASSET',
      `'${asset}' is written by the app '${head.app}' (run ${head.runId}), not by '${app.name}'.`,
      { place },
    )
  return undefined
}

/** @throws NOT_SUPPORTED with the reason of the dataset */
export function checkKeeps(
  { catalog, graph }: ManagedContext,
  asset: string,
  dataset: Dataset,
  what: 'versioned' | 'restorable',
): void {
  const can = dataset.capabilities[what]
  if (can === true) return
  const sentence = what === 'versioned' ? 'keeps no versions' : 'cannot be restored'
  throw new LevadaError('NOT_SUPPORTED', `'${asset}' ${sentence}: ${can.denied}.`, {
    place: catalog.entry(asset).place,
    hint:
      graph.assets.get(asset)!.role === 'source'
        ? 'It is a source: what there is of it is up to who delivers it.'
        : 'Store it in a dataset that keeps versions; levada check prints what holds for each.',
  })
}

/** @throws NOT_MATERIALIZED */
export const notBuilt = ({ env }: ManagedContext, asset: string): LevadaError =>
  new LevadaError('NOT_MATERIALIZED', `'${asset}' has not been built in environment '${env}'.`, {
    hint: `Build it first: ${runCommand(`+${asset}`, env)}`,
  })
