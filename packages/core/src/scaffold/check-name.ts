import { LevadaError } from '../errors/index.ts'

/** @throws ASSET_NAME */
export function checkName(name: string): void {
  if (!/^[a-z][a-z0-9_]*\.[a-z][a-z0-9_]*$/.test(name))
    throw new LevadaError(
      'ASSET_NAME',
      `'${name}' is not an asset key: domain.name, in lower-case letters, digits and underscores.`,
    )
}
