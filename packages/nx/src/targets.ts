import type { TargetConfiguration } from '@nx/devkit'

/** What `nx.json` may set beside the plugin: the name of each inferred target. */
export interface LevadaNxOptions {
  /** @default 'build' */
  readonly build?: string
  /** @default 'typecheck' */
  readonly typecheck?: string
  /** @default 'test' */
  readonly test?: string
  /** @default 'generate' */
  readonly generate?: string
  /** @default 'contract-check' */
  readonly contractCheck?: string
}

/** What was found in a project's folder. */
export interface ProjectFacts {
  /** Has `tsconfig.json` and something to compile. */
  readonly compiles: boolean
  /** Goes to a registry, so it needs `dist`. */
  readonly published: boolean
  /** Has `*.test.ts` or `*.test-d.ts`. */
  readonly tested: boolean
  /** Has `src/pipeline.ts`. */
  readonly pipeline: boolean
}

/** What Nx has to run, relative to the workspace's root. */
export interface Commands {
  readonly build: string
  readonly vitest: string
}

// Files of a project that end in what it publishes; the generated ones follow from the others.
const sources = [
  '{projectRoot}/src/**/*',
  '!{projectRoot}/src/**/*.test.ts',
  '!{projectRoot}/src/**/*.test-d.ts',
  '{projectRoot}/package.json',
  '{projectRoot}/tsconfig.json',
  '{workspaceRoot}/tsconfig.base.json',
]

/**
 * Targets of one project.
 *
 * @example
 * ```ts
 * inferTargets({ compiles: true, published: true, tested: false, pipeline: false }, commands)
 * // { build: …, typecheck: … }
 * ```
 */
export function inferTargets(
  facts: ProjectFacts,
  commands: Commands,
  options: LevadaNxOptions = {},
): Record<string, TargetConfiguration> {
  const build = options.build ?? 'build'
  const targets: Record<string, TargetConfiguration> = {}
  if (facts.compiles && facts.published) targets[build] = buildTarget(commands.build, build)
  if (facts.compiles) targets[options.typecheck ?? 'typecheck'] = typecheckTarget(build)
  if (facts.tested) targets[options.test ?? 'test'] = testTarget(commands.vitest)
  if (facts.pipeline) {
    targets[options.generate ?? 'generate'] = generateTarget()
    targets[options.contractCheck ?? 'contract-check'] = contractCheckTarget(facts.published)
  }
  return targets
}

function buildTarget(command: string, build: string): TargetConfiguration {
  return {
    command,
    options: { cwd: '{projectRoot}' },
    dependsOn: [`^${build}`],
    cache: true,
    inputs: [
      ...sources,
      { dependentTasksOutputFiles: '**/*.d.ts', transitive: true },
      { externalDependencies: ['typescript'] },
    ],
    outputs: ['{projectRoot}/dist'],
    metadata: { description: 'Compiles to dist and copies *.sql there.' },
  }
}

function typecheckTarget(build: string): TargetConfiguration {
  return {
    command: 'tsc -p tsconfig.json --noEmit --composite false --incremental false --tsBuildInfoFile null',
    options: { cwd: '{projectRoot}' },
    dependsOn: [`^${build}`],
    cache: true,
    inputs: [
      ...sources,
      '{projectRoot}/*.ts',
      { dependentTasksOutputFiles: '**/*.d.ts', transitive: true },
      { externalDependencies: ['typescript'] },
    ],
    metadata: { description: 'Checks types, emits nothing.' },
  }
}

function testTarget(vitest: string): TargetConfiguration {
  return {
    command: vitest,
    options: { cwd: '{workspaceRoot}' },
    cache: true,
    // Packages of the workspace are read from their sources, so those of dependencies count.
    inputs: [
      'default',
      { dependencies: true, input: 'default' },
      '{workspaceRoot}/vitest.config.ts',
      '{workspaceRoot}/tsconfig.base.json',
      '{workspaceRoot}/tsconfig.test.json',
      { externalDependencies: ['vitest', 'typescript'] },
    ],
    metadata: { description: 'Runs the tests of this project.' },
  }
}

function generateTarget(): TargetConfiguration {
  const outputs = ['{projectRoot}/src/ports.ts', '{projectRoot}/contract.json']
  return {
    command: 'levada generate',
    options: { cwd: '{projectRoot}' },
    cache: true,
    // The command replaces its outputs whatever they hold, and imports `src` with the sources of its dependencies.
    inputs: [...sources, '!{projectRoot}/src/ports.ts', { dependencies: true, input: 'default' }],
    outputs,
    metadata: { description: 'Writes src/ports.ts and contract.json.' },
  }
}

/** Not cached: what is published changes without any file here. */
function contractCheckTarget(published: boolean): TargetConfiguration {
  return {
    command: `levada generate --check${published ? ' && levada release check' : ''}`,
    options: { cwd: '{projectRoot}' },
    metadata: {
      description: 'Checks contract.json against the source, and its changes against what is published.',
    },
  }
}
