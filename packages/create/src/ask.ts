import { createInterface } from 'node:readline/promises'

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

/** Asks on the terminal for what no flag has said. */
export async function ask({ name, scope, registry, registryGiven }: Given): Promise<Answers> {
  const terminal = createInterface({ input: process.stdin, output: process.stdout })
  const question = async (what: string, preset: string): Promise<string> =>
    (await terminal.question(`${what}${preset === '' ? '' : ` (${preset})`}: `)).trim() || preset
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
