import { execFile } from 'node:child_process'
import { LevadaError } from '@levada/core/spi'
import { maxContractBytes } from './parse-contract.ts'

interface Outcome {
  readonly code: number | string
  readonly stdout: string
  readonly stderr: string
}

const git = (args: readonly string[], cwd: string): Promise<Outcome> =>
  new Promise((resolve) => {
    execFile('git', args, { cwd, maxBuffer: maxContractBytes + 1024 }, (error, stdout, stderr) =>
      resolve({ code: error === null ? 0 : (error.code ?? 1), stdout, stderr }),
    )
  })

/**
 * A file of a revision as it was committed: no checkout, no filter, no hook.
 * @param path from the root of the repository, or from `cwd` with a leading `./`
 * @returns undefined when the revision has no such file
 * @throws GIT_FAILED
 */
export async function readBlob(revision: string, path: string, cwd: string): Promise<string | undefined> {
  const commit = await resolveRevision(revision, cwd)
  const { code, stdout } = await git(['cat-file', 'blob', `${commit}:${path}`], cwd)
  if (code === 'ERR_CHILD_PROCESS_STDIO_MAXBUFFER')
    throw new LevadaError('CONTRACT_INVALID', `${path} of ${revision} has more than 10 MB.`)
  return code === 0 ? stdout : undefined
}

/** Files of a revision below its root, by the end of their paths. @throws GIT_FAILED */
export async function listFiles(revision: string, name: string, cwd: string): Promise<readonly string[]> {
  const commit = await resolveRevision(revision, cwd)
  const { stdout } = await git(['ls-tree', '-r', '-z', '--name-only', '--full-tree', commit], cwd)
  return stdout.split('\0').filter((file) => file === name || file.endsWith(`/${name}`))
}

/** The folder of `cwd` inside its repository, with a slash at its end; empty at the root. @throws GIT_FAILED */
export async function prefixOf(cwd: string): Promise<string> {
  const { code, stdout } = await git(['rev-parse', '--show-prefix'], cwd)
  if (code !== 0) throw new LevadaError('GIT_FAILED', `${cwd} is in no git repository.`)
  return stdout.trim()
}

async function resolveRevision(revision: string, cwd: string): Promise<string> {
  const { code, stdout, stderr } = await git(
    ['rev-parse', '--verify', '--quiet', '--end-of-options', `${revision}^{commit}`],
    cwd,
  )
  if (code === 0) return stdout.trim()
  if (code === 'ENOENT')
    throw new LevadaError('GIT_FAILED', 'There is no git on this machine.', { hint: 'Install git.' })
  const outside = stderr.includes('not a git repository')
  throw new LevadaError(
    'GIT_FAILED',
    outside
      ? `'${revision}' is no folder and no tarball, and there is no git repository here that could have it as a revision.`
      : `'${revision}' is no folder, no tarball and no git revision.`,
  )
}
