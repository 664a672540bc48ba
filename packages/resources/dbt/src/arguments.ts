import { resolve } from 'node:path'
import type { CheckedConfig, CheckedOptions, Method } from './options.ts'
import type { Generation } from './version.ts'

const words: Readonly<Record<Exclude<Method, 'invoke'>, readonly string[]>> = {
  build: ['build'],
  run: ['run'],
  test: ['test'],
  seed: ['seed'],
  snapshot: ['snapshot'],
  compile: ['compile'],
  parse: ['parse'],
  ls: ['ls', '--output', 'json'],
  docs: ['docs', 'generate'],
  deps: ['deps'],
  sourceFreshness: ['source', 'freshness'],
  retry: ['retry'],
  clean: ['clean'],
}

/** The second generation writes the catalog when it compiles. */
const words2: Partial<typeof words> = { docs: ['compile', '--write-catalog'] }

/** The words after `dbt`. Values are joined to their flags, so that none is taken for a flag. */
export function argumentsOf(
  method: Exclude<Method, 'invoke'>,
  config: CheckedConfig,
  { profile, target, threads, vars }: Settings,
  generation: Generation,
): string[] {
  const command = (generation === 2 ? words2[method] : undefined) ?? words[method]
  return [
    ...command,
    ...selected('--select', config.select),
    ...selected('--exclude', config.exclude),
    ...value('--selector', config.selector),
    ...list(config.resourceTypes).map((type) => `--resource-type=${type}`),
    ...value('--indirect-selection', config.indirectSelection),
    ...value('--state', config.state && resolve(config.state)),
    ...flag('--defer', config.defer),
    ...flag('--full-refresh', config.fullRefresh),
    ...flag('--fail-fast', config.failFast),
    ...flag('--warn-error', config.warnError),
    ...flag('--store-failures', config.storeFailures),
    ...settings(command[0]!, {
      profile: config.profile ?? profile,
      target: config.target ?? target,
      threads: config.threads ?? threads,
      vars: { ...vars, ...config.vars },
    }),
  ]
}

type Settings = Pick<CheckedOptions, 'profile' | 'target' | 'threads' | 'vars'>

/** The words that a caller gives, and the settings that they do not say and the command takes. */
export const invokedArguments = (given: readonly string[], options: Settings): readonly string[] => [
  ...given,
  ...settings(given[0] ?? '', options).filter(
    (setting) => !says(given, setting.slice(0, setting.indexOf('='))),
  ),
]

/** Whether words have an option. */
export const says = (given: readonly string[], name: string): boolean =>
  given.some((word) => word === name || word === shorts[name] || word.startsWith(`${name}=`))
const shorts: Readonly<Record<string, string>> = { '--target': '-t' }

/** Commands that are about a project, by their first word; others as `init` take no settings. */
const withoutThreads = ['parse', 'ls', 'list', 'deps', 'clean', 'debug', 'run-operation']
const withThreads = [
  'build',
  'run',
  'test',
  'seed',
  'snapshot',
  'compile',
  'docs',
  'source',
  'retry',
  'show',
  'clone',
]

/** As options with their values joined to them. */
function settings(command: string, { profile, target, threads, vars }: Settings): string[] {
  const takesThreads = withThreads.includes(command)
  if (!takesThreads && !withoutThreads.includes(command)) return []
  return [
    ...value('--profile', command === 'retry' ? undefined : profile),
    ...value('--target', target),
    ...value('--threads', takesThreads ? threads?.toString() : undefined),
    ...value('--vars', vars && Object.keys(vars).length > 0 ? yamlOf(vars) : undefined),
  ]
}

/** JSON as YAML 1.1 reads it: these are line breaks to it, or no characters at all. */
const yamlOf = (vars: object): string =>
  JSON.stringify(vars).replaceAll(
    /[\u007f-\u009f\u2028\u2029\ufeff\ufffe\uffff]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )

const value = (name: string, text: string | undefined): string[] =>
  text === undefined ? [] : [`${name}=${text}`]
const flag = (name: string, set: boolean | undefined): string[] => (set === true ? [name] : [])
const list = (names: string | readonly string[] | undefined): readonly string[] =>
  names === undefined ? [] : typeof names === 'string' ? [names] : names
/** Both generations take several selections as one value with blanks. */
const selected = (name: string, names: string | readonly string[] | undefined): string[] =>
  value(name, names === undefined ? undefined : list(names).join(' '))
