import { LevadaError, type Place } from '@levada/core/spi'
import { existsSync, readdirSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { stripVTControlCharacters } from 'node:util'

/** What kept dbt from doing a command, as far as it said. */
export interface Failure {
  /** `dbt build` */
  readonly command: string
  readonly projectDir: string
  readonly logPath: string
  readonly exitCode: number | undefined
  readonly signal: string | undefined
  /** Whether dbt said that the command is over. */
  readonly completed: boolean
  /** What it said at level error, or else its last lines. */
  readonly said: readonly string[]
}

/** The error for a command that did not run: it has no results. */
export function failureOf(failure: Failure): LevadaError {
  const { command, exitCode, signal, completed, said, logPath } = failure
  const message = stripVTControlCharacters(said.join('\n')).trim()
  if (signal !== undefined || (exitCode ?? 0) > 128 || (message === '' && !completed))
    return new LevadaError(
      'WORKER_DIED',
      `'${command}' ended before it had a result (${signal ?? `exit code ${exitCode}`}).`,
      {
        hint: `Look for what ended it, such as a lack of memory; its log is in ${logPath}.`,
        retryable: true,
        details: { exitCode, signal, said },
      },
    )
  const usage = usageIn(message)
  if (usage !== undefined)
    return new LevadaError('USAGE', `'${command}': ${usage}`, {
      hint: `See ${helpFor(command, message)} for what there is.`,
      details: { said, exitCode },
    })
  const adapter = adapterIn(message)
  if (adapter !== undefined)
    return new LevadaError('DBT_MISSING', `dbt has no adapter '${adapter.name}'.`, {
      hint: adapter.known
        ? `Choose another type in profiles.yml; this dbt has ${adapter.known}.`
        : `Install it beside dbt: pip install dbt-${adapter.name}.`,
      details: { said },
    })
  const place = placeIn(message, failure.projectDir) ?? unreadIn(message, failure.projectDir)
  const options = { details: { said, exitCode }, ...(place && { place }) }
  if (isAboutProfile.test(message))
    return new LevadaError('DBT_PROFILE', `'${command}': ${firstOf(message)}`, options)
  if (isAboutDatabase.test(message))
    return new LevadaError('RESOURCE_FAILED', `'${command}': ${firstOf(message)}`, {
      ...options,
      hint: 'See to the database that the profile names, or correct its settings.',
      retryable: true,
    })
  if (/nothing to retry/i.test(message))
    return new LevadaError('DBT_PROJECT', `'${command}': ${firstOf(message)}`, {
      ...options,
      hint: 'All of it has succeeded: run what is to be done next.',
    })
  const variable = /env(?:ironment)? var(?:iable)?\b[^']*'(\w+)'/i.exec(message)?.[1]
  return new LevadaError('DBT_PROJECT', `'${command}': ${firstOf(message)}`, {
    ...options,
    ...(variable !== undefined && { hint: `Set the environment variable ${variable}, for example by env.` }),
  })
}

/** How 1.x (Click) and 2.x (clap) begin when they do not understand the words. */
const misunderstood = [
  /^Error: (?:No such (?:option|command)|Invalid value for|Option .* (?:requires|does not take)|Got unexpected extra|Missing (?:argument|option|parameter))/m,
  /^error: (?:unexpected argument|unrecognized subcommand|invalid value|a value is required|the following required arguments|the argument .* cannot be used|.* requires a subcommand)/m,
]

/** What dbt did not understand of the command line, as a sentence. */
function usageIn(message: string): string | undefined {
  const at = misunderstood.map((begin) => begin.exec(message)?.index).find((index) => index !== undefined)
  if (at === undefined) return undefined
  // Behind it clap tells of its help; empty lines are no events.
  const [told] = message.slice(at).split(/^\s*(?:tip:|Usage:|For more information)/m)
  const text = told!
    .replace(/^error: /i, '')
    .replaceAll(/\s+/g, ' ')
    .trim()
  const sentence = `${text[0]!.toUpperCase()}${text.slice(1)}`
  return /[.?]$/.test(sentence) ? sentence : `${sentence}.`
}

/** `dbt build --help`; dbt itself when the command is not known. */
function helpFor(command: string, message: string): string {
  const word = /^dbt ([a-z][\w-]*)/.exec(command)?.[1]
  const isUnknown = /unrecognized subcommand|No such command/.test(message)
  return word === undefined || isUnknown ? 'dbt --help' : `dbt ${word} --help`
}

/** 1.x misses a package; 2.x has the adapters that it has, and lists them. */
function adapterIn(message: string): { name: string; known: string | undefined } | undefined {
  const missing = /Could not find adapter type '?(\w+)/i.exec(message)?.[1]
  if (missing !== undefined) return { name: missing, known: undefined }
  const [, name, known] = /profiles\.yml: unknown variant `(\w+)`, expected one of (.*)/.exec(message) ?? []
  return name === undefined ? undefined : { name, known: known!.replaceAll('`', '') }
}

const isAboutProfile =
  /profiles?\.yml|find profile named|does not have a target named|invalid profile|Credentials in profile|Profile .* not found|target .* not found in profile/i
const isAboutDatabase =
  /Database Error|could not connect|connection (refused|timed out|error)|IO Error: Cannot open file|Could not set lock/i

/** dbt heads its errors: "Encountered an error:", "Parsing Error". */
const isHeading = /^(Encountered an error( while running operation)?:?( \w+ Error)?|\w+ Error)$/
/** Around what is wrong with a YAML file 1.x shows its lines, and what was being read. */
const isOfYaml = /^(-+|\d+ *\|.*|Raw Error:|while (parsing|scanning) .*|in "<unicode string>", line .*)$/

/** The first paragraph that says something, in one line. */
function firstOf(message: string): string {
  const lines = message.split('\n').map((line) => line.trim().replace(/^\[error\] /, ''))
  const trace = lines.findIndex((line) => line.startsWith('Traceback '))
  const telling = (trace > 0 ? lines.slice(0, trace) : lines).filter(
    (line) => line !== '' && !isHeading.test(line) && !isOfYaml.test(line),
  )
  return `${(telling.slice(0, 3).join(' ') || lines[0]!).replace(/\.$/, '')}.`
}

/** `models/orders.sql:3:5` and `(models/orders.sql)`, when there is such a file in the project. A traceback names dbt's own. */
function placeIn(message: string, projectDir: string): Place | undefined {
  const untraced = message.replaceAll(/^ *File ".*$/gm, '')
  const found = /([\w./-]+\.(?:sql|ya?ml|csv|py|md))(?::(\d+)(?::(\d+))?)?/.exec(untraced)
  if (!found || !existsSync(resolve(projectDir, found[1]!))) return undefined
  const [, file, line, column] = found
  return {
    file: resolve(projectDir, file!),
    ...(line !== undefined && { line: Number(line) }),
    ...(column !== undefined && { column: Number(column) }),
  }
}

/** 1.x names a YAML file that it cannot read from the folder of its kind: `Error reading shop: staging/orders.yml - Runtime Error`. */
function unreadIn(message: string, projectDir: string): Place | undefined {
  const [, name] = /^\s*Error reading \w+: (\S+\.ya?ml) - /m.exec(message) ?? []
  if (name === undefined) return undefined
  const found = readdirSync(projectDir, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && !/^(\.|target$|dbt_packages$)/.test(entry.name))
    .map((entry) => join(projectDir, entry.name, name))
    .filter((file) => existsSync(file))
  if (found.length !== 1) return undefined
  const [, line, column] = /line (\d+), column (\d+)/.exec(message) ?? []
  return { file: found[0]!, ...(line !== undefined && { line: Number(line), column: Number(column) }) }
}
