import { main } from '@levada/cli'
import {
  checkApp,
  errorRecord,
  openApp,
  packageContract,
  toJson,
  toLevadaErrors,
  type EventSink,
  type Session,
} from '@levada/core/run'
import { cpSync, mkdirSync, rmSync, unlinkSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { appOf, withSharedEngine } from './app.ts'
import type { Files, Mutated, Outcome, SeenError } from './case.ts'
import { setContract } from './contract.ts'
import { makeParquet } from './data/parquet.ts'
import { projectFiles } from './project-files.ts'
import { processEnv } from './project.ts'
import { temporaryFolder } from './temporary-folder.ts'

/** A folder that holds the project as a mutation left it, with versions that were published before. */
export interface Bench extends Disposable {
  readonly dir: string
  /** What a mutation leads to; `thorough` asks in all ways there are. */
  run(mutated: Mutated, thorough: boolean): Promise<Outcome>
  /** The result that a mutation which breaks nothing has to lead to. */
  resultWithout(mutated: Mutated): Promise<string>
}

const built = ['sales.orders', 'sales.customers', 'sales.totals', 'shops.stores', 'shops.prices']

export async function openBench(): Promise<Bench> {
  const dir = temporaryFolder()
  const before = process.cwd()
  process.chdir(dir)
  const app = withSharedEngine(appOf(dir))
  const engine = await app.plugins[0]!.engines['duckdb']!.create({ threads: 1 } as never, {
    name: 'duckdb',
    root: dir,
    env: 'dev',
  })
  await makeParquet(engine)
  writeFileSync(
    join(dir, 'levada.config.ts'),
    `import { appOf, withSharedEngine } from ${JSON.stringify(join(import.meta.dirname, 'app.ts'))}\nexport default withSharedEngine(appOf(import.meta.dirname))\n`,
  )

  const onDisk = new Map<string, string | Uint8Array>()
  function write(files: Files): void {
    for (const file of onDisk.keys())
      if (!(file in files)) {
        unlinkSync(join(dir, file))
        onDisk.delete(file)
      }
    for (const [file, content] of Object.entries(files)) {
      if (onDisk.get(file) === content) continue
      mkdirSync(dirname(join(dir, file)), { recursive: true })
      writeFileSync(join(dir, file), content)
      onDisk.set(file, content)
    }
  }
  const open = (env = 'dev'): Promise<Session> =>
    openApp(app, { appDir: dir, env, processEnv }) as unknown as Promise<Session>

  const rowsText = async (session: Session, asset: string): Promise<string> => {
    const rows = toJson(await session.load(asset).rows()) as readonly unknown[]
    return JSON.stringify(rows.map((row) => JSON.stringify(row)).toSorted())
  }
  const seen = (error: unknown): SeenError[] => toLevadaErrors(error).map(errorRecord)

  /** Runs what builds an asset; gives its rows, or what was told. */
  async function runAsset(asset: string): Promise<Pick<Outcome, 'result' | 'errors'>> {
    const errors: SeenError[] = []
    const sink: EventSink = {
      name: 'fuzz',
      event(event) {
        if (event.type === 'step_finished') errors.push(...(event.errors ?? []))
      },
    }
    await using session = await open()
    await session.run(await session.plan(asset, { force: true }), {
      sinks: [sink],
      report: (message) => errors.push({ code: '', message, hint: '' }),
    })
    return errors.length > 0
      ? { result: undefined, errors }
      : { result: await rowsText(session, asset), errors }
  }

  // What stands published while mutations try to spoil it.
  write(projectFiles())
  setContract(`${JSON.stringify(await packageContract(app.pipelines[0]!, dir), null, 2)}\n`)
  {
    await using session = await open()
    const { state } = await session.run(await session.plan())
    if (state !== 'succeeded') throw new Error(`the project itself does not run: ${state}, see ${dir}`)
  }
  cpSync(join(dir, 'data'), join(dir, 'published'), { recursive: true })
  const rowsBefore = new Map<string, string>()
  {
    await using session = await open()
    for (const asset of built) rowsBefore.set(asset, await rowsText(session, asset))
  }
  /** The assets that a case has published again. */
  const published = new Set<string>()
  function reset(): void {
    for (const asset of published) {
      const folder = asset.replace('.', '/')
      rmSync(join(dir, 'data', folder), { recursive: true })
      cpSync(join(dir, 'published', folder), join(dir, 'data', folder), { recursive: true })
    }
    if (published.size > 0) rmSync(join(dir, '.levada/runs'), { recursive: true, force: true })
    published.clear()
  }

  /** Whether an asset is as it was published first. The configuration may be broken, so it is read with the project's own. */
  async function isIntact(asset: string, files: Files): Promise<boolean> {
    write(projectFiles())
    try {
      await using session = await open()
      return (await rowsText(session, asset)) === rowsBefore.get(asset)
    } finally {
      write(files)
    }
  }

  const failed = (error: unknown): Outcome => ({
    result: undefined,
    errors: seen(error),
    printed: '',
    intact: true,
  })

  async function checked(env: string | undefined): Promise<SeenError[]> {
    const report = await checkApp(app, { appDir: dir, processEnv, ...(env !== undefined && { env }) })
    return [...report.errors, ...report.environments.flatMap(({ errors }) => errors)].map(errorRecord)
  }

  /** What opening the app and planning tell, as most commands do. */
  async function asked(env: string): Promise<SeenError[]> {
    const errors: SeenError[] = []
    try {
      await using session = await open(env)
      const { catalog, engines } = session
      errors.push(
        ...[...catalog.checkAll(), ...(await catalog.clashes()), ...engines.checkAll()].map(errorRecord),
      )
      await session
        .plan('shops.prices sales.customers', { force: true })
        .catch((error: unknown) => errors.push(...seen(error)))
    } catch (error) {
      errors.push(...seen(error))
    }
    return errors
  }

  /** The whole meaning of the configuration. */
  async function meaning(env: string): Promise<string> {
    await using session = await open(env)
    const plan = await session.plan('shops.prices sales.customers', { force: true })
    const sql = await Promise.all(plan.steps.map((step) => session.sqlOf(step)))
    const assets = [...session.graph.assets.keys()].map((name) => {
      const { type, pattern, dataset } = session.catalog.entry(name)
      return { name, type, pattern, address: dataset.address, engine: session.engines.nameFor(name) }
    })
    return JSON.stringify({ assets, sql, protected: session.config.protected })
  }
  const meanings = new Map<string, string>()

  const outputs = new Map<string, string>()
  async function runWords(args: readonly string[]): Promise<Outcome> {
    const environment = { ...process.env }
    Object.assign(process.env, processEnv, { NO_COLOR: '1', CI: '1' })
    const { printed, value: code } = await captured(() => main(args))
    process.env = environment
    const told = printed.error.includes('error ') ? parseErrors(printed.error) : parseJsonErrors(printed.out)
    const text = `${printed.out}\n${printed.error}`.replaceAll(dir, '<dir>')
    if (code === 0 && args[0] === 'run') for (const asset of built) published.add(asset)
    if (code === 0)
      return { result: `${code}\n${unstamped(printed.out)}`, errors: told, printed: text, intact: true }
    const errors = told.length > 0 ? told : [{ code: '', message: text, hint: '' }]
    return { result: undefined, errors, printed: text, intact: true }
  }

  async function attempt(
    { files, args, env = 'dev', target, checkOnly }: Mutated,
    thorough: boolean,
  ): Promise<Outcome> {
    write(files)
    if (args) return runWords(args)
    if (target === undefined) {
      const errors = await (thorough || checkOnly ? checked(env) : asked(env))
      const result = errors.length > 0 ? undefined : await meaning(env)
      return { result, errors, printed: '', intact: true }
    }
    // SQL is bound by check, which knows no data; a run must tell the same.
    const isSql = Object.keys(files).some(
      (file) => file.endsWith('.sql') && files[file] !== projectFiles()[file],
    )
    const told = isSql || thorough ? await checked(env) : []
    if (told.length > 0 && !thorough) return { result: undefined, errors: told, printed: '', intact: true }
    const outcome = await runAsset(target).catch(failed)
    const intact = outcome.errors.length === 0 || (await isIntact(target, files))
    if (outcome.result !== undefined || !intact) published.add(target)
    return { ...outcome, errors: told.length > 0 ? told : outcome.errors, printed: '', intact }
  }

  return {
    dir,
    async run(mutated, thorough) {
      reset()
      return attempt(mutated, thorough).catch(failed)
    },
    async resultWithout({ args, likeArgs, env = 'dev', target }) {
      write(projectFiles())
      if (args) {
        const key = JSON.stringify(likeArgs ?? args)
        if (!outputs.has(key)) {
          reset()
          outputs.set(key, (await runWords(likeArgs ?? args)).result ?? 'nothing')
        }
        return outputs.get(key)!
      }
      if (target !== undefined) return rowsBefore.get(target)!
      if (!meanings.has(env)) meanings.set(env, await meaning(env))
      return meanings.get(env)!
    },
    [Symbol.dispose]() {
      process.chdir(before)
      rmSync(dir, { recursive: true, force: true })
    },
  }
}

/** Errors as the command prints them for people. */
function parseErrors(text: string): SeenError[] {
  return text.split(/^(?=error )/m).flatMap((part): SeenError[] => {
    const head = /^error ([A-Z_]+) ([^]*?)(?=\n {2}(?:at |→ )|$)/.exec(part)
    if (!head) return part.startsWith('error ') ? [{ code: '', message: part, hint: '' }] : []
    const at = /^ {2}at (.*?)(?::(\d+))?(?::(\d+))?$/m.exec(part)
    const hint = /^ {2}→ (.*)$/m.exec(part)
    return [
      {
        code: head[1]!,
        message: head[2]!,
        hint: hint?.[1] ?? '',
        ...(at && { file: at[1]! }),
        ...(at?.[2] && { line: Number(at[2]) }),
        ...(at?.[3] && { column: Number(at[3]) }),
      },
    ]
  })
}
function parseJsonErrors(text: string): SeenError[] {
  if (!text.startsWith('{"errors"')) return []
  return (JSON.parse(text) as { errors: SeenError[] }).errors
}

/** Without what differs between two runs of the same. */
const unstamped = (text: string): string =>
  text
    .replaceAll(/\d{8}T\d{9}Z-[0-9a-f]{6}(-[0-9a-f]{6})?/g, '<run>')
    .replaceAll(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, '<time>')
    .replaceAll(/\b\d+(\.\d+)? ?(ms|s|min)\b/g, '<duration>')
    .replaceAll(/\d+(\.\d+)? (cpu|%)/g, '<cpu>')

async function captured<T>(
  action: () => Promise<T>,
): Promise<{ readonly printed: { readonly out: string; readonly error: string }; readonly value: T }> {
  const printed = { out: '', error: '' }
  const originals = [process.stdout.write, process.stderr.write, console.log, console.error] as const
  const into = (name: 'out' | 'error') => (text: unknown) => {
    printed[name] += String(text)
    return true
  }
  process.stdout.write = into('out')
  process.stderr.write = into('error')
  console.log = (...texts) => void (printed.out += `${texts.join(' ')}\n`)
  console.error = (...texts) => void (printed.error += `${texts.join(' ')}\n`)
  try {
    return { printed, value: await action() }
  } finally {
    ;[process.stdout.write, process.stderr.write, console.log, console.error] = originals
  }
}
