import { CommanderError } from 'commander'
import { watchStdout } from './print-line.ts'
import { createProgram } from './program.ts'

/**
 * Runs one command line.
 * @returns the exit code: 0 done, 1 the work failed, 2 it could not be tried, 130 interrupted
 */
export async function main(args: readonly string[]): Promise<number> {
  await endWithLauncher()
  if (args.includes('--json')) watchStdout()
  let code = 0
  const program = createProgram((exitCode) => {
    code = exitCode
  }, args)
  try {
    await program.parseAsync([...args], { from: 'user' })
    return code
  } catch (error) {
    if (error instanceof CommanderError && error.exitCode === 0) return 0
    // Loaded only now: `levada --help` needs nothing but the words of the command line.
    const { isLevadaError, LevadaError, toLevadaErrors } = await import('@levada/core/run')
    const { printErrors } = await import('./errors.ts')
    const json = args.includes('--json')
    if (error instanceof CommanderError) {
      // Called without a command it has printed its help.
      if (error.code !== 'commander.help')
        printErrors([new LevadaError('USAGE', usage(error), { hint: hintOf(program, args) })], { json })
      return 2
    }
    printErrors(toLevadaErrors(error), { json })
    if (!isLevadaError(error) && !(error instanceof AggregateError) && process.env['LEVADA_DEBUG'])
      console.error(error)
    return toLevadaErrors(error).some(({ code: word }) => word === 'CANCELLED') ? 130 : 2
  }
}

/** An older Node hands over to this process, and may be killed: then nobody is there for whom it works. */
async function endWithLauncher(): Promise<void> {
  const launcher = process.env['LEVADA_LAUNCHER']
  if (launcher === undefined) return
  // What this process starts has another parent.
  delete process.env['LEVADA_LAUNCHER']
  if (launcher !== String(process.ppid)) return
  const { endWithParent } = await import('./end-with-parent.ts')
  endWithParent(process.ppid, 0)
}

interface Named {
  name(): string
  readonly commands: readonly Named[]
}

/** Leads to the help of the command that the words name, as far as they do. */
function hintOf(program: Named, args: readonly string[]): string {
  if ((args[0] === 'run' || args[0] === 'plan') && args.some((word) => word === '--dry-run'))
    return args[0] === 'run'
      ? 'Write levada plan: it tells what a run would do and why, and does nothing.'
      : 'Leave --dry-run out: levada plan does nothing but tell.'
  const words = ['levada']
  let command: Named = program
  for (const word of args) {
    const next = command.commands.find((each) => each.name() === word)
    if (!next) break
    words.push(word)
    command = next
  }
  return `Run ${words.join(' ')} --help to see what there is.`
}

/** What Commander says of a command line, as a sentence: `error: unknown option '--ful'\n(Did you mean --full?)`. */
function usage({ message }: CommanderError): string {
  const text = message.replace(/^error: /, '').replaceAll(/\n\((Did you mean .*)\)/g, '. $1')
  const sentence = /[.?!]$/.test(text) ? text : `${text}.`
  return sentence[0]!.toUpperCase() + sentence.slice(1)
}
