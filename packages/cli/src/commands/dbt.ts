import { existsSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { importFrom, LevadaError } from '@levada/core/run'
import type { createDbt, Dbt, DbtEvent, DbtNode, DbtResult, DbtRun } from '@levada/resource-dbt'
import { appDirOf, openSession, type AppOptions } from '../app.ts'
import { interruption } from '../interruption.ts'
import { openLive } from '../live.ts'
import { count, paint, plural, seconds, visible } from '../style.ts'

export interface DbtCommandOptions extends AppOptions {
  readonly resource?: string | undefined
}

/** Runs a command of dbt, given by its words: as the app's resources.yml says, or on the project of the working directory. */
export async function dbt(words: readonly string[], options: DbtCommandOptions): Promise<number> {
  await using opened = await openDbt(options)
  const { signal, stop } = interruption('Interrupting dbt; again to stop at once.')
  try {
    const run = start(opened.dbt, words, signal)
    const result = options.json ? await printEvents(run) : await follow(run, words)
    return result.success ? 0 : 1
  } finally {
    stop()
  }
}

/** These two look at folders of earlier commands, which an invocation of its own does not know. */
const start = (service: Dbt, words: readonly string[], signal: AbortSignal): DbtRun =>
  words.length === 1 && (words[0] === 'retry' || words[0] === 'clean')
    ? service[words[0]]({ signal })
    : service.invoke(words, { signal })

interface Opened extends AsyncDisposable {
  readonly dbt: Dbt
}

async function openDbt(options: DbtCommandOptions): Promise<Opened> {
  if (options.app === undefined && !isInApp()) {
    const projectDir = projectAbove(process.cwd())
    for (const name of ['env', 'resource'] as const)
      if (options[name] !== undefined)
        throw new LevadaError('USAGE', `--${name} is for an app, and there is no levada.config.ts here.`, {
          hint: 'Leave it out, and name a target of profiles.yml: --target.',
        })
    return { dbt: (await load(projectDir))({ projectDir }), [Symbol.asyncDispose]: async () => {} }
  }
  const session = await openSession(options)
  try {
    const name = resourceOf(session.app.resources, options.resource)
    return {
      dbt: (await session.resource(name)) as Dbt,
      [Symbol.asyncDispose]: () => session[Symbol.asyncDispose](),
    }
  } catch (error) {
    await session[Symbol.asyncDispose]()
    throw error
  }
}

function isInApp(): boolean {
  try {
    appDirOf({})
    return true
  } catch {
    return false
  }
}

/** Which of the app's services is dbt. */
function resourceOf(
  resources: Readonly<Record<string, { readonly name: string }>>,
  asked: string | undefined,
): string {
  const names = Object.keys(resources).filter((name) => resources[name]!.name === 'dbt')
  if (names.length === 0)
    throw new LevadaError('PLUGIN_MISSING', 'The app has no dbt among its resources.', {
      hint: "Write resources: { dbt: dbt() } into levada.config.ts, with dbt of '@levada/resource-dbt', and dbt: { project_dir: … } into conf/base/resources.yml.",
    })
  const name = asked ?? names[0]!
  if (names.includes(name) && (asked !== undefined || names.length === 1)) return name
  throw new LevadaError(
    'USAGE',
    asked === undefined
      ? `The app has dbt several times: ${names.join(', ')}.`
      : `No resource '${asked}' of the app is dbt; there is ${names.join(', ')}.`,
    { hint: `Name one of them: --resource ${names[0]}.` },
  )
}

function projectAbove(start: string): string {
  for (let dir = resolve(start); ; dir = dirname(dir)) {
    if (existsSync(join(dir, 'dbt_project.yml'))) return dir
    if (dir === dirname(dir))
      throw new LevadaError(
        'APP_NOT_FOUND',
        `There is neither a levada.config.ts nor a dbt_project.yml in ${start} or a folder above.`,
        { hint: 'Go to the folder of the app or of the dbt project, or name the app: --app.' },
      )
  }
}

/** Taken from where the project stands, since not everybody needs it. */
async function load(projectDir: string): Promise<typeof createDbt> {
  try {
    return (await importFrom(projectDir, '@levada/resource-dbt'))['createDbt'] as typeof createDbt
  } catch (cause) {
    if ((cause as { code?: string }).code !== 'ERR_MODULE_NOT_FOUND') throw cause
    throw new LevadaError('PLUGIN_MISSING', `@levada/resource-dbt is not installed for ${projectDir}.`, {
      cause,
      hint: 'Install it there: npm install @levada/resource-dbt @levada/core',
    })
  }
}

async function printEvents(run: DbtRun): Promise<DbtResult> {
  for await (const event of run) if (event.kind !== 'other') console.log(JSON.stringify(event))
  const result = await run
  console.log(JSON.stringify({ kind: 'result', ...result }))
  return result
}

/** Of these the log is about nodes, which are told here. */
const aboutNodes = /^(build|run|test|seed|snapshot|compile|retry|ls|list|show)$/

async function follow(run: DbtRun, [command = '']: readonly string[]): Promise<DbtResult> {
  const running = new Map<string, { readonly node: DbtNode; readonly since: number }>()
  const live = await openLive((frame) =>
    [...running.values()].map(
      ({ node, since }) => `${frame} ${node.name} ${paint('dim', seconds(performance.now() - since))}`,
    ),
  )
  const tellsLog = !aboutNodes.test(command)
  let told: string | undefined
  try {
    for await (const event of run) {
      if (event.kind === 'node_started')
        running.set(event.node.id, { node: event.node, since: performance.now() })
      else if (event.kind === 'node_finished') {
        running.delete(event.node.id)
        live.print([nodeText(event)])
      } else if (tellsLog && event.kind === 'text') live.print([visible(event.text)])
      else if (tellsLog && event.kind === 'log' && /info|warn/.test(event.level) && event.message !== told) {
        // Errors are told at the end; and 1.x says some things twice.
        told = event.message
        live.print([visible(told)])
      }
    }
  } finally {
    live.clear()
    live.close()
  }
  const result = await run
  for (const line of result.printed) console.log(visible(line))
  const isEmpty = aboutNodes.test(command) && result.nodes.length + result.printed.length === 0
  if (result.nodes.length > 0 || !result.success || isEmpty) console.log(resultText(result))
  return result
}

type Ended = Pick<
  Extract<DbtEvent, { kind: 'node_finished' }>,
  'node' | 'status' | 'seconds' | 'rows' | 'failures'
>

function nodeText({ node, status, seconds: took, rows, failures }: Ended): string {
  const facts = [
    node.materialized ?? node.resourceType,
    ...(isGood(status) ? [] : [status]),
    ...(rows === undefined ? [] : [plural(rows, 'row')]),
    ...(failures ? [`${count(failures)} ${failures === 1 ? 'row fails' : 'rows fail'}`] : []),
  ]
  const dot = paint('dim', ' · ')
  const time = took === undefined ? '' : paint('dim', ` ${seconds(took * 1000)}`)
  return `${mark(status)} ${visible(node.name)}${dot}${facts.map(visible).join(dot)}${time}`
}

const isGood = (status: string): boolean => status === 'success' || status === 'pass'
const isLeft = (status: string): boolean => ['skipped', 'no-op', 'reused'].includes(status)

function mark(status: string): string {
  if (isGood(status)) return paint('green', '✓')
  if (isLeft(status)) return paint('yellow', '-')
  return status === 'warn' ? paint('yellow', '!') : paint('red', '✗')
}

/** What went wrong, and what came of it all. */
function resultText(result: DbtResult): string {
  const { nodes, counts, messages, success, seconds: took, logPath, version } = result
  const bad = nodes.filter(({ status }) => !isGood(status) && !isLeft(status))
  const lines = bad.flatMap(({ name, status, message }) =>
    message === undefined
      ? []
      : ['', `${mark(status)} ${visible(name)}`, visible(message.trim()).replaceAll(/^/gm, '    ')],
  )
  if (bad.length === 0 && !success)
    lines.push(
      ...messages.flatMap(({ level, text }) => (level === 'error' ? [paint('red', visible(text))] : [])),
    )
  // dbt says only there why it has nothing to do.
  if (nodes.length === 0)
    lines.push(...messages.flatMap(({ level, text }) => (level === 'warn' ? [visible(text)] : [])))
  const warnings = messages.filter(({ level }) => level === 'warn').length
  const tally = Object.entries(counts).map(([status, n]) => `${count(n)} ${visible(status)}`)
  lines.push(
    '',
    [
      success ? 'dbt succeeded' : 'dbt failed',
      ...(tally.length > 0 ? [tally.join(', ')] : []),
      ...(warnings > 0 ? [plural(warnings, 'warning')] : []),
      seconds(took * 1000),
    ].join(' · '),
    paint('dim', `dbt ${version} · log: ${join(logPath, 'dbt.log')}`),
  )
  return lines.join('\n')
}
