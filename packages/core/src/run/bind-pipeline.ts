import { graphNode, pipelineAssets, type GraphAsset } from '../app/index.ts'
import type { Engines } from '../catalog/index.ts'
import { toLevadaErrors, type LevadaError } from '../errors/index.ts'
import type { AnyPipeline } from '../pipeline/index.ts'
import { bindAll, type Bound } from './bind-app.ts'

export interface PipelineBound extends Bound {
  readonly errors: readonly LevadaError[]
}

/**
 * Binds the SQL of a pipeline by itself, of its views and of its checks, against empty tables of what it declares to read.
 * @param root what places in errors are relative to
 */
export async function bindPipeline(
  pipeline: AnyPipeline,
  engines: Pick<Engines, 'nameFor' | 'get'>,
  root: string,
): Promise<PipelineBound> {
  const { provided, sources } = pipelineAssets(pipeline)
  const assets = [...provided, ...sources].map(([name, asset]): [string, GraphAsset] => [
    name,
    { name, role: asset.role === 'source' ? 'source' : 'asset', asset, pipeline: pipeline.name },
  ])
  const nodes = pipeline.nodes.map((node) => graphNode(pipeline, node))
  const errors: LevadaError[] = []
  const bound = await bindAll({ nodes, assets: new Map(assets) }, engines, root, (error) => {
    errors.push(...toLevadaErrors(error))
  })
  return { ...bound, errors }
}
