import { resolve } from 'node:path'
import { runFullPipeline, type DbtPipelineConfig, type DbtPipelineResult } from './full-pipeline.ts'
import { invoke, type Command } from './invocation.ts'
import {
  checkedConfig,
  checkedOptions,
  checkedWords,
  type DbtBuildConfig,
  type DbtCallConfig,
  type DbtCompileConfig,
  type DbtDocsConfig,
  type DbtFreshnessConfig,
  type DbtListConfig,
  type DbtOptions,
  type DbtParseConfig,
  type DbtRetryConfig,
  type DbtRunConfig,
  type DbtSeedConfig,
  type DbtSnapshotConfig,
  type DbtTestConfig,
  type Method,
} from './options.ts'
import {
  cleanArtifacts,
  projectInfo,
  validateProject,
  type DbtProjectInfo,
  type DbtValidation,
} from './project.ts'
import { createRun, type DbtRun } from './run.ts'

/** dbt for one project. Each method starts a command: await it, or iterate over its events. */
export interface Dbt {
  /** Seeds, models, snapshots and tests, in the order of the graph. */
  build(config?: DbtBuildConfig): DbtRun
  run(config?: DbtRunConfig): DbtRun
  test(config?: DbtTestConfig): DbtRun
  seed(config?: DbtSeedConfig): DbtRun
  snapshot(config?: DbtSnapshotConfig): DbtRun
  compile(config?: DbtCompileConfig): DbtRun
  parse(config?: DbtParseConfig): DbtRun
  /** Lists nodes: a line of JSON each, in `printed`. */
  ls(config?: DbtListConfig): DbtRun
  /** Compiles, and reads the columns that tables really have: `catalog.json`. */
  docs(config?: DbtDocsConfig): DbtRun
  /** Fetches the packages of the project. */
  deps(config?: DbtCallConfig): DbtRun
  /** Looks how old the sources are. */
  sourceFreshness(config?: DbtFreshnessConfig): DbtRun
  /** Does what an earlier command failed to do or did not come to. */
  retry(config?: DbtRetryConfig): DbtRun
  /** Removes what `clean-targets` of the project names. */
  clean(config?: DbtCallConfig): DbtRun
  /**
   * Any other command, by its words: `dbt.invoke(['run-operation', 'grant_all'])`. Profile, target, threads and variables are
   * those of the options, unless the words say otherwise.
   */
  invoke(words: readonly string[], config?: Pick<DbtCallConfig, 'signal'>): DbtRun
  /** deps, seed, build and docs; a stage that fails ends it, unless told otherwise. */
  runFullPipeline(config?: DbtPipelineConfig): Promise<DbtPipelineResult>
  /** Parses the project, and tells what is wrong with it or its profile. */
  validateProject(config?: DbtParseConfig): Promise<DbtValidation>
  /** Parses the project, and tells what it has. */
  projectInfo(): Promise<DbtProjectInfo>
  /**
   * Removes what commands have left, without starting dbt: `clean-targets` of the project, only inside of it, and never what a
   * link leads to.
   * @returns what was removed, relative to the project
   */
  cleanArtifacts(): Promise<readonly string[]>
}

/**
 * dbt Core 1.5 or newer, or 2.x, for one project.
 *
 * A command that fails, such as one with failing tests, gives a result with `success: false`. What keeps dbt from running is
 * thrown: DBT_MISSING, DBT_PROFILE, DBT_PROJECT, RESOURCE_FAILED (the database), WORKER_DIED, CANCELLED.
 * @throws CONFIG_INVALID, here and in each method
 * @example
 * const dbt = createDbt({ projectDir: 'dbt' })
 * const { success, nodes } = await dbt.build({ select: 'marts', fullRefresh: true })
 */
export function createDbt(options: DbtOptions): Dbt {
  const checked = checkedOptions(options)
  const start = (command: Command): DbtRun => createRun((emit) => invoke(checked, command, emit))
  const method =
    (name: Method) =>
    (config: object = {}): DbtRun =>
      start({ method: name, config: checkedConfig(name, config) })
  const commands = {
    build: method('build'),
    run: method('run'),
    test: method('test'),
    seed: method('seed'),
    snapshot: method('snapshot'),
    compile: method('compile'),
    parse: method('parse'),
    ls: method('ls'),
    docs: method('docs'),
    deps: method('deps'),
    sourceFreshness: method('sourceFreshness'),
    retry: method('retry'),
    clean: method('clean'),
    invoke: (words: readonly string[], config: object = {}) =>
      start({ method: 'invoke', config: checkedConfig('invoke', config), words: checkedWords(words) }),
  }
  const projectDir = resolve(checked.projectDir)
  return {
    ...commands,
    runFullPipeline: (config = {}) => runFullPipeline(commands, config),
    validateProject: (config = {}) => validateProject(commands.parse, config),
    projectInfo: () => projectInfo(projectDir, commands.parse),
    cleanArtifacts: () => cleanArtifacts(projectDir, checked.targetDir),
  }
}
