import { CommanderError } from 'commander'
import { createProgram } from './program.ts'

/**
 * Runs one command line.
 * @returns the exit code: 0 done, 1 the work failed, 2 it could not be tried, 130 interrupted
 */
export async function main(args: readonly string[]): Promise<number> {
  let code = 0
  const program = createProgram((exitCode) => {
    code = exitCode
  })
  try {
    await program.parseAsync([...args], { from: 'user' })
    return code
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2
    // Loaded only now: `levada --help` needs nothing but the words of the command line.
    const { isLevadaError, toLevadaErrors } = await import('@levada/core/run')
    const { printErrors } = await import('./errors.ts')
    const json = args.includes('--json')
    printErrors(toLevadaErrors(error), { json })
    if (!isLevadaError(error) && !(error instanceof AggregateError) && process.env['LEVADA_DEBUG'])
      console.error(error)
    return toLevadaErrors(error).some(({ code: word }) => word === 'CANCELLED') ? 130 : 2
  }
}
