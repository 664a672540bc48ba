import { createHash, randomBytes } from 'node:crypto'
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { execa } from 'execa'

// dbt-core 1.x does not run on newer ones.
const pythons = ['python3', 'python3.13', 'python3.12', 'python3.11', 'python3.10']

/** A Python from 3.10 to 3.13 on the path, or undefined. */
export async function findPython(): Promise<string | undefined> {
  for (const python of pythons) {
    const { stdout } = await execa(python, ['-c', 'import sys; print(*sys.version_info[:2])'], {
      reject: false,
    })
    const [major, minor] = stdout.split(' ').map(Number)
    if (major === 3 && minor! >= 10 && minor! <= 13) return python
  }
  return undefined
}

export interface EnvironmentOptions {
  /** The Python to make it with. */
  readonly python: string
  /** The file of its packages: exact versions, each with the hashes of its files, as pip takes them. */
  readonly lock: string
  /** Where it is afterwards: a link, whose target is beside it. */
  readonly dir: string
}

/**
 * A virtual environment with the packages that are locked; made when there is none, or one of another lock file.
 * Two processes may ask at the same time: each makes one, and all take what was ready first.
 *
 * @returns its folder
 * @throws ExecaError when the packages cannot be installed.
 */
export async function pythonEnvironment({ python, lock, dir }: EnvironmentOptions): Promise<string> {
  const digest = createHash('sha256').update(readFileSync(lock)).digest('hex')
  if (isMade(dir, digest)) return dir
  mkdirSync(dirname(dir), { recursive: true })
  const made = `${dir}.${process.pid}.${randomBytes(3).toString('hex')}`
  try {
    await install(made, python, lock)
    writeFileSync(join(made, 'lock-digest'), digest)
    if (!isMade(dir, digest)) {
      // Scripts of the environment name its folder: it cannot be renamed, but a link to it can.
      symlinkSync(made, `${made}.link`)
      renameSync(`${made}.link`, dir)
    }
  } finally {
    if (targetOf(dir) !== made) rmSync(made, { recursive: true, force: true })
  }
  removeAbandoned(dir)
  return dir
}

/** Whether there is the environment of this lock file, and the Python that it was made with. */
function isMade(dir: string, digest: string): boolean {
  const marker = join(dir, 'lock-digest')
  return existsSync(join(dir, 'bin/python')) && existsSync(marker) && readFileSync(marker, 'utf8') === digest
}

async function install(dir: string, python: string, lock: string): Promise<void> {
  await execa(python, ['-m', 'venv', dir])
  const options = ['--quiet', '--disable-pip-version-check', '--no-input', '--require-hashes', '--no-deps']
  await execa(join(dir, 'bin/python'), ['-m', 'pip', 'install', ...options, '-r', lock])
}

function targetOf(link: string): string | undefined {
  return existsSync(link) ? readlinkSync(link) : undefined
}

/** Removes what other lock files and processes that were killed have left. */
function removeAbandoned(dir: string): void {
  const target = targetOf(dir)
  for (const entry of readdirSync(dirname(dir))) {
    const path = join(dirname(dir), entry)
    const maker = entry.startsWith(`${basename(dir)}.`) && /\.(\d+)\.[0-9a-f]{6}(\.link)?$/.exec(entry)?.[1]
    if (maker && path !== target && !isAlive(Number(maker))) rmSync(path, { recursive: true, force: true })
  }
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch (error) {
    // Somebody else's.
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}
