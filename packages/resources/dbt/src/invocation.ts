import { LevadaError } from '@levada/core/spi'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { mkdtemp } from 'node:fs/promises'
import { argumentsOf, invokedArguments, says } from './arguments.ts'
import { readArtifact, runResultsOf, type DbtNodeResult } from './artifacts.ts'
import { createEventParser } from './events.ts'
import { failureOf } from './failure.ts'
import {
  folders,
  isWhole,
  keepParsed,
  makeFolder,
  noteEnd,
  removeFolder,
  removeOld,
  takeParsed,
  targetDirOf,
} from './folders.ts'
import type { CheckedConfig, CheckedOptions, Method } from './options.ts'
import { checkProfile, makeProfile, profilesDirOf, readProjectFile } from './profiles.ts'
import { asResult, countsOf, createSummary, isFailed, type DbtResult, type Summary } from './result.ts'
import type { Emit } from './run.ts'
import { supervise, type Supervised } from './supervise.ts'
import { findDbt, type DbtExecutable } from './version.ts'

type Environment = Readonly<Record<string, string | undefined>>

/** One command, with everything that decides how it runs. */
export interface Command {
  readonly method: Method
  readonly config: CheckedConfig
  /** The words after `dbt`, when the caller gives them. */
  readonly words?: readonly string[]
}

/** What needs no database needs no profile; and words may name another one, which is for dbt to find. */
function usesProfile({ method, words }: Command): boolean {
  if (!words) return method !== 'deps' && method !== 'clean'
  const [first = ''] = words
  return (
    /^(build|run|test|seed|snapshot|compile|docs|source|show|clone|run-operation)$/.test(first) &&
    !['--profile', '--profiles-dir', '--target'].some((name) => says(words, name))
  )
}

/** The word after `dbt` that says what it does. */
const verbOf = ({ method, words }: Command): string => words?.[0] ?? method

/** These write no results of nodes. */
const withoutNodes = new Set<Method>(['parse', 'ls', 'deps', 'clean', 'invoke'])

/**
 * Runs dbt to its end.
 * @throws DBT_MISSING, DBT_PROFILE, DBT_PROJECT, RESOURCE_FAILED, WORKER_DIED, CANCELLED, STORAGE, DATA_UNREADABLE
 */
export async function invoke(options: CheckedOptions, command: Command, emit: Emit): Promise<DbtResult> {
  const { method, config } = command
  const projectDir = resolve(config.projectDir ?? options.projectDir)
  const env: Environment = { ...process.env, ...options.env }
  // A process of its own, while the files are read here; what is wrong with them is told first.
  const asked = findDbt(options.executable, env)
  asked.catch(() => {})
  const project = await readProjectFile(projectDir)
  const profile = config.profile ?? options.profile ?? project.profile
  const target = config.target ?? options.target
  const profilesDir = profilesDirOf(projectDir, options.profilesDir, env)
  if (!options.connection && usesProfile(command)) await checkProfile(profilesDir, profile, target)
  const dbt = await asked
  throwIfAborted(config.signal, command)

  const targetDir = resolve(options.targetDir ?? targetDirOf(projectDir))
  const words = await wordsOf(command, options, dbt, targetDir)
  // What it removes is the target folder.
  const cleans = verbOf(command) === 'clean'
  const folder = cleans ? await mkdtemp(join(tmpdir(), 'levada-dbt-')) : await makeFolder(targetDir, method)
  await removeOld(targetDir)
  const made =
    options.connection &&
    (await makeProfile(
      folder,
      profile ?? 'levada',
      target ?? 'default',
      options.connection,
      options.credentials ?? {},
    ))
  if (dbt.generation === 1) await takeParsed(targetDir, folder)
  const startedAt = new Date()
  const summary = createSummary()
  const child = await supervise(dbt.path, words, {
    cwd: projectDir,
    env: {
      ...env,
      ...environmentOf(dbt, folder, words),
      ...(!cleans && { DBT_TARGET_PATH: folder }),
      ...(options.profilesDir !== undefined && { DBT_PROFILES_DIR: profilesDir }),
      ...(made && { DBT_PROFILES_DIR: made.profilesDir, ...made.env }),
    },
    graceMs: options.graceMs,
    logFile: join(folder, 'dbt.log'),
  })
  const { exitCode, signal } = await follow(child, summary, emit, config.signal)
  if (dbt.generation === 1 && summary.completed !== undefined) await keepParsed(targetDir, folder)
  const shown = ['dbt', ...words].join(' ')
  // One that came when all was done changes nothing.
  if (config.signal?.aborted && !(exitCode === 0 && summary.completed === true))
    throw cancelled(shown, config.signal, folder)
  if (summary.completed !== undefined) await noteEnd(folder)

  const nodes = await nodesOf(folder, command, summary)
  const result: DbtResult = {
    command: shown,
    success:
      exitCode === 0 &&
      summary.completed !== false &&
      // 2.x lets warnings of tests pass with --warn-error.
      !nodes.some(({ status }) => isFailed(status) || (config.warnError === true && status === 'warn')),
    exitCode: exitCode ?? -1,
    version: summary.version ?? dbt.version,
    invocationId: summary.invocationId,
    startedAt: startedAt.toISOString(),
    seconds: (Date.now() - startedAt.getTime()) / 1000,
    targetPath: folder,
    logPath: folder,
    nodes,
    counts: countsOf(nodes),
    messages: summary.messages,
    printed: summary.printed,
  }
  const silent = exitCode === 0 && summary.completed === undefined && !withoutNodes.has(method)
  const said = summary.said()
  // dbt ends with 1 when what it did has failed, and 1.x with 2 when it could not do it. What `debug` finds it tells in no error.
  const hasFailed =
    exitCode === 1 &&
    summary.completed === false &&
    (verbOf(command) === 'run-operation' || said.length === 0)
  if (signal !== undefined || silent || (!result.success && nodes.length === 0 && !hasFailed))
    throw failureOf({
      command: shown,
      projectDir,
      logPath: folder,
      exitCode,
      signal,
      completed: summary.completed !== undefined,
      said,
    })
  if (cleans) await removeFolder(folder)
  return result
}

async function wordsOf(
  { method, config, words = [] }: Command,
  options: CheckedOptions,
  dbt: DbtExecutable,
  targetDir: string,
): Promise<readonly string[]> {
  if (method === 'invoke') {
    const given = invokedArguments(words, options)
    return words[0] !== 'retry' || says(words, '--state')
      ? given
      : [...given, `--state=${await stateOf(undefined, dbt, targetDir)}`]
  }
  const state = method === 'retry' ? await stateOf(config.of, dbt, targetDir) : config.state
  return argumentsOf(method, { ...config, state }, options, dbt.generation)
}

/** The folder that a retry goes on with: the one that is named, or that of the last command with results. */
async function stateOf(
  named: string | undefined,
  { generation }: DbtExecutable,
  targetDir: string,
): Promise<string> {
  const given = named ?? (await lastResults(targetDir))
  const state = given && resolve(given)
  const results = state && (await readArtifact(state, 'run_results.json'))
  if (!results)
    throw new LevadaError(
      'DBT_PROJECT',
      state === undefined
        ? 'There is no command of this project that could be retried.'
        : `There is no command that could be retried in ${state}: it has no run_results.json.`,
      { hint: 'Run one first, or name the targetPath of its result: of.' },
    )
  if (generation === 1 && !isWhole(state))
    throw new LevadaError(
      'DBT_PROJECT',
      `The command in ${state} was interrupted, and dbt 1.x does not tell what it had not come to.`,
      { hint: 'Run it again instead of retrying it.' },
    )
  if (runResultsOf(results).nodes.every(({ status }) => !isFailed(status) && status !== 'skipped'))
    throw new LevadaError(
      'DBT_PROJECT',
      `There is nothing to retry: no node of the command in ${state} failed.`,
      {
        hint: 'Retry a command that did, by the targetPath of its result: of.',
      },
    )
  return state
}

async function lastResults(targetDir: string): Promise<string | undefined> {
  for (const folder of await folders(targetDir))
    if (await readArtifact(folder, 'run_results.json')) return folder
  return undefined
}

function environmentOf({ generation }: DbtExecutable, folder: string, words: readonly string[]): Environment {
  return {
    DBT_LOG_FORMAT: 'json',
    DBT_LOG_LEVEL: 'debug',
    // What it prints is the log: to write it twice takes 1.x an eighth of a build's time.
    DBT_LOG_LEVEL_FILE: generation === 1 ? 'none' : 'off',
    DBT_LOG_PATH: says(words, '--log-level-file') ? join(folder, 'logs') : folder,
    DBT_USE_COLORS: 'false',
    DBT_SEND_ANONYMOUS_USAGE_STATS: 'false',
    DO_NOT_TRACK: '1',
    PYTHONUNBUFFERED: '1',
  }
}

async function follow(
  child: Supervised,
  summary: Summary,
  emit: Emit,
  signal: AbortSignal | undefined,
): Supervised['ended'] {
  const interrupt = (): void => child.interrupt()
  if (signal?.aborted) interrupt()
  signal?.addEventListener('abort', interrupt, { once: true })
  try {
    await Promise.all([read(child.stdout, summary, emit), read(child.stderr, summary, emit)])
    return await child.ended
  } catch (error) {
    child.interrupt()
    throw error
  } finally {
    signal?.removeEventListener('abort', interrupt)
  }
}

async function read(stream: AsyncIterable<Uint8Array>, summary: Summary, emit: Emit): Promise<void> {
  const parser = createEventParser()
  const take = async (events: ReturnType<typeof parser.push>): Promise<void> => {
    for (const event of events) {
      summary.add(event)
      const waits = emit(asResult(event, summary))
      if (waits) await waits
    }
  }
  for await (const chunk of stream) await take(parser.push(chunk))
  await take(parser.end())
}

/** The results that dbt wrote, and what it told; each knows things of a node that the other does not. */
async function nodesOf(
  folder: string,
  command: Command,
  { nodes, crashed }: Summary,
): Promise<readonly DbtNodeResult[]> {
  // Of an operation that fails, 2.x writes that all nodes of the project have failed.
  if (verbOf(command) === 'run-operation') return []
  const { method } = command
  const written = withoutFalseErrors((await writtenNodes(folder, method)) ?? [], nodes)
  // Of a source that could not be asked nothing is written, and 2.x writes nothing of nodes that it compiles.
  const told = method === 'sourceFreshness' || written.length === 0 ? nodes.values() : []
  const all = new Map([...told, ...written].map((node) => [node.id, { ...nodes.get(node.id), ...node }]))
  return [...all.values()].map(({ failures, ...node }) => {
    const message = crashed.get(node.id)
    if (message !== undefined) return { ...node, status: 'error', message }
    return failures === undefined ? node : { ...node, failures }
  })
}

async function writtenNodes(folder: string, method: Method): Promise<readonly DbtNodeResult[] | undefined> {
  const isFreshness = method === 'sourceFreshness'
  const artifact = await readArtifact(folder, isFreshness ? 'sources.json' : 'run_results.json')
  return artifact && runResultsOf(artifact).nodes
}

const notCompiled = 'Compilation Error'

/**
 * Stopped by --fail-fast, 2.x may write of every node that it did not compile, also of one that succeeded. Then its events count,
 * and what they do not tell of was not come to.
 */
function withoutFalseErrors(
  written: readonly DbtNodeResult[],
  told: Summary['nodes'],
): readonly DbtNodeResult[] {
  const isFalse =
    written.every(({ status, message }) => status === 'error' && message === notCompiled) &&
    written.some(({ id }) => told.has(id) && told.get(id)!.status !== 'error')
  if (!isFalse) return written
  return written.map(({ message: _, ...node }) => told.get(node.id) ?? { ...node, status: 'skipped' })
}

function throwIfAborted(signal: AbortSignal | undefined, { method, words = [method] }: Command): void {
  if (signal?.aborted) throw cancelled(`dbt ${words.join(' ')}`, signal, undefined)
}

const cancelled = (command: string, { reason }: AbortSignal, targetPath: string | undefined): LevadaError =>
  new LevadaError('CANCELLED', `'${command}' was interrupted.`, {
    hint: 'Run it again; what was built stays.',
    cause: reason,
    ...(targetPath !== undefined && { details: { targetPath } }),
  })
