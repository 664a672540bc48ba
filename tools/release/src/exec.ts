import { execFile } from 'node:child_process'

export interface ExecOptions {
  readonly cwd: string
  readonly env?: NodeJS.ProcessEnv
}

export interface Outcome {
  readonly exitCode: number
  readonly stdout: string
  readonly stderr: string
}

/** Runs a command to its end, without blocking this process: it may be the registry that the command asks. */
export function tryExec(command: string, args: readonly string[], options: ExecOptions): Promise<Outcome> {
  return new Promise((resolve) => {
    const child = execFile(command, args, { maxBuffer: 2 ** 26, ...options }, (error, stdout, stderr) =>
      resolve({
        exitCode: child.exitCode ?? 1,
        stdout,
        stderr: stderr || (error?.message ?? ''),
      }),
    )
  })
}

/** The same for a command that has to succeed; returns what it printed. */
export async function exec(command: string, args: readonly string[], options: ExecOptions): Promise<string> {
  const { exitCode, stdout, stderr } = await tryExec(command, args, options)
  if (exitCode !== 0) throw new Error(`${command} ${args.join(' ')}: exit ${exitCode}\n${stdout}${stderr}`)
  return stdout
}

/** This environment without what a package manager that started us has put there: it beats any `.npmrc`. */
export function withoutNpm(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(env).filter(([key]) => !/^p?npm_/i.test(key)))
}

/** Runs named steps in order and reports each. */
export async function steps(list: Readonly<Record<string, () => Promise<void>>>): Promise<void> {
  for (const [name, step] of Object.entries(list)) {
    const start = performance.now()
    const seconds = (): string => ((performance.now() - start) / 1000).toFixed(1)
    try {
      await step()
      console.log(`ok  ${name} (${seconds()} s)`)
    } catch (error) {
      console.log(`FAILED  ${name} (${seconds()} s)`)
      throw error
    }
  }
}
