import { LevadaError } from '@levada/core/spi'
import { execa } from 'execa'
import { constants, accessSync, statSync } from 'node:fs'
import { open, realpath, stat } from 'node:fs/promises'
import { delimiter, isAbsolute, join, resolve } from 'node:path'

/** 1 is dbt Core 1.x, 2 the engine in Rust. */
export type Generation = 1 | 2

export interface DbtExecutable {
  readonly path: string
  /** `1.11.16`, `2.0.0-preview.196` */
  readonly version: string
  readonly generation: Generation
}

type Environment = Readonly<Record<string, string | undefined>>

/** dbt 1.x takes some seconds, on a busy machine many. */
const versionLimitMs = 60_000

/** Older ones write other events. */
const oldest = '1.5'

// By path and time of change: a new installation is asked again.
const known = new Map<string, Promise<DbtExecutable>>()

/**
 * The dbt that a name or path stands for, and its version. Asked once per process.
 * @throws DBT_MISSING
 */
export async function findDbt(
  executable: string,
  env: Environment,
  limitMs: number = versionLimitMs,
): Promise<DbtExecutable> {
  const path = locate(executable, env)
  const { mtimeMs } = await stat(path)
  const key = `${path} ${mtimeMs}`
  const asked = known.get(key) ?? askVersion({ path, env, limitMs })
  known.set(key, asked)
  asked.catch(() => known.delete(key))
  return asked
}

function locate(executable: string, env: Environment): string {
  const candidates = executable.includes('/')
    ? [isAbsolute(executable) ? executable : resolve(executable)]
    : (env['PATH'] ?? '').split(delimiter).flatMap((dir) => (dir === '' ? [] : [join(dir, executable)]))
  const found = candidates.find(isExecutable)
  if (found !== undefined) return found
  throw missing(
    executable.includes('/')
      ? `There is no dbt at ${candidates[0]}: it is not an executable file.`
      : `There is no dbt on the PATH: no folder of it has an executable '${executable}'.`,
  )
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK)
    return statSync(file).isFile()
  } catch {
    return false
  }
}

interface Question {
  readonly path: string
  readonly env: Environment
  readonly limitMs: number
}

async function askVersion(question: Question): Promise<DbtExecutable> {
  const { path } = question
  const version = (await askPython(question)) ?? (await askDbt(question))
  const [major, minor] = version.split('.').map(Number)
  if (major === 2) return { path, version, generation: 2 }
  if (major === 1 && minor! >= 5) return { path, version, generation: 1 }
  throw missing(`dbt ${version} (${path}) is none that is known: ${oldest} to 2.x are.`)
}

/**
 * dbt 1.x takes seconds for `--version`, since it loads all of itself and asks PyPI for newer ones. Its start script names
 * the interpreter, which knows what is installed.
 */
async function askPython(question: Question): Promise<string | undefined> {
  const interpreter = /^#!(\S*python[\d.]*)\s*\n/.exec(await startOf(question.path))?.[1]
  if (interpreter === undefined) return undefined
  const words = ['-c', "from importlib.metadata import version; print(version('dbt-core'))"]
  const { stdout, exitCode } = await ask(interpreter, words, question)
  const found = versionIn(stdout)
  return exitCode === 0 && found !== undefined ? found : undefined
}

async function startOf(path: string): Promise<string> {
  await using file = await open(path)
  const { buffer, bytesRead } = await file.read(Buffer.alloc(512), 0, 512, 0)
  return buffer.toString('latin1', 0, bytesRead)
}

async function askDbt(question: Question): Promise<string> {
  const { path } = question
  const { stdout, stderr, exitCode, originalMessage } = await ask(path, ['--version'], question)
  const found = versionIn(stdout) ?? versionIn(stderr)
  if (found !== undefined) return found
  const said = `${stderr}\n${stdout}`.trim().split('\n')[0] || originalMessage || 'nothing'
  throw missing(`${await realpath(path)} does not tell its version (exit code ${exitCode}); it says: ${said}`)
}

async function ask(program: string, words: readonly string[], { path, env, limitMs }: Question) {
  const child = execa(program, words, { env: { ...env }, extendEnv: false, reject: false, stdin: 'ignore' })
  let isLate = false
  const timer = setTimeout(() => {
    isLate = true
    child.kill('SIGKILL')
    // What it has started may keep them open.
    child.stdout.destroy()
    child.stderr.destroy()
  }, limitMs)
  const answer = await child
  clearTimeout(timer)
  if (isLate)
    throw missing(
      `${path} did not tell its version within ${limitMs / 1000} s.`,
      `Look why it hangs: ${path} --version`,
    )
  return answer
}

/** Of "installed: 1.11.16" and "dbt-fusion 2.0.0-preview.196" alike. */
const versionIn = (said: string): string | undefined => /\b\d+\.\d+\.\d+[\w.+-]*/.exec(said)?.[0]

const install = 'Install it, for example with pip install dbt-core dbt-duckdb, or name it: executable.'

const missing = (message: string, hint = install): LevadaError =>
  new LevadaError('DBT_MISSING', message, { hint })
