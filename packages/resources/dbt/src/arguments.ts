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
  { profile, target, threads, vars }: Pick<CheckedOptions, 'profile' | 'target' | 'threads' | 'vars'>,
  generation: Generation,
): string[] {
  const command = (generation === 2 ? words2[method] : undefined) ?? words[method]
  const allVars = { ...vars, ...config.vars }
  return [
    ...command,
    ...selected('--select', config.select),
    ...selected('--exclude', config.exclude),
    ...value('--selector', config.selector),
    ...list(config.resourceTypes).map((type) => `--resource-type=${type}`),
    ...value('--indirect-selection', config.indirectSelection),
    ...value('--state', config.state),
    ...flag('--defer', config.defer),
    ...flag('--full-refresh', config.fullRefresh),
    ...flag('--fail-fast', config.failFast),
    ...flag('--warn-error', config.warnError),
    ...flag('--store-failures', config.storeFailures),
    ...value('--profile', method === 'retry' ? undefined : (config.profile ?? profile)),
    ...value('--target', config.target ?? target),
    ...value('--threads', takesThreads.has(method) ? (config.threads ?? threads)?.toString() : undefined),
    ...value('--vars', Object.keys(allVars).length > 0 ? JSON.stringify(allVars) : undefined),
  ]
}

const takesThreads = new Set<Method>([
  'build',
  'run',
  'test',
  'seed',
  'snapshot',
  'compile',
  'docs',
  'sourceFreshness',
  'retry',
])

const value = (name: string, text: string | undefined): string[] =>
  text === undefined ? [] : [`${name}=${text}`]
const flag = (name: string, set: boolean | undefined): string[] => (set === true ? [name] : [])
const list = (names: string | readonly string[] | undefined): readonly string[] =>
  names === undefined ? [] : typeof names === 'string' ? [names] : names
/** Both generations take several selections as one value with blanks. */
const selected = (name: string, names: string | readonly string[] | undefined): string[] =>
  value(name, names === undefined ? undefined : list(names).join(' '))
