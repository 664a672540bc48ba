import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'

export interface SecretSources {
  readonly appDir: string
  readonly processEnv: Readonly<Record<string, string | undefined>>
}

/**
 * A secret outside credentials.yml: `env/NAME` is a variable, `file/<path>` a file (relative to the app, trimmed), any
 * other path the variable LEVADA_SECRET_<PATH>. An empty one counts as missing: that is what CI
 * sets for an unknown secret.
 */
export function findSecret(path: string, { appDir, processEnv }: SecretSources): string | undefined {
  if (path.startsWith('file/')) return readTrimmed(resolve(appDir, path.slice('file/'.length))) || undefined
  return processEnv[secretVariable(path)] || undefined
}

/** Whether the path names its provider, so that credentials.yml is not asked. */
export const namesProvider = (path: string): boolean => path.startsWith('env/') || path.startsWith('file/')

/** The variable that may hold a secret: `x/y` is LEVADA_SECRET_X_Y. */
const secretVariable = (path: string): string =>
  path.startsWith('env/')
    ? path.slice('env/'.length)
    : `LEVADA_SECRET_${path.toUpperCase().replace(/[^A-Z0-9]/g, '_')}`

/** Where a missing secret was looked for, as a sentence. */
export function whereToPut(path: string, isProtected: boolean): string {
  if (path.startsWith('file/'))
    return `Put it in the file ${path.slice('file/'.length)}, relative to the app.`
  if (path.startsWith('env/')) return `Set the variable ${secretVariable(path)}.`
  if (isProtected)
    return `Set the variable ${secretVariable(path)}; conf/local is not read in a protected environment.`
  return `Add it to conf/local/credentials.yml, or set the variable ${secretVariable(path)}.`
}

function readTrimmed(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8').trim()
  } catch {
    return undefined
  }
}
