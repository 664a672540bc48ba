import { LevadaError } from '../errors/index.ts'

/** @throws PIPELINE_INVALID */
export function checkPipelineName(name: string): void {
  if (!/^[a-z][a-z0-9_-]*$/.test(name))
    throw new LevadaError(
      'PIPELINE_INVALID',
      `Pipeline '${name}': a name has lower-case letters, digits, - and _.`,
    )
}
