import { createInterface } from 'node:readline'
import { CreateError } from './create-error.ts'

interface Given {
  readonly name?: string | undefined
  readonly scope?: string | undefined
  readonly registry?: string | undefined
  readonly registryGiven: boolean
}

export interface Answers {
  readonly name: string
  readonly scope?: string | undefined
  readonly registry?: string | undefined
}

/** Asks on the terminal for what no flag has said. @throws CANCELLED where nobody answers any more */
export async function ask(
  { name, scope, registry, registryGiven }: Given,
  input: NodeJS.ReadableStream = process.stdin,
  output: NodeJS.WritableStream = process.stdout,
): Promise<Answers> {
  const terminal = createInterface({ input, output })
  let closed = false
  terminal.once('close', () => (closed = true))
  // Lines that come before they are asked for are kept.
  const lines = terminal[Symbol.asyncIterator]()
  const question = async (what: string, preset: string): Promise<string> => {
    terminal.setPrompt(`${what}${preset === '' ? '' : ` (${preset})`}: `)
    if (!closed) terminal.prompt()
    const line = await lines.next()
    if (line.done === true)
      throw new CreateError(
        'CANCELLED',
        'The answers end before the questions do; nothing was written.',
        'Answer all of them, or say it with options: npm create @levada@latest -- --help.',
      )
    return line.value.trim() || preset
  }
  try {
    const chosen = name ?? (await question('Name of the workspace', 'my-data'))
    return {
      name: chosen,
      scope: scope ?? (await question('Scope of its packages', `@${chosen.split(/[\\/]/).at(-1)}`)),
      registry: registryGiven
        ? registry
        : (await question('Registry, empty for the default one', registry ?? '')) || undefined,
    }
  } finally {
    terminal.close()
  }
}
