import { isLevadaError } from '@levada/core/spi'

/** The code of the LevadaError that a promise ends with. */
export async function codeOf(promise: Promise<unknown>): Promise<string> {
  const error: unknown = await promise.then(
    () => 'no error',
    (found: unknown) => found,
  )
  return isLevadaError(error) ? error.code : String(error)
}
