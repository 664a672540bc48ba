import { LevadaError } from '../errors/index.ts'
import type { AnyPipeline, Pipeline, Ports } from '../pipeline/index.ts'

/** A pipeline that another deployment runs: what it provides can be read here. */
export interface External<out Provides extends object = object> {
  readonly '~levada': 'external@1'
  readonly name: string
  readonly pipeline: AnyPipeline
  readonly '~provides': Provides
}

type ProvidesOf<P extends Ports> = P extends { readonly provides: infer X extends object } ? X : {}

/**
 * Composes a pipeline without running it: its assets are read where its own deployment stores them.
 * @throws PIPELINE_INVALID
 */
export const external = <P extends Ports>(pipeline: Pipeline<P>): External<ProvidesOf<P>> => {
  if (pipeline?.['~levada'] !== 'pipeline@1')
    throw new LevadaError('PIPELINE_INVALID', 'external(…) takes the default export of a pipeline package.')
  return { '~levada': 'external@1', name: pipeline.name, pipeline } as never
}
